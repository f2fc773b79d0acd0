#include "backend/observe/metrics.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gantry::observe {
namespace {

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kForgetMs = 3'600'000;

std::int64_t floorTo(std::int64_t ms, std::int64_t width)
{
    return ms - ms % width;
}

double millis(std::int64_t micros)
{
    return static_cast<double>(micros) / 1000.0;
}

} // namespace

void Bucket::add(const invoke::InvocationRecord& record)
{
    ++invocations;
    errors += record.errorType.empty() ? 0 : 1;
    coldStarts += record.coldStart ? 1 : 0;
    const double ms = millis(record.durationMicros);
    durationSumMs += ms;
    durationMaxMs = std::max(durationMaxMs, ms);
    durations.add(ms);
    if (record.initMicros > 0) {
        const double init = millis(record.initMicros);
        initSumMs += init;
        initMaxMs = std::max(initMaxMs, init);
        inits.add(init);
    }
    if (record.restoreMicros > 0) {
        const double restore = millis(record.restoreMicros);
        restoreSumMs += restore;
        restoreMaxMs = std::max(restoreMaxMs, restore);
        restores.add(restore);
    }
    billedMs += record.billedMs;
    billedMaxMs = std::max(billedMaxMs, record.billedMs);
    costUsd += record.costUsd;
    memoryMaxBytes = std::max(memoryMaxBytes, record.memoryUsedBytes);
    provisionedInvocations += record.provisioned ? 1 : 0;
    spillovers += record.spillover ? 1 : 0;
}

void Bucket::addAsyncAge(double ms)
{
    asyncAgeSumMs += ms;
    asyncAgeMaxMs = std::max(asyncAgeMaxMs, ms);
    asyncAges.add(ms);
}

void Bucket::noteProvisioned(int running, int allocated)
{
    provisionedRunning = std::max(provisionedRunning, running);
    provisionedAllocated = std::max(provisionedAllocated, allocated);
    if (allocated > 0)
        provisionedUtilization = std::max(provisionedUtilization,
                                          static_cast<double>(running) / allocated);
}

void Bucket::merge(const Bucket& later)
{
    invocations += later.invocations;
    errors += later.errors;
    throttles += later.throttles;
    coldStarts += later.coldStarts;
    concurrency = std::max(concurrency, later.concurrency);
    environments = later.environments;
    durationSumMs += later.durationSumMs;
    durationMaxMs = std::max(durationMaxMs, later.durationMaxMs);
    initSumMs += later.initSumMs;
    initMaxMs = std::max(initMaxMs, later.initMaxMs);
    inits.merge(later.inits);
    restoreSumMs += later.restoreSumMs;
    restoreMaxMs = std::max(restoreMaxMs, later.restoreMaxMs);
    restores.merge(later.restores);
    billedMs += later.billedMs;
    billedMaxMs = std::max(billedMaxMs, later.billedMaxMs);
    costUsd += later.costUsd;
    memoryMaxBytes = std::max(memoryMaxBytes, later.memoryMaxBytes);
    durations.merge(later.durations);
    asyncReceived += later.asyncReceived;
    asyncDropped += later.asyncDropped;
    deadLetterErrors += later.deadLetterErrors;
    destinationFailures += later.destinationFailures;
    asyncAgeSumMs += later.asyncAgeSumMs;
    asyncAgeMaxMs = std::max(asyncAgeMaxMs, later.asyncAgeMaxMs);
    asyncAges.merge(later.asyncAges);
    provisionedInvocations += later.provisionedInvocations;
    spillovers += later.spillovers;
    provisionedRunning = std::max(provisionedRunning, later.provisionedRunning);
    provisionedAllocated = std::max(provisionedAllocated, later.provisionedAllocated);
    provisionedUtilization = std::max(provisionedUtilization, later.provisionedUtilization);
    unreservedConcurrency = std::max(unreservedConcurrency, later.unreservedConcurrency);
    claimedConcurrency = std::max(claimedConcurrency, later.claimedConcurrency);
    recursionsDropped += later.recursionsDropped;
    signatureErrors += later.signatureErrors;
}

std::vector<std::string> resourcesOf(const std::string& function, const std::string& alias,
                                     const std::string& version)
{
    if (!alias.empty())
        return {function + ":" + alias, function + ":" + alias + "," + version};
    if (version.empty() || version == "$LATEST")
        return {};
    return {function + ":" + version};
}

LiveMetrics::LiveMetrics(std::int64_t nowMs)
    : m_secondMs(floorTo(nowMs, kSecondMs)), m_previousSecondMs(m_secondMs - kSecondMs)
{
}

LiveMetrics::Series& LiveMetrics::touch(std::int64_t nowMs, const std::string& function)
{
    Series& series = touchIn(m_functions, nowMs, function);
    m_account.changed = m_sequence;
    return series;
}

LiveMetrics::Series& LiveMetrics::touchResource(std::int64_t nowMs, const std::string& resource)
{
    return touchIn(m_resources, nowMs, resource);
}

LiveMetrics::Series& LiveMetrics::touchIn(SeriesMap& map, std::int64_t nowMs,
                                          const std::string& name)
{
    advance(nowMs);
    Series& series = map[name];
    if (series.function.empty()) {
        series.function = name;
        series.firstSeenMs = nowMs;
    }
    series.lastSeenMs = nowMs;
    series.changed = ++m_sequence;
    return series;
}

void LiveMetrics::concurrencyChanged(std::int64_t nowMs, const std::string& function, int running)
{
    Series& series = touch(nowMs, function);
    m_account.running += running - series.running;
    series.running = running;
    series.second.concurrency = std::max(series.second.concurrency, running);
    m_account.second.concurrency = std::max(m_account.second.concurrency, m_account.running);
    noteAccount();
}

void LiveMetrics::noteAccount()
{
    if (!m_askAccount)
        return;
    const AccountConcurrency now = m_askAccount();
    Bucket& second = m_account.second;
    second.unreservedConcurrency = std::max(second.unreservedConcurrency, now.unreserved);
    second.claimedConcurrency = std::max(second.claimedConcurrency, now.claimed);
}

void LiveMetrics::environmentsChanged(std::int64_t nowMs, const std::string& function, int live)
{
    Series& series = touch(nowMs, function);
    m_account.environments += live - series.environments;
    series.environments = live;
    series.second.environments = live;
    m_account.second.environments = m_account.environments;
}

void LiveMetrics::provisionedChanged(std::int64_t nowMs, const std::string& function,
                                     const std::string& qualifier, int running, int allocated)
{
    Series& resource = touchResource(nowMs, function + ":" + qualifier);
    Series& whole = touch(nowMs, function);
    for (Series* series : {&resource, &whole, &m_account}) {
        series->provisionedRunning += running;
        series->provisionedAllocated += allocated;
        series->second.noteProvisioned(series->provisionedRunning, series->provisionedAllocated);
    }
}

void LiveMetrics::throttled(std::int64_t nowMs, const std::string& function,
                            const std::vector<std::string>& resources)
{
    ++touch(nowMs, function).second.throttles;
    ++m_account.second.throttles;
    for (const std::string& resource : resources)
        ++touchResource(nowMs, resource).second.throttles;
}

void LiveMetrics::count(std::int64_t nowMs, const std::string& function,
                        const std::function<void(Bucket&)>& change)
{
    change(touch(nowMs, function).second);
    change(m_account.second);
}

void LiveMetrics::finished(std::int64_t nowMs, const invoke::InvocationRecord& record)
{
    touch(nowMs, record.functionName).second.add(record);
    m_account.second.add(record);
    for (const std::string& resource :
         resourcesOf(record.functionName, record.alias, record.version))
        touchResource(nowMs, resource).second.add(record);
    m_cost[static_cast<std::size_t>(m_secondMs / kSecondMs) % m_cost.size()] += record.costUsd;
}

void LiveMetrics::advance(std::int64_t nowMs)
{
    const std::int64_t second = floorTo(nowMs, kSecondMs);
    if (second <= m_secondMs)
        return; // also when the wall clock was set back: the second goes on until it catches up
    m_previousSequence = m_sequence;
    endSecond(m_account);
    noteAccount();
    for (SeriesMap* map : {&m_functions, &m_resources}) {
        for (auto& [name, series] : *map)
            endSecond(series);
    }
    const std::int64_t passed = std::min<std::int64_t>((second - m_secondMs) / kSecondMs, 60);
    for (std::int64_t i = 1; i <= passed; ++i)
        m_cost[static_cast<std::size_t>(second / kSecondMs - passed + i) % m_cost.size()] = {};
    m_previousSecondMs = m_secondMs;
    m_secondMs = second;
    if (m_previousSecondMs / 60'000 != second / 60'000)
        forgetUnseen(nowMs);
}

void LiveMetrics::endSecond(Series& series)
{
    if (series.changed > series.taken)
        appendRows(series, m_rows);
    for (std::size_t i = 1; i < kWidths.size(); ++i) {
        Wide& wide = series.wide[i];
        const std::int64_t start = floorTo(m_secondMs, kWidths[i].ms);
        if (wide.startMs != start)
            wide = Wide{start, {}};
        wide.bucket.merge(series.second);
    }
    series.total.merge(series.second);
    series.previous = std::exchange(series.second, Bucket());
    series.previousChanged = series.changed;
    series.second.concurrency = series.running;
    series.second.environments = series.environments;
    series.second.noteProvisioned(series.provisionedRunning, series.provisionedAllocated);
    // What runs on is news in the next second too.
    if (series.running > 0 || series.provisionedRunning > 0)
        series.changed = ++m_sequence;
}

// The second's row and those of its minute and hour with this second in them.
void LiveMetrics::appendRows(Series& series, std::vector<MetricsRow>& rows)
{
    rows.push_back({series.function, m_secondMs, kWidths[0].ms, series.second});
    for (std::size_t i = 1; i < kWidths.size(); ++i) {
        const std::int64_t start = floorTo(m_secondMs, kWidths[i].ms);
        MetricsRow row{series.function, start, kWidths[i].ms, {}};
        if (series.wide[i].startMs == start)
            row.bucket = series.wide[i].bucket;
        row.bucket.merge(series.second);
        rows.push_back(std::move(row));
    }
    series.taken = series.changed;
}

std::vector<MetricsRow> LiveMetrics::takeRows()
{
    std::vector<MetricsRow> rows = std::exchange(m_rows, {});
    if (m_account.changed > m_account.taken)
        appendRows(m_account, rows);
    for (SeriesMap* map : {&m_functions, &m_resources}) {
        for (auto& [name, series] : *map) {
            if (series.changed > series.taken)
                appendRows(series, rows);
        }
    }
    return rows;
}

void LiveMetrics::resume(MetricsRow row)
{
    Series* series = &m_account;
    if (!row.function.empty()) {
        const bool resource = row.function.find(':') != std::string::npos;
        series = &(resource ? m_resources : m_functions)[row.function];
        series->function = row.function;
        series->firstSeenMs = m_secondMs;
        series->lastSeenMs = m_secondMs;
    }
    for (std::size_t i = 1; i < kWidths.size(); ++i) {
        if (kWidths[i].ms == row.widthMs)
            series->wide[i] = Wide{row.startMs, std::move(row.bucket)};
    }
}

void LiveMetrics::forgetUnseen(std::int64_t nowMs)
{
    for (SeriesMap* map : {&m_functions, &m_resources}) {
        absl::erase_if(*map, [nowMs](const auto& entry) {
            const Series& series = entry.second;
            return series.running == 0 && series.environments == 0 &&
                   series.provisionedAllocated == 0 && series.lastSeenMs < nowMs - kForgetMs;
        });
    }
}

MetricsFrame LiveMetrics::frame(std::uint64_t since, std::string_view onlyFunction) const
{
    MetricsFrame frame;
    frame.timeMs = m_secondMs;
    frame.account = {"", m_secondMs, kWidths[0].ms, m_account.second};
    frame.costPerHourUsd = costPerHour();
    for (const auto& [name, series] : m_functions) {
        if (series.changed > since && (onlyFunction.empty() || onlyFunction == name))
            frame.functions.push_back({name, m_secondMs, kWidths[0].ms, series.second});
    }
    return frame;
}

MetricsFrame LiveMetrics::previousFrame(std::uint64_t since, std::string_view onlyFunction) const
{
    MetricsFrame frame;
    frame.timeMs = m_secondMs;
    frame.account = {"", m_previousSecondMs, kWidths[0].ms, m_account.previous};
    frame.costPerHourUsd = costPerHour();
    for (const auto& [name, series] : m_functions) {
        if (series.previousChanged > since && (onlyFunction.empty() || onlyFunction == name))
            frame.functions.push_back({name, m_previousSecondMs, kWidths[0].ms, series.previous});
    }
    return frame;
}

void LiveMetrics::forEachTotal(const std::function<void(const Totals&)>& each) const
{
    for (const auto& [name, series] : m_functions) {
        Totals totals{name, series.firstSeenMs, series.total};
        totals.bucket.merge(series.second);
        totals.bucket.concurrency = series.running;
        totals.bucket.environments = series.environments;
        totals.bucket.provisionedRunning = series.provisionedRunning;
        totals.bucket.provisionedAllocated = series.provisionedAllocated;
        each(totals);
    }
}

pricing::Money LiveMetrics::costPerHour() const
{
    return std::accumulate(m_cost.begin(), m_cost.end(), pricing::Money()) * 60;
}

} // namespace gantry::observe
