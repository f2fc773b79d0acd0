#pragma once

#include "backend/base/worker_pool.h"
#include "backend/images/image_store.h"
#include "backend/store/writer.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <mutex>
#include <set>

// What ImageStore is made of, shared with the work on its threads and with every lease.
namespace gantry::images {

struct ImageStore::State : std::enable_shared_from_this<State> {
    State(boost::asio::io_context& io, std::filesystem::path directory, const Clock& clock,
          UnpackLimits limits, std::unique_ptr<Blobs> blobs)
        : io(io), directory(std::move(directory)), clock(clock), limits(limits),
          blobs(std::move(blobs)), pool(std::make_unique<WorkerPool>(2))
    {
    }

    // Runs on the pool, then calls back on the I/O thread unless the store has gone by then.
    template <class Result>
    void run(std::function<Result()> job, std::function<void(Result)> done);

    std::filesystem::path rootOf(const std::string& digest) const
    {
        return directory / "roots" / hexOf(digest);
    }

    ImageLease lease(const std::string& digest);
    void release(const std::string& digest);
    absl::Status unpack(const Image& image);
    void changed() const;
    void sweepSoon();
    void sweep();
    std::set<std::string> leased();
    void dropRoot(const std::string& digest);

    boost::asio::io_context& io;
    const std::filesystem::path directory;
    const Clock& clock;
    const UnpackLimits limits;
    const std::unique_ptr<Blobs> blobs;
    std::atomic<bool> stopping = false;

    // I/O thread only.
    std::map<std::string, ImagePtr> images; // by digest
    std::map<std::string, Repository> repositories;
    std::map<std::string, std::vector<Done>> unpacking; // who waits, by digest
    std::vector<std::function<void()>> listeners;
    std::vector<std::string> hosts;
    bool swept = false;        // the functions have their leases
    bool sweepPending = false;
    std::atomic<bool> alive = true;

    std::mutex mutex;
    std::map<std::string, int> leases; // by digest

    std::unique_ptr<store::Writer> writer;
    std::unique_ptr<WorkerPool> pool; // last: its end waits for work that uses the rest
};

template <class Result>
void ImageStore::State::run(std::function<Result()> job, std::function<void(Result)> done)
{
    pool->post([self = shared_from_this(), job = std::move(job), done = std::move(done),
                guard = boost::asio::make_work_guard(io)]() mutable {
        Result result = job();
        boost::asio::post(self->io, [self, result = std::move(result), done = std::move(done)] {
            if (self->alive)
                done(result);
        });
    });
}

// The root file system of an image, or what was made of one so far.
void removeRoot(const std::filesystem::path& directory);

} // namespace gantry::images
