#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry {
class WorkerPool;
}

namespace gantry::store {

// While a copy exists, the package's files stay, even when no function refers to them any more:
// calls in flight finish on the code that they began with. May be dropped on any thread.
using CodeLease = std::shared_ptr<const void>;

struct CodePackage {
    std::string id;         // SHA-256 of the zip in hexadecimal; names its files
    std::string codeSha256; // the same in base64, as AWS shows it
    std::int64_t zipBytes = 0;
    std::int64_t unpackedBytes = 0;
    CodeLease lease;
    std::map<std::string, std::string> natives; // see ZipSummary
};

// Deployment packages, by content: DIR/<id>.zip as uploaded, and DIR/<id>/ unpacked. A file or
// folder with its final name is complete; what a killed daemon left half-made is removed at the
// next start. The unpacked folder can always be made again from the zip. Blocking work is done on
// the pool; calls and callbacks are on the I/O thread, and none comes after the store's
// destruction.
class CodeStore final {
public:
    using Added = std::function<void(absl::StatusOr<CodePackage>)>;
    using Done = std::function<void(absl::Status)>;
    using Read = std::function<void(absl::StatusOr<std::string>)>;

    static constexpr std::int64_t kMaxZipBytes = 52'428'800;

    static absl::StatusOr<std::unique_ptr<CodeStore>>
    open(boost::asio::io_context& io, WorkerPool& pool, std::filesystem::path directory);
    ~CodeStore();

    // Checks the package (see inspectZip) without keeping it; it has no lease.
    void inspect(std::string zip, Added done);
    // Checks it and writes the zip to the disk. Unpacking is a step of its own.
    void add(std::string zip, Added done);
    void unpack(const std::string& id, Done done);
    void read(const std::string& id, Read done);

    bool isUnpacked(const std::string& id) const;
    std::filesystem::path directoryOf(const std::string& id) const;
    std::filesystem::path zipOf(const std::string& id) const;
    // Takes a discard back that has not been carried out.
    CodeLease lease(const std::string& id);

    // Nothing refers to the package any more: it is removed as soon as no lease is left.
    void discard(const std::string& id);
    // Discards every package that is not named.
    void keepOnly(const std::set<std::string>& ids);

private:
    struct State;
    explicit CodeStore(std::shared_ptr<State> state);

    std::shared_ptr<State> m_state;
};

} // namespace gantry::store
