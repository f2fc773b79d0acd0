#pragma once

#include "backend/secrets/parameter_store.h"
#include "backend/secrets/secret_store.h"
#include "backend/store/writer.h"

#include <absl/status/statusor.h>

#include <filesystem>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace gantry::secrets {

// The secrets and the parameters of a data directory, in DIR/secrets.db, and the clock that makes
// them rotate and go. I/O thread only.
class Vault final {
public:
    static absl::StatusOr<std::unique_ptr<Vault>> open(boost::asio::io_context& io,
                                                       const std::filesystem::path& directory,
                                                       keys::KeyStore& keys, const Clock& clock,
                                                       Place place);
    ~Vault();

    SecretStore& secrets() { return m_secrets; }
    ParameterStore& parameters() { return m_parameters; }
    keys::KeyStore& keys() { return m_keys; }

    // Looks now and then for what is due.
    void startClock();

private:
    struct Timer;

    Vault(keys::KeyStore& keys, const Clock& clock, const Place& place);
    void tick();

    keys::KeyStore& m_keys;
    SecretStore m_secrets;
    ParameterStore m_parameters;
    std::unique_ptr<Timer> m_timer;
    std::unique_ptr<store::Writer> m_writer; // last: its end commits, nothing is called back after
};

} // namespace gantry::secrets
