#include "backend/base/ids.h"

#include "backend/base/text.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
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
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string newTraceId()
{
    return absl::StrFormat("Root=1-%08x-%s;Parent=%s;Sampled=0",
                           static_cast<unsigned>(std::time(nullptr)), randomHex(12), randomHex(8));
}

} // namespace gantry
