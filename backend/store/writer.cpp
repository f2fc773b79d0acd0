#include "backend/store/writer.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace gantry::store {

struct Writer::Impl {
    struct Job {
        Work work;
        Done done;
        // The loop must not end while an answer is owed.
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
        absl::Status status;
    };
    using Batch = std::vector<Job>;

    Impl(boost::asio::io_context& io, Database database)
        : io(io), database(std::move(database)), thread([this] { run(); })
    {
    }

    void run();
    Batch takeBatch();
    void commit(Batch& batch);
    void commitTogether(Batch& batch);
    absl::Status commitAlone(Job& job);
    absl::Status runInSavepoint(Job& job);
    void deliver(Batch batch);

    boost::asio::io_context& io;
    Database database;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true); // read on the I/O thread only
    std::mutex mutex;
    std::condition_variable wake;
    Batch queue;
    bool stopping = false;
    std::thread thread;
};

void Writer::Impl::run()
{
    for (Batch batch = takeBatch(); !batch.empty(); batch = takeBatch()) {
        commit(batch);
        deliver(std::move(batch));
    }
}

// Empty when the writer ends.
Writer::Impl::Batch Writer::Impl::takeBatch()
{
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return stopping || !queue.empty(); });
    return std::exchange(queue, {});
}

void Writer::Impl::commit(Batch& batch)
{
    if (batch.size() == 1)
        batch.front().status = commitAlone(batch.front());
    else
        commitTogether(batch);
}

absl::Status Writer::Impl::commitAlone(Job& job)
{
    absl::Status status = database.run("BEGIN IMMEDIATE");
    if (status.ok())
        status = job.work(database);
    if (status.ok())
        status = database.run("COMMIT");
    if (!status.ok() && database.inTransaction())
        (void)database.run("ROLLBACK");
    return status;
}

void Writer::Impl::commitTogether(Batch& batch)
{
    absl::Status status = database.run("BEGIN IMMEDIATE");
    for (Job& job : batch) {
        if (!status.ok())
            break;
        job.status = runInSavepoint(job);
        // SQLite itself rolls the whole transaction back when the disk is full or fails.
        if (!database.inTransaction())
            status = job.status;
    }
    if (status.ok())
        status = database.run("COMMIT");
    if (status.ok())
        return;
    if (database.inTransaction())
        (void)database.run("ROLLBACK");
    // One change too large for the disk must not take the others with it.
    for (Job& job : batch)
        job.status = commitAlone(job);
}

absl::Status Writer::Impl::runInSavepoint(Job& job)
{
    absl::Status status = database.run("SAVEPOINT job");
    if (status.ok())
        status = job.work(database);
    if (!status.ok() && database.inTransaction())
        (void)database.run("ROLLBACK TO job");
    if (database.inTransaction())
        status.Update(database.run("RELEASE job"));
    return status;
}

void Writer::Impl::deliver(Batch batch)
{
    boost::asio::post(io, [alive = alive, batch = std::move(batch)] {
        for (const Job& job : batch) {
            if (*alive)
                job.done(job.status);
        }
    });
}

Writer::Writer(boost::asio::io_context& io, Database database)
    : m_impl(std::make_unique<Impl>(io, std::move(database)))
{
}

Writer::~Writer()
{
    *m_impl->alive = false;
    {
        const std::scoped_lock lock(m_impl->mutex);
        m_impl->stopping = true;
    }
    m_impl->wake.notify_one();
    m_impl->thread.join();
}

void Writer::submit(Work work, Done done)
{
    {
        const std::scoped_lock lock(m_impl->mutex);
        m_impl->queue.push_back({std::move(work), std::move(done),
                                 boost::asio::make_work_guard(m_impl->io), absl::OkStatus()});
    }
    m_impl->wake.notify_one();
}

} // namespace gantry::store
