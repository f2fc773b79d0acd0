#pragma once

namespace gantry::keys {

// Where the master key of a data directory is put when it is made.
enum class MasterKeyPlace {
    Automatic, // the desktop's keyring when it can be used, else a file
    Keyring,
    File,
};

} // namespace gantry::keys
