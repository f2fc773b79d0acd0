#include "backend/keys/sealing.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace gantry::keys {
namespace {

constexpr int kNonceBytes = 12;
constexpr int kTagBytes = 16;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text, std::size_t offset)
{
    return reinterpret_cast<unsigned char*>(text.data() + offset);
}

void require(int result)
{
    if (result != 1)
        throw std::runtime_error("OpenSSL cannot encrypt with AES-256-GCM");
}

} // namespace

std::string seal(const SecretBuffer& key, std::string_view associated, std::string_view plaintext)
{
    if (key.size() != kKeyBytes)
        throw std::logic_error("an AES-256 key has 32 bytes");
    std::string sealed(kNonceBytes + plaintext.size() + kTagBytes, '\0');
    require(RAND_bytes(bytes(sealed, 0), kNonceBytes));
    const Context context(EVP_CIPHER_CTX_new());
    require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key.view()),
                               bytes(sealed, 0)));
    int length = 0;
    require(EVP_EncryptUpdate(context.get(), nullptr, &length, bytes(associated),
                              static_cast<int>(associated.size())));
    require(EVP_EncryptUpdate(context.get(), bytes(sealed, kNonceBytes), &length, bytes(plaintext),
                              static_cast<int>(plaintext.size())));
    require(EVP_EncryptFinal_ex(context.get(), bytes(sealed, kNonceBytes + plaintext.size()),
                                &length));
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                bytes(sealed, kNonceBytes + plaintext.size())));
    return sealed;
}

std::optional<SecretBuffer> open(const SecretBuffer& key, std::string_view associated,
                                 std::string_view sealed)
{
    if (key.size() != kKeyBytes || sealed.size() < kNonceBytes + kTagBytes)
        return std::nullopt;
    const std::size_t size = sealed.size() - kNonceBytes - kTagBytes;
    std::string tag(sealed.substr(kNonceBytes + size));
    SecretBuffer plaintext(size);
    unsigned char none = 0;
    unsigned char* out = size > 0 ? plaintext.data() : &none;
    const Context context(EVP_CIPHER_CTX_new());
    int length = 0;
    const bool ok =
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(key.view()),
                           bytes(sealed)) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &length, bytes(associated),
                          static_cast<int>(associated.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), out, &length, bytes(sealed.substr(kNonceBytes)),
                          static_cast<int>(size)) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, bytes(tag, 0)) == 1 &&
        EVP_DecryptFinal_ex(context.get(), out, &length) == 1;
    if (!ok)
        return std::nullopt;
    return plaintext;
}

} // namespace gantry::keys
