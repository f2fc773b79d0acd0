#include "backend/keys/key_store.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/keys/sealing.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>

#include <algorithm>

// What is done with keys. A ciphertext is: a version byte, the key's id (16 bytes), the generation
// of its material (4 bytes, most significant first), then what was sealed; its head and the context
// are the associated data.
namespace gantry::keys {
namespace {

using google::protobuf::Map;

constexpr char kCiphertextVersion = 1;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kHeadBytes = 1 + kIdBytes + 4;
// A sealed value: these two bytes, the length of the wrapped data key (2 bytes), the wrapped data
// key, the value sealed with it.
constexpr std::string_view kValueMagic = "G1";
constexpr const char* kAlgorithm = "SYMMETRIC_DEFAULT";

Context contextOf(const Map<std::string, std::string>& map)
{
    return {map.begin(), map.end()};
}

void appendSized(std::string_view text, std::string& out)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(text.size() >> shift & 0xff);
    out += text;
}

std::string canonical(const Context& context)
{
    std::string out;
    for (const auto& [name, value] : context) {
        appendSized(name, out);
        appendSized(value, out);
    }
    return out;
}

std::string headOf(const record::KeyRecord& key, std::size_t generation)
{
    std::string head(1, kCiphertextVersion);
    head += absl::HexStringToBytes(absl::StrReplaceAll(key.id(), {{"-", ""}}));
    for (int shift = 24; shift >= 0; shift -= 8)
        head += static_cast<char>(generation >> shift & 0xff);
    return head;
}

// The UUID of its bytes.
std::string idOf(std::string_view bytes)
{
    std::string id = toHex(bytes);
    for (const std::size_t at : {8, 13, 18, 23})
        id.insert(at, 1, '-');
    return id;
}

absl::Status invalidCiphertext()
{
    return makeError("InvalidCiphertextException", 400,
                     "The ciphertext has been changed, or it was encrypted with another encryption "
                     "context or by another platform.");
}

struct SealedValue {
    std::string_view wrappedKey;
    std::string_view value;
};

std::optional<SealedValue> split(std::string_view sealed)
{
    if (sealed.size() < 4 || sealed.substr(0, 2) != kValueMagic)
        return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(sealed[2]) * 256u +
                               static_cast<unsigned char>(sealed[3]);
    if (sealed.size() < 4 + length)
        return std::nullopt;
    return SealedValue{sealed.substr(4, length), sealed.substr(4 + length)};
}

absl::Status dryRun()
{
    return makeError("DryRunOperationException", 400,
                     "The request would have succeeded, but the DryRun option is set.");
}

// The size of a data key: one of the two members, as AWS demands.
template <class Request> absl::StatusOr<std::size_t> dataKeyBytes(const Request& request)
{
    if (request.has_key_spec() == request.has_number_of_bytes()) {
        return validationError("Please specify either number of bytes or key spec.");
    }
    if (request.has_number_of_bytes())
        return static_cast<std::size_t>(request.number_of_bytes());
    return request.key_spec() == "AES_128" ? 16 : 32;
}

} // namespace

std::string KeyStore::sealWith(const record::KeyRecord& key, const Context& context,
                               std::string_view plaintext) const
{
    const std::vector<SecretBuffer>& generations = m_material.at(key.id());
    const std::string head = headOf(key, generations.size() - 1);
    return head + keys::seal(generations.back(), head + canonical(context), plaintext);
}

absl::StatusOr<KeyStore::Opened> KeyStore::openAny(std::string_view ciphertext,
                                                   const Context& context, Use use) const
{
    if (ciphertext.size() < kHeadBytes || ciphertext[0] != kCiphertextVersion)
        return invalidCiphertext();
    const std::string_view head = ciphertext.substr(0, kHeadBytes);
    std::size_t generation = 0;
    for (const char byte : head.substr(1 + kIdBytes))
        generation = generation << 8 | static_cast<unsigned char>(byte);
    const std::string id = idOf(head.substr(1, kIdBytes));
    auto key = use == Use::Checked ? findUsable(id) : find(id);
    if (!key.ok())
        return key.status();
    const auto material = m_material.find(id);
    if (material == m_material.end() || generation >= material->second.size())
        return invalidCiphertext();
    auto plaintext = keys::open(material->second[generation],
                                std::string(head) + canonical(context),
                                ciphertext.substr(kHeadBytes));
    if (!plaintext)
        return invalidCiphertext();
    return Opened{*std::move(key), *std::move(plaintext)};
}

absl::StatusOr<std::string> KeyStore::keyOf(std::string_view ciphertext) const
{
    if (ciphertext.size() < kHeadBytes || ciphertext[0] != kCiphertextVersion)
        return invalidCiphertext();
    return arnOf(idOf(ciphertext.substr(1, kIdBytes)));
}

absl::StatusOr<std::string> KeyStore::sealValue(const std::string& keyId, const Context& context,
                                                std::string_view plaintext) const
{
    const auto key = findUsable(keyId);
    if (!key.ok())
        return key.status();
    const SecretBuffer dataKey = SecretBuffer::random(kKeyBytes);
    const std::string wrapped = sealWith(**key, context, dataKey.view());
    std::string sealed(kValueMagic);
    sealed += static_cast<char>(wrapped.size() >> 8);
    sealed += static_cast<char>(wrapped.size() & 0xff);
    sealed += wrapped;
    sealed += keys::seal(dataKey, canonical(context), plaintext);
    return sealed;
}

absl::StatusOr<std::string> KeyStore::keyOfValue(std::string_view sealed) const
{
    const auto parts = split(sealed);
    return parts ? keyOf(parts->wrappedKey) : invalidCiphertext();
}

absl::StatusOr<SecretBuffer> KeyStore::openValue(std::string_view sealed, const Context& context,
                                                 Use use) const
{
    const auto parts = split(sealed);
    if (!parts)
        return invalidCiphertext();
    const auto dataKey = openAny(parts->wrappedKey, context, use);
    if (!dataKey.ok())
        return dataKey.status();
    auto plaintext = keys::open(dataKey->plaintext, canonical(context), parts->value);
    if (!plaintext)
        return invalidCiphertext();
    return *std::move(plaintext);
}

absl::StatusOr<aws::kms::EncryptResponse>
KeyStore::encrypt(const aws::kms::EncryptRequest& request) const
{
    const auto key = findUsable(request.key_id());
    if (!key.ok())
        return key.status();
    if (request.dry_run())
        return dryRun();
    aws::kms::EncryptResponse response;
    response.set_key_id(keyArn((*key)->id()));
    response.set_encryption_algorithm(kAlgorithm);
    response.set_ciphertext_blob(
        sealWith(**key, contextOf(request.encryption_context()), request.plaintext()));
    return response;
}

absl::StatusOr<aws::kms::DecryptResponse>
KeyStore::decrypt(const aws::kms::DecryptRequest& request) const
{
    const auto opened =
        openAny(request.ciphertext_blob(), contextOf(request.encryption_context()), Use::Checked);
    if (!opened.ok())
        return opened.status();
    if (request.has_key_id()) {
        const auto named = find(request.key_id());
        if (!named.ok())
            return named.status();
        if ((*named)->id() != opened->key->id()) {
            return makeError("IncorrectKeyException", 400,
                             "The key ID in the request does not identify a CMK that can perform "
                             "this operation.");
        }
    }
    if (request.dry_run())
        return dryRun();
    aws::kms::DecryptResponse response;
    response.set_key_id(keyArn(opened->key->id()));
    response.set_encryption_algorithm(kAlgorithm);
    response.set_plaintext(opened->plaintext.text());
    return response;
}

absl::StatusOr<aws::kms::ReEncryptResponse>
KeyStore::reEncrypt(const aws::kms::ReEncryptRequest& request) const
{
    const auto opened = openAny(request.ciphertext_blob(),
                                contextOf(request.source_encryption_context()), Use::Checked);
    if (!opened.ok())
        return opened.status();
    if (request.has_source_key_id()) {
        const auto named = find(request.source_key_id());
        if (!named.ok())
            return named.status();
        if ((*named)->id() != opened->key->id())
            return makeError("IncorrectKeyException", 400,
                             "The source key is not the one that encrypted the ciphertext.");
    }
    const auto key = findUsable(request.destination_key_id());
    if (!key.ok())
        return key.status();
    if (request.dry_run())
        return dryRun();
    aws::kms::ReEncryptResponse response;
    response.set_source_key_id(keyArn(opened->key->id()));
    response.set_key_id(keyArn((*key)->id()));
    response.set_source_encryption_algorithm(kAlgorithm);
    response.set_destination_encryption_algorithm(kAlgorithm);
    response.set_ciphertext_blob(sealWith(
        **key, contextOf(request.destination_encryption_context()), opened->plaintext.view()));
    return response;
}

absl::StatusOr<aws::kms::GenerateDataKeyResponse>
KeyStore::generateDataKey(const aws::kms::GenerateDataKeyRequest& request) const
{
    const auto size = dataKeyBytes(request);
    if (!size.ok())
        return size.status();
    const auto key = findUsable(request.key_id());
    if (!key.ok())
        return key.status();
    if (request.dry_run())
        return dryRun();
    const SecretBuffer dataKey = SecretBuffer::random(*size);
    aws::kms::GenerateDataKeyResponse response;
    response.set_key_id(keyArn((*key)->id()));
    response.set_plaintext(dataKey.text());
    response.set_ciphertext_blob(
        sealWith(**key, contextOf(request.encryption_context()), dataKey.view()));
    return response;
}

absl::StatusOr<aws::kms::GenerateDataKeyWithoutPlaintextResponse>
KeyStore::generateDataKeyWithoutPlaintext(
    const aws::kms::GenerateDataKeyWithoutPlaintextRequest& request) const
{
    const auto size = dataKeyBytes(request);
    if (!size.ok())
        return size.status();
    const auto key = findUsable(request.key_id());
    if (!key.ok())
        return key.status();
    if (request.dry_run())
        return dryRun();
    aws::kms::GenerateDataKeyWithoutPlaintextResponse response;
    response.set_key_id(keyArn((*key)->id()));
    response.set_ciphertext_blob(sealWith(**key, contextOf(request.encryption_context()),
                                          SecretBuffer::random(*size).view()));
    return response;
}

} // namespace gantry::keys
