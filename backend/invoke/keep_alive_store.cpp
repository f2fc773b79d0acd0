#include "backend/invoke/keep_alive_store.h"

#include "backend/base/log.h"
#include "backend/base/text.h"

#include <array>
#include <chrono>
#include <string>
#include <utility>

namespace gantry::invoke {
namespace {

constexpr std::array<std::string_view, 3> kMigrations = {R"(
CREATE TABLE keep_alive (
    id INTEGER PRIMARY KEY CHECK (id = 1), policy TEXT NOT NULL, fixed_us INTEGER NOT NULL);
)",
R"(
CREATE TABLE arrivals (function TEXT PRIMARY KEY, histogram TEXT NOT NULL) WITHOUT ROWID;
)",
R"(
CREATE TABLE scaling (
    id INTEGER PRIMARY KEY CHECK (id = 1), starts INTEGER NOT NULL, calls INTEGER NOT NULL);
)"};

constexpr std::chrono::minutes kBetweenSaves{1};

} // namespace

absl::StatusOr<std::unique_ptr<KeepAliveStore>>
KeepAliveStore::open(boost::asio::io_context& io, const std::filesystem::path& file)
{
    auto database = store::Database::open(file, kMigrations, {});
    if (!database.ok())
        return database.status();
    std::optional<Choice> choice;
    absl::Status status = database->query(
        "SELECT policy, fixed_us FROM keep_alive", {}, [&choice](const store::Row& row) {
            if (const auto policy = keepAlivePolicy(row.text(0)))
                choice = Choice{*policy, row.integer(1)};
        });
    std::optional<ScalingRates> scaling;
    if (status.ok())
        status = database->query("SELECT starts, calls FROM scaling", {},
                                 [&scaling](const store::Row& row) {
                                     scaling = ScalingRates{static_cast<int>(row.integer(0)),
                                                            static_cast<int>(row.integer(1))};
                                 });
    KeepAlive::Histograms learned;
    if (status.ok())
        status = database->query("SELECT function, histogram FROM arrivals", {},
                                 [&learned](const store::Row& row) {
                                     learned.emplace_back(row.text(0), row.text(1));
                                 });
    if (!status.ok())
        return status;
    return std::unique_ptr<KeepAliveStore>(
        new KeepAliveStore(io, *std::move(database), choice, scaling, std::move(learned)));
}

void KeepAliveStore::follow(KeepAlive& keepAlive)
{
    keepAlive.restore(std::exchange(m_learned, {}));
    m_keepAlive = &keepAlive;
    schedule();
}

void KeepAliveStore::schedule()
{
    m_timer.expires_after(kBetweenSaves);
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        keep();
        schedule();
    });
}

void KeepAliveStore::keep()
{
    auto changes = m_keepAlive ? m_keepAlive->takeChanges() : KeepAlive::Histograms();
    if (changes.empty())
        return;
    m_writer.submit(
        [changes = std::move(changes)](store::Database& database) {
            for (const auto& [function, histogram] : changes) {
                const absl::Status status =
                    histogram.empty()
                        ? database.run("DELETE FROM arrivals WHERE function = ?", {function})
                        : database.run("INSERT OR REPLACE INTO arrivals VALUES (?, ?)",
                                       {function, histogram});
                if (!status.ok())
                    return status;
            }
            return absl::OkStatus();
        },
        [](const absl::Status& status) {
            if (!status.ok())
                log::warning("what was learned of arrivals is not kept: ",
                             std::string(view(status.message())));
        });
}

void KeepAliveStore::save(const Choice& choice, std::function<void(absl::Status)> done)
{
    m_writer.submit(
        [choice](store::Database& database) {
            return database.run("INSERT OR REPLACE INTO keep_alive VALUES (1, ?, ?)",
                                {std::string(nameOf(choice.policy)), choice.fixedMicros});
        },
        [this, choice, done = std::move(done)](absl::Status status) {
            if (status.ok())
                m_choice = choice;
            done(std::move(status));
        });
}

void KeepAliveStore::save(const ScalingRates& rates, std::function<void(absl::Status)> done)
{
    m_writer.submit(
        [rates](store::Database& database) {
            return database.run("INSERT OR REPLACE INTO scaling VALUES (1, ?, ?)",
                                {std::int64_t{rates.startsPerTenSeconds},
                                 std::int64_t{rates.callsPerEnvironment}});
        },
        [this, rates, done = std::move(done)](absl::Status status) {
            if (status.ok())
                m_scaling = rates;
            done(std::move(status));
        });
}

} // namespace gantry::invoke
