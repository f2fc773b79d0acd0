#pragma once

#include "backend/iam/credential.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <string>

namespace gantry::iam {

// The account that the platform serves and its root access key. The key is made on the first start
// and kept in DIR/credentials, in the format and with the file mode (0600) of AWS's shared
// credentials file, so that `AWS_SHARED_CREDENTIALS_FILE=DIR/credentials aws --profile gantry`
// works as it stands.
class Account final {
public:
    // Reads the credentials in the directory, or makes them there.
    static absl::StatusOr<Account> open(const std::filesystem::path& directory);

    const std::string& id() const { return m_root.accountId; }
    const std::string& region() const { return m_region; }
    const std::filesystem::path& credentialsFile() const { return m_file; }

    const Credential& root() const { return m_root; }
    const Credential* find(std::string_view accessKeyId) const;

private:
    Account(std::filesystem::path file, Credential root);

    std::filesystem::path m_file;
    std::string m_region = "us-east-1";
    Credential m_root;
};

} // namespace gantry::iam
