#pragma once

#include "backend/keys/secret_buffer.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <optional>
#include <string>

namespace gantry::keys {

// The desktop's keyring (Secret Service over the session bus: GNOME Keyring, KWallet, KeePassXC).
// Every call gives up after a few seconds: a keyring that waits for its password must not keep the
// daemon from saying so.
class DesktopKeyring final {
public:
    // Whether a session bus with an unlocked keyring is there. Starts no service that is not.
    static bool isAvailable();

    static absl::Status store(const std::string& id, const SecretBuffer& key);
    // Nothing when the keyring holds no such item.
    static absl::StatusOr<std::optional<SecretBuffer>> find(const std::string& id);
    static absl::Status remove(const std::string& id);
};

} // namespace gantry::keys
