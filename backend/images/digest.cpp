#include "backend/images/digest.h"

#include "backend/base/ids.h"

#include <openssl/evp.h>

#include <algorithm>

namespace gantry::images {
namespace {

constexpr std::string_view kAlgorithm = "sha256:";

} // namespace

bool isDigest(std::string_view text)
{
    return text.size() == kAlgorithm.size() + 64 && text.starts_with(kAlgorithm) &&
           std::all_of(text.begin() + kAlgorithm.size(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string hexOf(std::string_view digest)
{
    return std::string(digest.substr(kAlgorithm.size()));
}

std::string digestOf(std::string_view bytes)
{
    return std::string(kAlgorithm) + toHex(sha256(bytes));
}

struct Hasher::Impl {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                    EVP_MD_CTX_free};
};

Hasher::Hasher() : m_impl(std::make_unique<Impl>())
{
    EVP_DigestInit_ex(m_impl->context.get(), EVP_sha256(), nullptr);
}

Hasher::~Hasher() = default;

void Hasher::add(std::string_view bytes)
{
    EVP_DigestUpdate(m_impl->context.get(), bytes.data(), bytes.size());
}

std::string Hasher::digest()
{
    std::string raw(32, '\0');
    EVP_DigestFinal_ex(m_impl->context.get(), reinterpret_cast<unsigned char*>(raw.data()), nullptr);
    return std::string(kAlgorithm) + toHex(raw);
}

} // namespace gantry::images
