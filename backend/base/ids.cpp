#include "backend/base/ids.h"

#include "backend/base/text.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>

#include <sys/random.h>

namespace gantry {
namespace {

// Every invocation needs two ids, and a system call costs more than all the rest of making one: the
// kernel's bytes are fetched a few hundred at a time. Each is used once.
void fillRandom(void* data, std::size_t size)
{
    thread_local std::array<unsigned char, 512> pool;
    thread_local std::size_t left = 0;
    auto* out = static_cast<unsigned char*>(data);
    while (size > 0) {
        if (left == 0) {
            // Up to 256 bytes come whole or not at all, never in part.
            for (std::size_t at = 0; at < pool.size(); at += 256) {
                if (getrandom(pool.data() + at, 256, 0) != 256)
                    throw std::runtime_error("the kernel gave no random bytes");
            }
            left = pool.size();
        }
        const std::size_t take = std::min(size, left);
        unsigned char* const from = pool.data() + (pool.size() - left);
        std::memcpy(out, from, take);
        std::memset(from, 0, take);
        left -= take;
        out += take;
        size -= take;
    }
}

} // namespace

std::string randomUuid()
{
    unsigned char b[16];
    fillRandom(b, sizeof b);
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    const std::string hex = toHex(std::string_view(reinterpret_cast<char*>(b), sizeof b));
    return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                        hex.substr(16, 4), "-", hex.substr(20));
}

std::string randomHex(int count)
{
    std::string bytes(static_cast<std::size_t>(count), '\0');
    fillRandom(bytes.data(), bytes.size());
    return toHex(bytes);
}

std::string toHex(std::string_view bytes)
{
    return absl::BytesToHexString(view(bytes));
}

std::string sha256(std::string_view data)
{
    // OpenSSL's one-call functions look the algorithm up each time, which takes longer than hashing
    // a small request.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    std::string digest(32, '\0');
    if (!EVP_DigestInit_ex2(context.get(), algorithm, nullptr) ||
        !EVP_DigestUpdate(context.get(), data.data(), data.size()) ||
        !EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                            nullptr))
        throw std::runtime_error("SHA-256 is not available");
    return digest;
}

std::string newTraceId()
{
    return absl::StrCat("Root=1-", absl::Hex(std::time(nullptr), absl::kZeroPad8), "-",
                        randomHex(12));
}

} // namespace gantry
