#include "backend/store/code_store.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/base/worker_pool.h"
#include "backend/store/files.h"
#include "backend/store/zip.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <mutex>
#include <system_error>
#include <utility>

namespace gantry::store {

namespace fs = std::filesystem;

// Shared with the work on the pool and with every lease, which may outlive the store.
struct CodeStore::State : std::enable_shared_from_this<State> {
    struct Use {
        int leases = 0;
        bool discarded = false;
    };

    State(boost::asio::io_context& io, WorkerPool& pool, fs::path root)
        : io(io), root(std::move(root)), incoming(this->root / "incoming"), pool(&pool)
    {
    }

    fs::path zipOf(const std::string& id) const { return root / (id + ".zip"); }
    fs::path directoryOf(const std::string& id) const { return root / id; }
    fs::path temporary() const { return incoming / randomHex(16); }

    CodeLease lease(const std::string& id);
    void release(const std::string& id);
    void discard(const std::string& id);
    void removeLater(const std::string& id);
    void remove(const std::string& id);

    absl::StatusOr<CodePackage> inspect(const std::string& zip);
    absl::StatusOr<CodePackage> add(const std::string& zip);
    absl::Status unpack(const std::string& id);

    template <class Result>
    void run(std::function<Result()> work, std::function<void(Result)> done);

    boost::asio::io_context& io;
    const fs::path root;
    const fs::path incoming; // what is being written or removed
    bool alive = true;       // I/O thread only

    std::mutex mutex;
    WorkerPool* pool; // null once the store is gone
    absl::flat_hash_map<std::string, Use> uses;
};

namespace {

bool isId(std::string_view text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

} // namespace

// Runs on the pool, then calls back on the I/O thread unless the store has gone by then.
template <class Result>
void CodeStore::State::run(std::function<Result()> work, std::function<void(Result)> done)
{
    pool->post([self = shared_from_this(), work = std::move(work), done = std::move(done),
                guard = boost::asio::make_work_guard(io)]() mutable {
        Result result = work();
        boost::asio::post(self->io, [self, result = std::move(result), done = std::move(done)] {
            if (self->alive)
                done(result);
        });
    });
}

CodeLease CodeStore::State::lease(const std::string& id)
{
    const std::scoped_lock lock(mutex);
    Use& use = uses[id];
    ++use.leases;
    use.discarded = false;
    const auto end = [self = shared_from_this(), id](const void*) { self->release(id); };
    return CodeLease(static_cast<const void*>(this), end);
}

void CodeStore::State::release(const std::string& id)
{
    const std::scoped_lock lock(mutex);
    const auto use = uses.find(id);
    if (--use->second.leases > 0)
        return;
    if (use->second.discarded)
        removeLater(id);
    else
        uses.erase(use);
}

void CodeStore::State::discard(const std::string& id)
{
    const std::scoped_lock lock(mutex);
    Use& use = uses[id];
    use.discarded = true;
    if (use.leases == 0)
        removeLater(id);
}

// The caller holds the mutex.
void CodeStore::State::removeLater(const std::string& id)
{
    if (pool)
        pool->post([self = shared_from_this(), id] { self->remove(id); });
}

void CodeStore::State::remove(const std::string& id)
{
    const fs::path zip = temporary();
    const fs::path directory = temporary();
    std::error_code ignored;
    {
        // Someone may have deployed the same code again since.
        const std::scoped_lock lock(mutex);
        const auto use = uses.find(id);
        if (use == uses.end() || use->second.leases > 0 || !use->second.discarded)
            return;
        uses.erase(use);
        fs::rename(zipOf(id), zip, ignored);
        fs::rename(directoryOf(id), directory, ignored);
    }
    fs::remove(zip, ignored);
    fs::remove_all(directory, ignored);
}

absl::StatusOr<CodePackage> CodeStore::State::inspect(const std::string& zip)
{
    const absl::StatusOr<ZipSummary> summary = inspectZip(zip);
    if (!summary.ok())
        return summary.status();
    const std::string digest = sha256(zip);
    return CodePackage{toHex(digest), absl::Base64Escape(digest),
                       static_cast<std::int64_t>(zip.size()), summary->unpackedBytes, nullptr,
                       summary->natives};
}

absl::StatusOr<CodePackage> CodeStore::State::add(const std::string& zip)
{
    const std::string digest = sha256(zip);
    CodePackage package{toHex(digest), absl::Base64Escape(digest),
                        static_cast<std::int64_t>(zip.size()), 0, nullptr, {}};
    package.lease = lease(package.id);
    const absl::StatusOr<ZipSummary> summary = inspectZip(zip);
    if (!summary.ok())
        return summary.status();
    package.unpackedBytes = summary->unpackedBytes;
    package.natives = summary->natives;
    std::error_code ignored;
    if (fs::exists(zipOf(package.id), ignored))
        return package;
    if (absl::Status written = writeDurably(zipOf(package.id), zip, temporary()); !written.ok())
        return written;
    return package;
}

absl::Status CodeStore::State::unpack(const std::string& id)
{
    std::error_code error;
    if (fs::exists(directoryOf(id), error))
        return absl::OkStatus();
    const absl::StatusOr<std::string> zip = readFile(zipOf(id));
    if (!zip.ok())
        return zip.status();
    const fs::path temporary = this->temporary();
    if (!fs::create_directory(temporary, error))
        return fileError(temporary, error.value());
    fs::permissions(temporary, fs::perms(0755), error);
    const absl::StatusOr<ZipSummary> unpacked = unpackZip(*zip, temporary);
    absl::Status status = unpacked.status();
    if (status.ok())
        status = renameDurably(temporary, directoryOf(id));
    if (status.ok())
        return status;
    fs::remove_all(temporary, error);
    // Another function with the same code may have been faster.
    return fs::exists(directoryOf(id), error) ? absl::OkStatus() : status;
}

absl::StatusOr<std::unique_ptr<CodeStore>> CodeStore::open(boost::asio::io_context& io,
                                                           WorkerPool& pool, fs::path directory)
{
    auto state = std::make_shared<State>(io, pool, std::move(directory));
    std::error_code error;
    fs::remove_all(state->incoming, error);
    if (!error)
        fs::create_directories(state->incoming, error);
    if (!error)
        fs::permissions(state->root, fs::perms(0755), error);
    if (error)
        return fileError(state->root, error.value());
    return std::unique_ptr<CodeStore>(new CodeStore(std::move(state)));
}

CodeStore::CodeStore(std::shared_ptr<State> state) : m_state(std::move(state)) {}

CodeStore::~CodeStore()
{
    m_state->alive = false;
    const std::scoped_lock lock(m_state->mutex);
    m_state->pool = nullptr;
}

void CodeStore::inspect(std::string zip, Added done)
{
    m_state->run<absl::StatusOr<CodePackage>>(
        [state = m_state.get(), zip = std::move(zip)] { return state->inspect(zip); },
        std::move(done));
}

void CodeStore::add(std::string zip, Added done)
{
    m_state->run<absl::StatusOr<CodePackage>>(
        [state = m_state.get(), zip = std::move(zip)] { return state->add(zip); }, std::move(done));
}

void CodeStore::unpack(const std::string& id, Done done)
{
    m_state->run<absl::Status>([state = m_state.get(), id] { return state->unpack(id); },
                               std::move(done));
}

void CodeStore::read(const std::string& id, Read done)
{
    m_state->run<absl::StatusOr<std::string>>(
        [state = m_state.get(), id] { return readFile(state->zipOf(id)); }, std::move(done));
}

bool CodeStore::isUnpacked(const std::string& id) const
{
    std::error_code ignored;
    return fs::is_directory(directoryOf(id), ignored);
}

fs::path CodeStore::directoryOf(const std::string& id) const
{
    return m_state->directoryOf(id);
}

fs::path CodeStore::zipOf(const std::string& id) const
{
    return m_state->zipOf(id);
}

CodeLease CodeStore::lease(const std::string& id)
{
    return m_state->lease(id);
}

void CodeStore::discard(const std::string& id)
{
    m_state->discard(id);
}

void CodeStore::keepOnly(const std::set<std::string>& ids)
{
    std::set<std::string> unreferenced;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(m_state->root, error)) {
        const std::string id = entry.path().stem().string();
        if (isId(id) && !ids.contains(id))
            unreferenced.insert(id);
    }
    for (const std::string& id : unreferenced)
        discard(id);
    if (!unreferenced.empty())
        log::info("removing code that no function refers to, packages: ", unreferenced.size());
}

} // namespace gantry::store
