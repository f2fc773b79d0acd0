#include "backend/daemon/parts.h"

#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/store/files.h"
#include "gantry/v1/platform.pb.h"

#include <absl/strings/str_cat.h>

#include <filesystem>
#include <utility>

// HTTPS: its address, where the choice is remembered, and the authority behind its certificate.
namespace gantry {
namespace {

namespace fs = std::filesystem;

fs::path tlsDirectory(const DaemonOptions& options)
{
    return fs::path(options.dataDirectory) / "tls";
}

// Holds the address while HTTPS is on.
fs::path choiceFile(const DaemonOptions& options)
{
    return tlsDirectory(options) / "address";
}

std::string hostOf(const std::string& address)
{
    return address.substr(0, address.rfind(':'));
}

} // namespace

// What the command line asks for must work; what was chosen once must not keep the platform down.
absl::Status Daemon::Parts::openTls()
{
    if (!options.urlTlsAddress.empty())
        return startTls(options.urlTlsAddress);
    const auto chosen = store::readFile(choiceFile(options));
    if (!chosen.ok())
        return absl::OkStatus();
    if (const absl::Status started = startTls(*chosen); !started.ok())
        log::warning("HTTPS is off: ", std::string(view(started.message())));
    return absl::OkStatus();
}

absl::Status Daemon::Parts::startTls(const std::string& address)
{
    const std::int64_t now = clock.unixMillis() / 1'000;
    auto opened = keys::LocalAuthority::open(tlsDirectory(options), now);
    if (!opened.ok())
        return opened.status();
    authority = *std::move(opened);
    const auto identity = authority->issue(account->region(), now);
    if (!identity.ok())
        return identity.status();
    const auto listening = http->listenTls(address, *identity);
    if (!listening.ok())
        return listening.status();
    tlsPort = *listening;
    return absl::OkStatus();
}

// Beside the AWS endpoint, on the port after its own or, when that is taken, on any.
absl::Status Daemon::Parts::changeTls(bool on)
{
    const fs::path file = choiceFile(options);
    std::error_code error;
    if (!on) {
        http->stopTls();
        tlsPort = 0;
        fs::remove(file, error);
        return error ? store::fileError(file, error.value()) : absl::OkStatus();
    }
    if (tlsPort != 0)
        return absl::OkStatus();
    const std::string host = hostOf(options.awsAddress);
    absl::Status started = startTls(absl::StrCat(host, ":", port + 1));
    if (!started.ok())
        started = startTls(absl::StrCat(host, ":0"));
    if (!started.ok())
        return serviceError(std::string(view(started.message())));
    fs::path temporary = file;
    temporary += ".new";
    fs::remove(temporary, error);
    return store::writeDurably(file, absl::StrCat(host, ":", tlsPort), temporary);
}

v1::TlsStatus Daemon::Parts::tlsStatus() const
{
    v1::TlsStatus status;
    status.set_on(tlsPort != 0);
    if (status.on())
        status.set_endpoint(absl::StrCat("https://localhost:", tlsPort));
    if (!authority)
        return status;
    status.set_authority_name(authority->name());
    status.set_certificate_file(authority->file().string());
    status.set_certificate_pem(authority->pem());
    status.set_fingerprint(authority->fingerprint());
    status.set_expires_at_ms(authority->expiresAt() * 1'000);
    for (const std::string& name : keys::LocalAuthority::names(account->region()))
        status.add_names(name.substr(name.find(':') + 1));
    return status;
}

} // namespace gantry
