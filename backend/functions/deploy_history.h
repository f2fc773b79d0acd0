#pragma once

#include "backend/base/worker_pool.h"
#include "backend/functions/model.h"
#include "backend/store/database.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gantry::functions {

// What was deployed at a time: a change of what a function runs.
struct Deploy {
    std::int64_t timeMs = 0;
    std::string function;
    std::string title;  // "code updated", "version 3 published"
    std::string detail; // "memory 128 MB to 256 MB"; may be empty
};

// The deploys that lie between two snapshots of a function, either of which may be null. A change of
// state, of tags or of a policy is none.
std::vector<Deploy> deploysBetween(const FunctionPtr& before, const FunctionPtr& after,
                                   std::int64_t nowMs);

// Writes them, and forgets the oldest beyond kMostDeploys; in the transaction of the change itself.
inline constexpr std::int64_t kMostDeploys = 20'000;
absl::Status writeDeploys(store::Database& database, const std::vector<Deploy>& deploys);

struct DeploysQuery {
    std::string function; // empty: of all
    std::int64_t fromMs = 0;
    std::int64_t toMs = 0;
    int limit = 500; // the newest of them
};

// Reads the deploys that the registry has written to its file, on a thread of its own. I/O thread.
class DeployHistory final {
public:
    using Done = std::function<void(absl::StatusOr<std::vector<Deploy>>)>;

    // The registry must have been opened before.
    static absl::StatusOr<std::unique_ptr<DeployHistory>> open(boost::asio::io_context& io,
                                                               const std::filesystem::path& file);

    // Oldest first.
    void list(DeploysQuery query, Done done);

private:
    DeployHistory(boost::asio::io_context& io, store::Database reader)
        : m_io(io), m_reader(std::move(reader))
    {
    }

    boost::asio::io_context& m_io;
    store::Database m_reader;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    WorkerPool m_worker{1}; // last: its end waits for a read that has begun
};

} // namespace gantry::functions
