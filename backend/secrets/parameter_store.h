#pragma once

#include "aws/ssm.pb.h"
#include "backend/base/place.h"
#include "backend/keys/key_store.h"
#include "backend/store/record_map.h"
#include "gantry/store/secrets.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::secrets {

using ParameterPtr = std::shared_ptr<const record::ParameterRecord>;

// The parameters there are, with their versions and labels. Requests and errors are those of the
// Systems Manager Parameter Store. Every value is sealed on the disk; only a SecureString is
// answered sealed, to who does not ask for decryption. I/O thread only.
class ParameterStore final {
public:
    template <class Response> using Reply = std::function<void(absl::StatusOr<Response>)>;

    ParameterStore(keys::KeyStore& keys, const Clock& clock, Place place);

    absl::Status load(store::Database& database) { return m_parameters.load(database); }
    void attach(store::Writer& writer) { m_parameters.attach(writer); }
    const std::map<std::string, ParameterPtr>& all() const { return m_parameters.all(); }

    // user: the ARN of who changes it.
    void put(const aws::ssm::PutParameterRequest&, const std::string& user,
             Reply<aws::ssm::PutParameterResult>);
    absl::StatusOr<aws::ssm::GetParameterResult> get(const aws::ssm::GetParameterRequest&) const;
    absl::StatusOr<aws::ssm::GetParametersResult>
    getSome(const aws::ssm::GetParametersRequest&) const;
    absl::StatusOr<aws::ssm::GetParametersByPathResult>
    getByPath(const aws::ssm::GetParametersByPathRequest&) const;
    absl::StatusOr<aws::ssm::GetParameterHistoryResult>
    history(const aws::ssm::GetParameterHistoryRequest&) const;
    absl::StatusOr<aws::ssm::DescribeParametersResult>
    describe(const aws::ssm::DescribeParametersRequest&) const;
    void remove(const aws::ssm::DeleteParameterRequest&, Reply<aws::ssm::DeleteParameterResult>);
    void removeSome(const aws::ssm::DeleteParametersRequest&,
                    Reply<aws::ssm::DeleteParametersResult>);
    void label(const aws::ssm::LabelParameterVersionRequest&,
               Reply<aws::ssm::LabelParameterVersionResult>);
    void unlabel(const aws::ssm::UnlabelParameterVersionRequest&,
                 Reply<aws::ssm::UnlabelParameterVersionResult>);
    void tag(const aws::ssm::AddTagsToResourceRequest&, Reply<aws::ssm::AddTagsToResourceResult>);
    void untag(const aws::ssm::RemoveTagsFromResourceRequest&,
               Reply<aws::ssm::RemoveTagsFromResourceResult>);
    absl::StatusOr<aws::ssm::ListTagsForResourceResult>
    tags(const aws::ssm::ListTagsForResourceRequest&) const;

    std::string arnOf(const std::string& name) const;
    ParameterPtr find(const std::string& nameOrArn) const;
    // A SecureString with the key that it is encrypted with.
    struct Secure {
        std::string arn;
        std::string key;
        bool advanced = false; // it has a data key of its own
    };
    // Of what a name with its selector means; nothing when that is no SecureString.
    std::optional<Secure> secureOf(const std::string& nameOrArn) const;
    // Those below a path.
    std::vector<Secure> secureBelow(const std::string& path, bool recursive) const;
    // Those that the history of a parameter names.
    std::vector<Secure> secureHistory(const std::string& nameOrArn) const;
    // What the request would make.
    std::optional<Secure> securePut(const aws::ssm::PutParameterRequest& request) const;

private:
    using Edit = std::function<absl::Status(record::ParameterRecord&)>;
    using Changed = std::function<void(absl::StatusOr<ParameterPtr>)>;
    // A name with its selector: a version's number or a label.
    struct Selected {
        ParameterPtr parameter;
        const record::ParameterVersionRecord* version = nullptr;
        std::string selector; // with its colon
    };

    absl::StatusOr<Selected> select(const std::string& nameOrArn) const;
    std::optional<Secure> secureOf(const std::string& name,
                                   const record::ParameterVersionRecord& version) const;
    std::string nameOf(const std::string& nameOrArn) const;
    absl::StatusOr<aws::ssm::Parameter> shown(const Selected& selected, bool decrypt) const;
    absl::StatusOr<std::string> valueOf(const std::string& name,
                                        const record::ParameterVersionRecord& version,
                                        bool decrypt) const;
    absl::Status fill(const aws::ssm::PutParameterRequest& request, const std::string& user,
                      record::ParameterRecord& parameter) const;
    void edit(const std::string& name, Edit edit, Changed done);
    bool matches(const record::ParameterRecord& parameter,
                 const aws::ssm::ParameterStringFilter& filter) const;

    keys::KeyStore& m_keys;
    const Clock& m_clock;
    const Place m_place;
    store::RecordMap<record::ParameterRecord> m_parameters{"parameter"};
};

} // namespace gantry::secrets
