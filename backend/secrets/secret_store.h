#pragma once

#include "aws/secretsmanager.pb.h"
#include "backend/base/place.h"
#include "backend/keys/key_store.h"
#include "backend/store/record_map.h"
#include "gantry/store/secrets.pb.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {
class Clock;
}

namespace gantry::secrets {

template <class Response> using Reply = std::function<void(absl::StatusOr<Response>)>;
using Done = std::function<void(absl::Status)>;
using SecretPtr = std::shared_ptr<const record::SecretRecord>;

inline constexpr const char* kCurrent = "AWSCURRENT";
inline constexpr const char* kPrevious = "AWSPREVIOUS";
inline constexpr const char* kPending = "AWSPENDING";

// A wish to rotate that the store has taken: what the rotator is to do.
struct RotationOrder {
    std::string name;
    std::string token;
    bool scheduled = false;
};

// The secrets there are, with their versions and stages. Requests and errors are those of the
// Secrets Manager API. Values are sealed on the disk and in memory, and opened only for a reader.
// I/O thread only.
class SecretStore final {
public:
    SecretStore(keys::KeyStore& keys, const Clock& clock, Place place);

    absl::Status load(store::Database& database) { return m_secrets.load(database); }
    void attach(store::Writer& writer) { m_secrets.attach(writer); }

    const std::map<std::string, SecretPtr>& all() const { return m_secrets.all(); }
    // By name, ARN, or ARN without the random suffix. Also a deleted one.
    absl::StatusOr<SecretPtr> find(const std::string& secretId) const;

    // The key that its values are encrypted with.
    std::string keyOf(const record::SecretRecord& secret) const;

    void create(const aws::secretsmanager::CreateSecretRequest&,
                Reply<aws::secretsmanager::CreateSecretResponse>);
    absl::StatusOr<aws::secretsmanager::GetSecretValueResponse>
    value(const aws::secretsmanager::GetSecretValueRequest&);
    // Those that the request means, by name or as it names them.
    std::vector<std::string>
    wantedBy(const aws::secretsmanager::BatchGetSecretValueRequest& request) const;
    absl::StatusOr<aws::secretsmanager::BatchGetSecretValueResponse>
    values(const aws::secretsmanager::BatchGetSecretValueRequest&);
    // That the caller may not have one of the secrets that values() is about to be asked for, as the
    // request names it: a batch is decided and answered in one turn of the event loop.
    void refuse(const aws::secretsmanager::BatchGetSecretValueRequest&, const std::string& id,
                absl::Status why);
    void put(const aws::secretsmanager::PutSecretValueRequest&,
             Reply<aws::secretsmanager::PutSecretValueResponse>);
    void update(const aws::secretsmanager::UpdateSecretRequest&,
                Reply<aws::secretsmanager::UpdateSecretResponse>);
    void updateStage(const aws::secretsmanager::UpdateSecretVersionStageRequest&,
                     Reply<aws::secretsmanager::UpdateSecretVersionStageResponse>);
    absl::StatusOr<aws::secretsmanager::DescribeSecretResponse>
    describe(const aws::secretsmanager::DescribeSecretRequest&) const;
    absl::StatusOr<aws::secretsmanager::ListSecretsResponse>
    list(const aws::secretsmanager::ListSecretsRequest&) const;
    absl::StatusOr<aws::secretsmanager::ListSecretVersionIdsResponse>
    versionIds(const aws::secretsmanager::ListSecretVersionIdsRequest&) const;
    void remove(const aws::secretsmanager::DeleteSecretRequest&,
                Reply<aws::secretsmanager::DeleteSecretResponse>);
    void restore(const aws::secretsmanager::RestoreSecretRequest&,
                 Reply<aws::secretsmanager::RestoreSecretResponse>);
    void tag(const aws::secretsmanager::TagResourceRequest&, Done);
    void untag(const aws::secretsmanager::UntagResourceRequest&, Done);
    void putPolicy(const aws::secretsmanager::PutResourcePolicyRequest&,
                   Reply<aws::secretsmanager::PutResourcePolicyResponse>);
    absl::StatusOr<aws::secretsmanager::GetResourcePolicyResponse>
    policy(const aws::secretsmanager::GetResourcePolicyRequest&) const;
    void removePolicy(const aws::secretsmanager::DeleteResourcePolicyRequest&,
                      Reply<aws::secretsmanager::DeleteResourcePolicyResponse>);
    absl::StatusOr<aws::secretsmanager::ValidateResourcePolicyResponse>
    validatePolicy(const aws::secretsmanager::ValidateResourcePolicyRequest&) const;

    // Notes where the secret was moved from, so that the move can be undone.
    void noteMove(const std::string& arn, record::MovedFrom from, Done);

    // Rotation. rotate keeps the settings and hands the order to the rotator when one is due now.
    void rotate(const aws::secretsmanager::RotateSecretRequest&,
                Reply<aws::secretsmanager::RotateSecretResponse>);
    void cancelRotation(const aws::secretsmanager::CancelRotateSecretRequest&,
                        Reply<aws::secretsmanager::CancelRotateSecretResponse>);
    void onRotation(std::function<void(RotationOrder)> order) { m_order = std::move(order); }
    // Whether there is such a function; says no until it is set.
    void onCheckFunction(std::function<bool(const std::string&)> check)
    {
        m_functionExists = std::move(check);
    }
    // What the rotator notes. progress: the step that begins now; finish: an empty error is success.
    void noteProgress(const RotationOrder& order, const std::string& step, Done);
    void noteEnd(const RotationOrder& order, const std::string& error, Done);
    // The text without any value of the secret in it.
    std::string redacted(const std::string& name, std::string text) const;

    // Orders what is due and removes what has waited long enough. Called now and then.
    void tick();

private:
    using Edit = std::function<absl::Status(record::SecretRecord&)>;
    using Changed = std::function<void(absl::StatusOr<SecretPtr>)>;
    struct NewValue {
        std::string token;
        bool binary = false;
        std::string text;
        ~NewValue() { keys::cleanse(text); }
    };

    absl::StatusOr<SecretPtr> findLive(const std::string& secretId) const;
    void edit(const std::string& secretId, Edit edit, Changed done);
    absl::Status seal(record::SecretRecord& secret, const std::string& version,
                      const NewValue& value) const;
    absl::StatusOr<keys::SecretBuffer> open(const record::SecretRecord& secret,
                                            const std::string& version) const;
    // Adds a version; what is there already with the same content is left as it is.
    absl::Status addVersion(record::SecretRecord& secret, const NewValue& value,
                            const std::vector<std::string>& stages) const;
    absl::Status useKey(record::SecretRecord& secret, const std::string& keyId) const;
    void noteAccess(const record::SecretRecord& secret, const std::string& version);
    absl::Status orderRotation(record::SecretRecord& secret, const std::string& token,
                               bool scheduled) const;
    std::int64_t nextRotation(const record::SecretRecord& secret) const;

    keys::KeyStore& m_keys;
    const Clock& m_clock;
    const Place m_place;
    store::RecordMap<record::SecretRecord> m_secrets{"secret"};
    const aws::secretsmanager::BatchGetSecretValueRequest* m_refusedIn = nullptr;
    absl::flat_hash_map<std::string, absl::Status> m_refused;
    std::function<void(RotationOrder)> m_order;
    std::function<bool(const std::string&)> m_functionExists;
};

} // namespace gantry::secrets
