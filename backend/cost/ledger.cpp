#include "backend/cost/ledger.h"

#include "backend/base/clock.h"
#include "backend/cost/ledger_text.h"
#include "backend/cost/month.h"

#include <absl/strings/str_cat.h>

namespace gantry::cost {
namespace {

constexpr std::int64_t kMinuteSeconds = 60;

LedgerRow rowOf(const store::Row& row)
{
    LedgerRow result;
    result.day = static_cast<int>(row.integer(0));
    result.subject = {std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)),
                      std::string(row.text(4)), std::string(row.text(5)),
                      static_cast<int>(row.integer(6))};
    result.usage = usageOfText(row.text(7));
    result.cost = pricing::Money::parse(row.text(8)).value_or(pricing::Money());
    return result;
}

absl::Status writeRow(store::Database& database, const LedgerRow& row)
{
    const Subject& s = row.subject;
    const std::string amounts = textOf(row.usage);
    const std::string cost = row.cost.toString();
    return database.run("INSERT OR REPLACE INTO usage VALUES (?,?,?,?,?,?,?,?,?)",
                        {row.day, s.function, s.version, s.alias, s.tenant, s.tags, s.memoryMb,
                         amounts, cost});
}

Subject subjectOf(const invoke::InvocationRecord& record)
{
    Subject subject;
    subject.function = record.functionName;
    subject.version = record.version;
    subject.alias = record.alias;
    subject.tenant = record.tenantId;
    subject.memoryMb = record.memoryMb;
    return subject;
}

} // namespace

absl::StatusOr<LedgerRows> Ledger::readMonth(store::Database& database, int month)
{
    LedgerRows rows;
    const absl::Status status = database.query(
        "SELECT * FROM usage WHERE day >= ? AND day < ?", {firstDayOf(month), firstDayOf(month + 1)},
        [&rows](const store::Row& row) { rows.push_back(rowOf(row)); });
    if (!status.ok())
        return status;
    return rows;
}

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& file,
                                                     const Clock& clock, PriceTimes prices)
{
    auto database = store::Database::open(file, {}, {.durable = false, .readOnly = true});
    if (!database.ok())
        return database.status();
    std::unique_ptr<Ledger> ledger(new Ledger(clock, std::move(prices)));
    const int now = monthOf(clock.unixMicros());
    for (const int month : {now - 1, now}) {
        const auto rows = readMonth(*database, month);
        if (!rows.ok())
            return rows.status();
        for (const LedgerRow& row : *rows) {
            ledger->m_meter.resume(month, row.usage);
            ledger->m_days[row.day][row.subject] = {row.usage, row.cost, false};
        }
    }
    return ledger;
}

pricing::Money Ledger::charge(const invoke::InvocationRecord& record)
{
    const Meter::Charge charge = m_meter.charge(record);
    put(billedAt(record), subjectOf(record), charge.usage, charge.price);
    return charge.price;
}

void Ledger::add(std::int64_t atMicros, Subject subject, const pricing::Usage& usage)
{
    put(atMicros, std::move(subject), usage, m_meter.charge(atMicros, usage));
}

void Ledger::setPrices(PriceTimes prices)
{
    m_meter.setPrices(std::move(prices));
    ++m_changes; // free tiers and forecasts are others now
}

void Ledger::put(std::int64_t atMicros, Subject subject, const pricing::Usage& usage,
                 pricing::Money cost)
{
    if (const auto tags = m_tags.find(subject.function); tags != m_tags.end())
        subject.tags = tags->second;
    Entry& entry = m_days[dayOf(atMicros)][subject];
    entry.usage += usage;
    entry.cost += cost;
    if (!std::exchange(entry.dirty, true))
        m_dirty.emplace_back(dayOf(atMicros), subject);
    ++m_changes;
    const std::int64_t second = m_clock.unixMillis() / 1'000;
    while (!m_seconds.empty() && m_seconds.front().second <= second - kMinuteSeconds)
        m_seconds.pop_front();
    if (m_seconds.empty() || m_seconds.back().second != second)
        m_seconds.push_back({second, {}});
    m_seconds.back().costs[std::move(subject)] += cost;
}

void Ledger::setTags(const std::string& function, const Tags& tags)
{
    if (tags.empty())
        m_tags.erase(function);
    else
        m_tags[function] = tagText(tags);
}

std::function<absl::Status(store::Database&)> Ledger::takeWork()
{
    if (m_dirty.empty())
        return nullptr;
    auto rows = std::make_shared<LedgerRows>();
    for (auto& [day, subject] : std::exchange(m_dirty, {})) {
        Entry& entry = m_days[day][subject];
        entry.dirty = false;
        rows->push_back({day, std::move(subject), entry.usage, entry.cost});
    }
    while (monthOfDay(m_days.begin()->first) < monthOfDay(m_days.rbegin()->first) - 1)
        m_days.erase(m_days.begin());
    return [rows](store::Database& database) {
        for (const LedgerRow& row : *rows) {
            if (const absl::Status status = writeRow(database, row); !status.ok())
                return status;
        }
        return absl::OkStatus();
    };
}

LedgerRows Ledger::month(int month) const
{
    LedgerRows rows;
    for (auto day = m_days.lower_bound(firstDayOf(month));
         day != m_days.end() && day->first < firstDayOf(month + 1); ++day) {
        for (const auto& [subject, entry] : day->second)
            rows.push_back({day->first, subject, entry.usage, entry.cost});
    }
    return rows;
}

std::vector<std::pair<Subject, pricing::Money>> Ledger::lastMinute() const
{
    const std::int64_t second = m_clock.unixMillis() / 1'000;
    std::vector<std::pair<Subject, pricing::Money>> costs;
    for (const Second& one : m_seconds) {
        if (one.second > second - kMinuteSeconds)
            costs.insert(costs.end(), one.costs.begin(), one.costs.end());
    }
    return costs;
}

} // namespace gantry::cost
