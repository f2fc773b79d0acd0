#pragma once

#include "backend/keys/secret_buffer.h"

#include <optional>
#include <string>
#include <string_view>

namespace gantry::keys {

inline constexpr std::size_t kKeyBytes = 32;

// AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits: nonce, ciphertext, tag. What is
// sealed opens only with the same key and the same associated data.
std::string seal(const SecretBuffer& key, std::string_view associated, std::string_view plaintext);

// Nothing when the key or the associated data is another, or a bit of the sealed text has changed.
std::optional<SecretBuffer> open(const SecretBuffer& key, std::string_view associated,
                                 std::string_view sealed);

} // namespace gantry::keys
