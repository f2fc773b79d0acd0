#pragma once

#include "aws/lambda.pb.h"
#include "backend/functions/arn.h"
#include "backend/functions/policy_document.h"
#include "backend/store/code_store.h"
#include "backend/store/writer.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {
class Clock;
class WorkerPool;
} // namespace gantry

namespace gantry::record {
class LayerVersionRecord;
}

namespace gantry::functions {

using LayerRecord = record::LayerVersionRecord;
using LayerRecordPtr = std::shared_ptr<const LayerRecord>;

// One version of a layer: what a name or an ARN was resolved to.
struct LayerVersion {
    std::string layer;
    std::int64_t number = 0;
    LayerRecordPtr record;
};

// A layer as a caller names it: by name or ARN, with or without a version.
struct LayerReference {
    std::string name;
    std::int64_t version = 0; // 0: none named
};

// 403 AccessDeniedException for a layer of another account or region, as AWS answers one without a
// permission.
absl::StatusOr<LayerReference> parseLayer(const Place& place, std::string_view nameOrArn);
std::string layerArn(const Place& place, std::string_view name);
std::string layerVersionArn(const Place& place, std::string_view name, std::int64_t version);

// What a version of a function takes from its layers.
struct AttachedLayers {
    std::vector<std::string> packages; // ids in the store of layers, in the order of the merge
    std::vector<std::pair<std::string, std::int64_t>> arns; // with the size of each zip
    std::int64_t unpackedBytes = 0;
};

// The layers there are, their packages, and what they look like merged at /opt. A package stays as
// long as a layer version or a version of a function refers to it, so functions go on when a layer
// version is deleted. In memory, on the I/O thread; changes are on the disk before they are seen.
class Layers final {
public:
    using Published = std::function<void(absl::StatusOr<LayerVersion>)>;
    using Done = std::function<void(absl::Status)>;
    using Package = std::function<void(absl::StatusOr<std::string>)>;
    using Versions = std::map<std::int64_t, LayerRecordPtr>;

    static constexpr int kMaxLayers = 5; // of a function
    static constexpr std::int64_t kMaxUnpackedBytes = 262'144'000; // with the function's package

    static absl::StatusOr<std::unique_ptr<Layers>>
    open(boost::asio::io_context& io, WorkerPool& pool, const std::filesystem::path& directory,
         const std::filesystem::path& file, const Clock& clock, Place place);
    ~Layers();

    const Place& place() const { return m_place; }

    // The layer versions.
    // room: how many bytes its package may have.
    void publish(const aws::lambda::PublishLayerVersionRequest& request, std::int64_t room,
                 Published reply);
    void remove(const LayerReference& reference, Done reply);
    absl::StatusOr<LayerVersion> find(const LayerReference& reference) const;
    const std::map<std::string, Versions>& all() const { return m_layers; }
    void package(const LayerVersion& version, Package done);
    std::int64_t codeBytes() const;
    // Changes the policy of a layer version; edit may refuse. The reply has the record as it is then.
    using Edit = std::function<absl::Status(PolicyDocument& policy, const std::string& revisionId)>;
    void changePolicy(const LayerReference& reference, Edit edit, Published reply);

    // What functions need of them. The errors are those of CreateFunction.
    absl::StatusOr<AttachedLayers>
    attach(const google::protobuf::RepeatedPtrField<std::string>& arns) const;
    void prepare(const std::vector<std::string>& packages, Done done);
    bool isPrepared(const std::vector<std::string>& packages) const;
    std::string directoryOf(const std::vector<std::string>& packages) const;
    store::CodeLease lease(const std::vector<std::string>& packages);
    void use(const std::vector<std::string>& packages, int sign);
    // Forgets what nothing refers to; once every function has told what it uses.
    void sweep();

private:
    Layers(boost::asio::io_context& io, WorkerPool& pool, std::filesystem::path directory,
           std::unique_ptr<store::CodeStore> code, store::Database database, const Clock& clock,
           Place place);

    void adopt(const std::string& layer, std::int64_t number, LayerRecordPtr record);
    void save(LayerVersion version, Published reply);
    void unpackFrom(std::size_t index, std::vector<std::string> packages, Done done);
    void merge(std::vector<std::string> packages, Done done);
    std::filesystem::path mergedDirectory(const std::vector<std::string>& packages) const;

    boost::asio::io_context& m_io;
    WorkerPool& m_pool;
    const std::filesystem::path m_merged;
    const Clock& m_clock;
    const Place m_place;
    std::unique_ptr<store::CodeStore> m_code;
    std::map<std::string, Versions> m_layers;
    std::map<std::string, std::int64_t> m_last; // number ever given, by layer
    std::map<std::string, int> m_uses;          // of packages
    std::set<std::string> m_mergedUses;         // names of merged directories that were asked for
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    store::Writer m_writer; // last: its end commits, and nothing is called back after
};

} // namespace gantry::functions
