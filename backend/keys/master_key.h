#pragma once

#include "backend/keys/master_key_place.h"
#include "backend/keys/secret_buffer.h"
#include "gantry/store/keys.pb.h"

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace gantry::keys {

// The key that wraps every other key of a data directory. It lies in the desktop's keyring or in
// DIR/master.key (mode 0600); the database keeps a record by which a wrong one is recognised.
class MasterKey final {
public:
    // A new key, already where it will be kept (next to the old one until settle).
    static absl::StatusOr<MasterKey> create(const std::filesystem::path& directory,
                                            MasterKeyPlace place, std::int64_t nowMs);
    // Whether there is a key file, of whatever database.
    static bool hasFile(const std::filesystem::path& directory);
    // The one that the record names. Errors say what is wrong and what to do.
    static absl::StatusOr<MasterKey> open(const std::filesystem::path& directory,
                                          const record::MasterRecord& record);

    const record::MasterRecord& record() const { return m_record; }
    const SecretBuffer& key() const { return m_key; }

    // Forgets every other key: call it when the record is committed.
    absl::Status settle(const std::filesystem::path& directory,
                        const record::MasterRecord* replaced) const;
    // Forgets this one: it was not committed.
    void discard(const std::filesystem::path& directory) const;

private:
    MasterKey(record::MasterRecord record, SecretBuffer key);

    record::MasterRecord m_record;
    SecretBuffer m_key;
};

} // namespace gantry::keys
