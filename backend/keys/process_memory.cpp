#include "backend/keys/process_memory.h"

#include <openssl/crypto.h>

#include <cstddef>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace gantry::keys {
namespace {

constexpr std::size_t kSecureHeapBytes = 64 * 1024; // fits into the usual limit of locked memory
constexpr std::size_t kSmallestBytes = 32;

} // namespace

void protectProcessMemory()
{
    // A pipe as the system's core_pattern gets a dump whatever the limit says, hence both. Programs
    // that are started from here have the ordinary setting again.
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // Without it (no memory may be locked) keys are in the ordinary heap, overwritten after use.
    CRYPTO_secure_malloc_init(kSecureHeapBytes, kSmallestBytes);
}

} // namespace gantry::keys
