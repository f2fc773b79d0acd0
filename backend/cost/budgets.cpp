#include "backend/cost/budgets.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/cost/month.h"
#include "backend/cost/report.h"

#include <absl/strings/str_cat.h>

#include <array>
#include <chrono>
#include <utility>

namespace gantry::cost {
namespace {

using pricing::Money;

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE budgets (name TEXT PRIMARY KEY, budget BLOB NOT NULL) WITHOUT ROWID;"};
constexpr auto kLookEvery = std::chrono::seconds(1);
// Forecasts move with the time even when nothing is charged.
constexpr std::int64_t kForecastMs = 60'000;
constexpr std::size_t kMaxName = 100;

Money moneyOf(const std::string& decimal)
{
    return Money::parse(decimal).value_or(Money());
}

bool covers(const v1::Budget& budget, const Subject& subject)
{
    switch (budget.scope()) {
    case v1::Budget::FUNCTION:
        return subject.function == budget.value();
    case v1::Budget::TENANT:
        return subject.tenant == budget.value();
    case v1::Budget::TAG: {
        for (const auto& [key, value] : tagsOf(subject.tags)) {
            if (absl::StrCat(key, "=", value) == budget.value())
                return true;
        }
        return false;
    }
    default:
        return true;
    }
}

absl::Status check(const v1::Budget& budget)
{
    if (budget.name().empty() || budget.name().size() > kMaxName)
        return validationError("A budget needs a name of 1 to 100 characters.");
    const auto limit = Money::parse(budget.limit_usd());
    if (!limit || *limit <= Money())
        return validationError("The limit must be a decimal number of dollars above zero, as in 12.50.");
    if (budget.alarm_percent() < 0 || budget.alarm_percent() > 1'000)
        return validationError("The alarm must be at 1 to 1,000 percent of the limit.");
    if (budget.scope() < v1::Budget::ACCOUNT || budget.scope() > v1::Budget::TENANT)
        return validationError("A budget is for the account, a function, a tag or a tenant.");
    if (budget.scope() != v1::Budget::ACCOUNT && budget.value().empty())
        return validationError("Say which function, tag or tenant the budget is for.");
    if (budget.scope() == v1::Budget::TAG && budget.value().find('=') == std::string::npos)
        return validationError("Write a tag as key=value.");
    return absl::OkStatus();
}

// At alarm_percent of the limit; compared without dividing.
bool reaches(Money amount, const v1::Budget& budget)
{
    return amount * 100 >= moneyOf(budget.limit_usd()) * budget.alarm_percent();
}

} // namespace

absl::StatusOr<std::unique_ptr<Budgets>> Budgets::open(boost::asio::io_context& io,
                                                       const std::filesystem::path& file,
                                                       const Ledger& ledger)
{
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::map<std::string, v1::Budget> budgets;
    const absl::Status status =
        database->query("SELECT budget FROM budgets", {}, [&budgets](const store::Row& row) {
            v1::Budget budget;
            if (budget.ParseFromString(std::string(row.blob(0))))
                budgets[budget.name()] = std::move(budget);
        });
    if (!status.ok())
        return status;
    return std::unique_ptr<Budgets>(
        new Budgets(io, *std::move(database), ledger, std::move(budgets)));
}

Budgets::Budgets(boost::asio::io_context& io, store::Database database, const Ledger& ledger,
                 std::map<std::string, v1::Budget> budgets)
    : m_ledger(ledger), m_budgets(std::move(budgets)), m_timer(io), m_writer(io, std::move(database))
{
    evaluate();
    scheduleLook();
}

void Budgets::scheduleLook()
{
    m_timer.expires_after(kLookEvery);
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        const std::int64_t now = m_ledger.clock().unixMillis();
        if (!m_budgets.empty() && (m_ledger.changes() != m_seen || now - m_lookedMs >= kForecastMs))
            evaluate();
        scheduleLook();
    });
}

void Budgets::evaluate()
{
    m_seen = m_ledger.changes();
    m_lookedMs = m_ledger.clock().unixMillis();
    bool changed = false;
    for (auto& [name, budget] : m_budgets) {
        const v1::Budget before = budget;
        if (!update(budget))
            continue;
        changed = true;
        if (budget.state() == before.state())
            continue;
        log::info("budget ", name, " is ", budget.state() == v1::Budget::ALARM ? "in alarm" : "well");
        save(budget, [name = name](const absl::Status& status) {
            if (!status.ok())
                log::warning("the state of budget ", name, " is not kept: ", status.message());
        });
    }
    if (changed && m_listener)
        m_listener();
}

// True when a number of the budget changed.
bool Budgets::update(v1::Budget& budget) const
{
    const std::int64_t nowMicros = m_ledger.clock().unixMicros();
    const int month = monthOf(nowMicros);
    Money actual;
    std::map<int, Money> days;
    for (const int one : {month - 1, month}) {
        for (const LedgerRow& row : m_ledger.month(one)) {
            if (!covers(budget, row.subject))
                continue;
            days[row.day] += row.cost;
            if (one == month)
                actual += row.cost;
        }
    }
    const Money expected = forecastOf(days, {nowMicros, month}).expected;
    const bool alarm = reaches(actual, budget) || (budget.on_forecast() && reaches(expected, budget));
    const v1::Budget::State state = alarm ? v1::Budget::ALARM : v1::Budget::OK;
    const std::string actualText = actual.toString();
    const std::string expectedText = expected.toString();
    if (budget.since_ms() != 0 && budget.state() == state && budget.actual_usd() == actualText &&
        budget.forecast_usd() == expectedText)
        return false;
    if (budget.since_ms() == 0 || budget.state() != state)
        budget.set_since_ms(nowMicros / 1'000);
    budget.set_state(state);
    budget.set_actual_usd(actualText);
    budget.set_forecast_usd(expectedText);
    return true;
}

void Budgets::save(const v1::Budget& budget, Done done)
{
    m_writer.submit(
        [name = budget.name(), bytes = budget.SerializeAsString()](store::Database& database) {
            return database.run("INSERT OR REPLACE INTO budgets VALUES (?,?)",
                                {name, store::Value::blob(bytes)});
        },
        std::move(done));
}

void Budgets::put(const v1::Budget& wanted, Put done)
{
    v1::Budget budget = wanted;
    if (budget.alarm_percent() == 0)
        budget.set_alarm_percent(100);
    if (const absl::Status status = check(budget); !status.ok())
        return done(status);
    if (budget.scope() == v1::Budget::ACCOUNT)
        budget.clear_value();
    budget.set_since_ms(0);
    update(budget);
    save(budget, [this, budget, done = std::move(done)](const absl::Status& status) {
        if (!status.ok())
            return done(status);
        m_budgets[budget.name()] = budget;
        if (m_listener)
            m_listener();
        done(budget);
    });
}

void Budgets::remove(const std::string& name, Done done)
{
    if (!m_budgets.contains(name))
        return done(notFound(absl::StrCat("There is no budget named ", name, ".")));
    m_writer.submit(
        [name](store::Database& database) {
            return database.run("DELETE FROM budgets WHERE name = ?", {name});
        },
        [this, name, done = std::move(done)](const absl::Status& status) {
            if (status.ok()) {
                m_budgets.erase(name);
                if (m_listener)
                    m_listener();
            }
            done(status);
        });
}

} // namespace gantry::cost
