#pragma once

#include "aws/kms.pb.h"
#include "backend/base/place.h"
#include "backend/keys/master_key.h"
#include "backend/keys/secret_buffer.h"
#include "backend/store/record_map.h"
#include "backend/store/writer.h"
#include "gantry/store/keys.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::keys {

// What a ciphertext is bound to: it opens only with the same pairs.
using Context = std::map<std::string, std::string>;

template <class Response> using Reply = std::function<void(absl::StatusOr<Response>)>;
using Done = std::function<void(absl::Status)>;

// The KMS keys there are, and what is done with them: symmetric keys (AES-256), their aliases,
// states, policies and generations. Key material is on the disk wrapped by the master key only, and
// in memory in SecretBuffers. Requests and errors are those of the KMS API. I/O thread only.
class KeyStore final {
public:
    // Opens DIR/keys.db and the master key; makes both on the first start, with the keys that AWS
    // manages for its services (aws/lambda, aws/secretsmanager, aws/ssm). A wrong or missing master
    // key is an error that says what to do; nothing is changed then.
    static absl::StatusOr<std::unique_ptr<KeyStore>> open(boost::asio::io_context& io,
                                                          const std::filesystem::path& directory,
                                                          const Clock& clock, Place place,
                                                          MasterKeyPlace masterPlace);
    ~KeyStore();

    const record::MasterRecord& master() const { return m_master.record(); }
    // Wraps every key anew with a new master key, in one transaction.
    void rotateMaster(Done done);

    // Values of the platform's own, each sealed with a data key of its own that the KMS key wraps.
    absl::StatusOr<std::string> sealValue(const std::string& keyId, const Context& context,
                                          std::string_view plaintext) const;
    // Also when the key is disabled or about to be deleted, with Use::Stored: for what the platform
    // must read to show that it may not use it.
    enum class Use { Checked, Stored };
    absl::StatusOr<SecretBuffer> openValue(std::string_view sealed, const Context& context,
                                           Use use = Use::Checked) const;
    // OK when the key can be used; DisabledException, KMSInvalidStateException, NotFoundException.
    absl::Status checkUsable(const std::string& keyId) const;
    // The ARN of a key, by id, ARN, alias or the alias's ARN.
    absl::StatusOr<std::string> arnOf(const std::string& keyId) const;
    // What policies see of a key, by whatever name.
    struct Facts {
        std::string arn;
        std::vector<std::string> aliases;
        std::vector<std::pair<std::string, std::string>> tags;
    };
    absl::StatusOr<Facts> factsOf(const std::string& keyId) const;
    // The ARN of the key that a ciphertext says it is of.
    absl::StatusOr<std::string> keyOf(std::string_view ciphertext) const;
    absl::StatusOr<std::string> keyOfValue(std::string_view sealed) const;
    // Of a key by its ARN: the policy that it was given, or that AWS would give it.
    std::optional<std::string> policyDocument(const std::string& arn) const;
    // ARN and policy of each key that was given one.
    std::vector<std::pair<std::string, std::string>> givenPolicies() const;

    // KMS: cryptography.
    absl::StatusOr<aws::kms::EncryptResponse> encrypt(const aws::kms::EncryptRequest&) const;
    absl::StatusOr<aws::kms::DecryptResponse> decrypt(const aws::kms::DecryptRequest&) const;
    absl::StatusOr<aws::kms::ReEncryptResponse> reEncrypt(const aws::kms::ReEncryptRequest&) const;
    absl::StatusOr<aws::kms::GenerateDataKeyResponse>
    generateDataKey(const aws::kms::GenerateDataKeyRequest&) const;
    absl::StatusOr<aws::kms::GenerateDataKeyWithoutPlaintextResponse>
    generateDataKeyWithoutPlaintext(
        const aws::kms::GenerateDataKeyWithoutPlaintextRequest&) const;

    // KMS: keys.
    void create(const aws::kms::CreateKeyRequest&, Reply<aws::kms::CreateKeyResponse>);
    absl::StatusOr<aws::kms::DescribeKeyResponse> describe(const aws::kms::DescribeKeyRequest&) const;
    absl::StatusOr<aws::kms::ListKeysResponse> list(const aws::kms::ListKeysRequest&) const;
    void setEnabled(const std::string& keyId, bool enabled, Done);
    void updateDescription(const aws::kms::UpdateKeyDescriptionRequest&, Done);
    void scheduleDeletion(const aws::kms::ScheduleKeyDeletionRequest&,
                          Reply<aws::kms::ScheduleKeyDeletionResponse>);
    void cancelDeletion(const aws::kms::CancelKeyDeletionRequest&,
                        Reply<aws::kms::CancelKeyDeletionResponse>);
    absl::StatusOr<aws::kms::GetKeyPolicyResponse>
    policy(const aws::kms::GetKeyPolicyRequest&) const;
    void putPolicy(const aws::kms::PutKeyPolicyRequest&, Done);
    absl::StatusOr<aws::kms::ListKeyPoliciesResponse>
    policyNames(const aws::kms::ListKeyPoliciesRequest&) const;
    // A new generation of the key's material; older ciphertexts still open.
    void rotate(const aws::kms::RotateKeyOnDemandRequest&,
                Reply<aws::kms::RotateKeyOnDemandResponse>);
    void tag(const aws::kms::TagResourceRequest&, Done);
    void untag(const aws::kms::UntagResourceRequest&, Done);
    absl::StatusOr<aws::kms::ListResourceTagsResponse>
    tags(const aws::kms::ListResourceTagsRequest&) const;

    // KMS: aliases.
    void createAlias(const aws::kms::CreateAliasRequest&, Done);
    void updateAlias(const aws::kms::UpdateAliasRequest&, Done);
    void deleteAlias(const aws::kms::DeleteAliasRequest&, Done);
    absl::StatusOr<aws::kms::ListAliasesResponse>
    listAliases(const aws::kms::ListAliasesRequest&) const;

    // Destroys the keys whose waiting period is over. Called now and then.
    void removeExpired();

private:
    using KeyPtr = store::RecordMap<record::KeyRecord>::Ptr;
    using Edit = std::function<absl::Status(record::KeyRecord&)>;

    KeyStore(std::filesystem::path directory, const Clock& clock, Place place, MasterKey master);

    absl::Status prepare(store::Database& database); // before there is a writer
    absl::Status unwrap(const record::KeyRecord& record);

    absl::StatusOr<KeyPtr> find(const std::string& keyId) const;
    // As find; refuses a key that cannot be used.
    absl::StatusOr<KeyPtr> findUsable(const std::string& keyId) const;
    absl::Status usable(const record::KeyRecord& key) const;
    std::string keyArn(std::string_view id) const;
    std::string policyOf(const record::KeyRecord& key) const;
    std::string aliasArn(std::string_view name) const;
    std::string wrap(const std::string& id, const SecretBuffer& material) const;
    record::KeyRecord newKey(SecretBuffer& material) const;
    aws::kms::KeyMetadata metadata(const record::KeyRecord& key) const;
    void edit(const std::string& keyId, Edit edit, std::function<void(absl::StatusOr<KeyPtr>)> done);

    std::string sealWith(const record::KeyRecord& key, const Context& context,
                         std::string_view plaintext) const;
    struct Opened {
        KeyPtr key;
        SecretBuffer plaintext;
    };
    absl::StatusOr<Opened> openAny(std::string_view ciphertext, const Context& context,
                                   Use use) const;

    const std::filesystem::path m_directory;
    const Clock& m_clock;
    const Place m_place;
    MasterKey m_master;
    std::map<std::string, std::vector<SecretBuffer>> m_material; // by key id, generation after generation
    store::RecordMap<record::KeyRecord> m_keys{"key"};
    store::RecordMap<record::KeyAliasRecord> m_aliases{"alias"};
    std::unique_ptr<store::Writer> m_writer; // last: its end commits, and nothing is called back after
};

} // namespace gantry::keys
