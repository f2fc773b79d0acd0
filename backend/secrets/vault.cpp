#include "backend/secrets/vault.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <utility>

namespace gantry::secrets {
namespace {

constexpr std::array<std::string_view, 1> kMigrations = {store::kRecordMapSchema};
// Schedules are in minutes at the finest.
constexpr auto kPeriod = std::chrono::seconds(10);

} // namespace

struct Vault::Timer {
    explicit Timer(boost::asio::io_context& io) : timer(io) {}

    void arm(Vault& vault)
    {
        timer.expires_after(kPeriod);
        timer.async_wait([this, &vault](const boost::system::error_code& error) {
            if (error)
                return;
            vault.tick();
            arm(vault);
        });
    }

    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>
        timer;
};

absl::StatusOr<std::unique_ptr<Vault>> Vault::open(boost::asio::io_context& io,
                                                   const std::filesystem::path& directory,
                                                   keys::KeyStore& keys, const Clock& clock,
                                                   Place place)
{
    auto database = store::Database::open(directory / "secrets.db", kMigrations);
    if (!database.ok())
        return database.status();
    std::unique_ptr<Vault> vault(new Vault(keys, clock, place));
    absl::Status loaded = vault->m_secrets.load(*database);
    if (loaded.ok())
        loaded = vault->m_parameters.load(*database);
    if (!loaded.ok())
        return loaded;
    vault->m_timer = std::make_unique<Timer>(io);
    vault->m_writer = std::make_unique<store::Writer>(io, *std::move(database));
    vault->m_secrets.attach(*vault->m_writer);
    vault->m_parameters.attach(*vault->m_writer);
    return vault;
}

Vault::Vault(keys::KeyStore& keys, const Clock& clock, const Place& place)
    : m_keys(keys), m_secrets(keys, clock, place), m_parameters(keys, clock, place)
{
}

Vault::~Vault() = default;

void Vault::startClock()
{
    tick();
    m_timer->arm(*this);
}

void Vault::tick()
{
    m_secrets.tick();
    m_keys.removeExpired();
}

} // namespace gantry::secrets
