#pragma once

#include "backend/base/worker_pool.h"
#include "backend/iam/audit_entry.h"
#include "backend/iam/sealing.h"
#include "backend/store/writer.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::iam {

struct AuditOptions {
    int flushMs = 500;             // how long an entry may take to the disk
    std::int64_t entries = 200'000; // that are kept; about 100 MB
    std::int64_t usageRows = 50'000;
};

// The end of the chain and where it begins, kept in a file of its own, sealed with a key that is not
// on the disk in clear: whoever cuts the log's end off cannot make the record that fits.
struct AuditHead {
    std::int64_t first = 1;      // sequence number of the oldest entry that is kept
    std::string beforeFirst;     // the hash that the oldest one names
    std::int64_t last = 0;
    std::string lastHash;
};

// What was decided about calls, append-only: DIR/audit.db, each line naming the hash of the one
// before. Entries are gathered in memory and committed twice a second, so that no call waits for
// them; a daemon that is killed loses those of the last half second, an orderly end loses none. The
// oldest go when there are too many. A summary of who used what is kept beyond them. I/O thread
// only; answers come there too.
class AuditLog final {
public:
    template <class T> using Answer = std::function<void(absl::StatusOr<T>)>;

    static absl::StatusOr<std::unique_ptr<AuditLog>>
    open(boost::asio::io_context& io, const std::filesystem::path& directory, const Clock& clock,
         Sealing sealing, AuditOptions options = {});
    ~AuditLog(); // writes what is left

    // Time, count, sequence and hash are filled in here.
    void record(v1::AuditEntry entry);

    void list(const v1::ListAuditEntriesRequest& request,
              Answer<v1::ListAuditEntriesResponse> answer);
    void exportLines(const v1::ExportAuditLogRequest& request,
                     Answer<v1::ExportAuditLogResponse> answer);
    void verify(Answer<v1::VerifyAuditLogResponse> answer);

    // One line of the summary: how often a principal did an action on a resource.
    struct Use {
        std::string principal; // as of auditPrincipal
        std::string action, resource;
        bool allowed = false;
        std::int64_t count = 0, firstMs = 0, lastMs = 0;
    };
    struct Usage {
        std::vector<Use> uses;
        std::int64_t sinceMs = 0; // of the oldest record of anyone
    };
    // principal empty: of everyone.
    void usage(const std::string& principal, Answer<Usage> answer);

private:
    struct Line {
        std::int64_t sequence = 0;
        std::string text, hash;
        v1::AuditEntry entry;
    };
    using Batch = std::vector<Line>;
    struct Reader;

    AuditLog(boost::asio::io_context& io, std::filesystem::path directory, const Clock& clock,
             Sealing sealing, AuditOptions options, store::Database database,
             store::Database reading);

    absl::Status goOn();
    void arm();
    void flush();
    void written(const std::shared_ptr<const Batch>& batch, const absl::Status& status);
    void saveHead();
    void prune();
    // Once what was recorded so far is on the disk.
    void whenWritten(std::function<void()> then);
    template <class T>
    void ask(std::function<absl::StatusOr<T>(store::Database&)> question, Answer<T> answer);
    void check(const std::optional<AuditHead>& head, bool headThere,
               Answer<v1::VerifyAuditLogResponse> answer);

    boost::asio::io_context& m_io;
    const std::filesystem::path m_directory;
    const Clock& m_clock;
    const Sealing m_sealing;
    const AuditOptions m_options;
    boost::asio::steady_timer m_timer;
    bool m_armed = false;
    std::vector<v1::AuditEntry> m_pending;
    absl::flat_hash_map<std::string, std::size_t> m_joins; // index in m_pending by who and what
    std::int64_t m_lost = 0;                               // for want of room on the disk
    std::shared_ptr<const Batch> m_writing;                // the batch that is under way
    std::vector<std::function<void()>> m_waiting, m_waitingNext;
    AuditHead m_head; // of what is committed
    std::int64_t m_tail = 0; // of what was handed to the writer
    std::string m_tailHash;
    bool m_failing = false;
    std::int64_t m_unpruned = 0;
    int m_checks = 0; // verifications under way: nothing is pruned meanwhile
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    std::shared_ptr<Reader> m_reader;
    std::unique_ptr<store::Writer> m_writer;
    std::optional<WorkerPool> m_worker{std::in_place, 1}; // reads, and writes the head record
};

} // namespace gantry::iam
