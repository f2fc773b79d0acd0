#pragma once

#include "backend/base/unique_fd.h"
#include "backend/base/worker_pool.h"
#include "backend/observe/log_ring.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gantry::observe::logs {

// A place in the journal: everything before it has been written.
struct JournalPosition {
    std::int64_t segment = 0;
    std::int64_t offset = 0;
    auto operator<=>(const JournalPosition&) const = default;
};

struct JournalOptions {
    std::int64_t segmentBytes = 16LL << 20;
    int maxSegments = 64; // lines that wait for the database: a gigabyte
};

// Where a log line is put before anything else happens to it: numbered files of a fixed size that
// are mapped into memory. A line costs a copy, not a system call, and is safe from the daemon's
// death from then on, because the mapped pages are the kernel's. (A power cut may take what the
// kernel has not written yet.) The database takes the lines over later, in batches, and the files
// go. I/O thread only, except for readJournal.
class Journal final {
public:
    // Begins a new segment; `segment` is above every number that was used before.
    static absl::StatusOr<std::unique_ptr<Journal>> open(std::filesystem::path directory,
                                                         std::int64_t segment,
                                                         JournalOptions options = {});
    ~Journal();

    // False when there is no room: the disk is full or the database too far behind.
    bool append(const LogLine& line);
    JournalPosition end() const { return m_end; }
    // What lies before is no longer needed.
    void release(JournalPosition before);

private:
    struct Segment;
    struct Prepared;

    Journal(std::filesystem::path directory, JournalOptions options);
    bool nextSegment();
    void prepareNext();

    const std::filesystem::path m_directory;
    const JournalOptions m_options;
    std::unique_ptr<Segment> m_current;
    JournalPosition m_end;
    std::int64_t m_firstKept = 0;
    bool m_preparing = false;
    std::shared_ptr<Prepared> m_prepared;
    WorkerPool m_worker{1}; // last: makes and removes files, which may wait for the disk
};

// Numbers of the segments in the directory, ascending.
std::vector<std::int64_t> journalSegments(const std::filesystem::path& directory);
void removeJournal(const std::filesystem::path& directory);

// Calls each(line) for what was written in [from, to); a segment that is gone is passed over. Any
// thread.
absl::Status readJournal(const std::filesystem::path& directory, JournalPosition from,
                         JournalPosition to, const std::function<void(LogLine)>& each);

} // namespace gantry::observe::logs
