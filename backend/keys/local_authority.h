#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace gantry::keys {

// What a TLS server shows and proves.
struct TlsIdentity {
    std::shared_ptr<x509_st> certificate;
    std::shared_ptr<evp_pkey_st> key;
    explicit operator bool() const { return certificate && key; }
};

// A certificate authority of this installation alone, so that clients that are told to trust it can
// call function URLs over HTTPS. Its key never leaves its file (mode 0600), and whatever is signed
// with it counts for names of this machine only: the certificate's name constraints are localhost
// (with all below it) and the loopback addresses.
class LocalAuthority final {
public:
    // Reads authority.key and authority.pem of the directory, or makes them.
    static absl::StatusOr<LocalAuthority> open(const std::filesystem::path& directory,
                                               std::int64_t unixSeconds);

    // For localhost, the names of function URLs and the loopback addresses. The key is in memory
    // only: every start makes another.
    absl::StatusOr<TlsIdentity> issue(const std::string& region, std::int64_t unixSeconds) const;
    static std::vector<std::string> names(const std::string& region);

    const std::filesystem::path& file() const { return m_file; }
    const std::string& pem() const { return m_pem; }
    const std::string& name() const { return m_name; } // its common name
    std::string fingerprint() const;                   // SHA-256, as AB:CD:...
    std::int64_t expiresAt() const;                    // Unix time, seconds

private:
    LocalAuthority() = default;
    absl::Status read(const std::filesystem::path& keyFile);
    absl::Status make(const std::filesystem::path& keyFile, std::int64_t unixSeconds);
    bool usable(std::int64_t unixSeconds) const;
    absl::Status describe();

    std::filesystem::path m_file;
    std::string m_pem;
    std::string m_name;
    TlsIdentity m_identity;
};

} // namespace gantry::keys
