#pragma once

#include "backend/store/writer.h"
#include "gantry/v1/tuning.pb.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gantry::tuning {

// The runs there were, in tuning.db and in memory (a run has some 30 KB; the oldest of more than
// 300 are forgotten). A run that was under way when a daemon ended is marked as failed by the next.
class History final {
public:
    using Done = std::function<void(absl::Status)>;

    static absl::StatusOr<std::unique_ptr<History>> open(boost::asio::io_context& io,
                                                         const std::filesystem::path& file);

    // Null when there is none.
    const v1::TuningRun* find(const std::string& id) const;
    // Newest first; of all functions when the name is empty.
    std::vector<const v1::TuningRun*> list(const std::string& function) const;
    // Replaces the run of that id; done comes when it is on the disk.
    void save(v1::TuningRun run, Done done);
    void remove(const std::string& id, Done done);

private:
    History(boost::asio::io_context& io, store::Database database,
            std::map<std::string, v1::TuningRun> runs);

    std::map<std::string, v1::TuningRun> m_runs; // by id
    store::Writer m_writer;
};

} // namespace gantry::tuning
