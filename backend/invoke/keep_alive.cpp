#include "backend/invoke/keep_alive.h"

#include "backend/base/text.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gantry::invoke {
namespace {

constexpr double kHeadShare = 0.05;
constexpr double kTailShare = 0.99;
constexpr double kMargin = 0.10;
constexpr double kLeastVariation = 2.0;

} // namespace

bool KeepAliveWindows::isCold(std::int64_t idleMicros) const
{
    return idleMicros < preWarmMicros || idleMicros > keepAliveMicros;
}

std::int64_t KeepAliveWindows::keptMicros(std::int64_t idleMicros) const
{
    return std::max<std::int64_t>(std::min(idleMicros, keepAliveMicros) - preWarmMicros, 0);
}

void IdleHistogram::add(std::int64_t idleMicros)
{
    const std::int64_t bin = std::max<std::int64_t>(idleMicros, 0) / m_minuteMicros;
    if (bin >= kBins) {
        ++m_beyond;
        return;
    }
    ++m_bins[static_cast<std::size_t>(bin)];
    ++m_inRange;
}

int IdleHistogram::percentileBin(double share) const
{
    const auto wanted =
        std::max<std::int64_t>(std::llround(std::ceil(share * static_cast<double>(m_inRange))), 1);
    std::int64_t seen = 0;
    for (int bin = 0; bin < kBins; ++bin) {
        seen += m_bins[static_cast<std::size_t>(bin)];
        if (seen >= wanted)
            return bin;
    }
    return kBins - 1;
}

std::optional<KeepAliveWindows> IdleHistogram::windows() const
{
    if (samples() < kLeastSamples || m_beyond > m_inRange)
        return std::nullopt;
    const double mean = static_cast<double>(m_inRange) / kBins;
    double squares = 0;
    for (const std::uint32_t count : m_bins)
        squares += (count - mean) * (count - mean);
    if (std::sqrt(squares / kBins) <= kLeastVariation * mean)
        return std::nullopt;
    const double head = percentileBin(kHeadShare) * static_cast<double>(m_minuteMicros);
    const double tail = (percentileBin(kTailShare) + 1) * static_cast<double>(m_minuteMicros);
    return KeepAliveWindows{std::llround(head * (1 - kMargin)), std::llround(tail * (1 + kMargin))};
}

std::string IdleHistogram::toText() const
{
    std::string text = absl::StrCat(m_beyond);
    for (std::size_t bin = 0; bin < m_bins.size(); ++bin) {
        if (m_bins[bin] > 0)
            absl::StrAppend(&text, ";", bin, "=", m_bins[bin]);
    }
    return text;
}

std::optional<IdleHistogram> IdleHistogram::fromText(std::string_view text,
                                                    std::int64_t minuteMicros)
{
    IdleHistogram histogram(minuteMicros);
    bool first = true;
    for (const absl::string_view part : absl::StrSplit(view(text), ';')) {
        if (std::exchange(first, false)) {
            if (!absl::SimpleAtoi(part, &histogram.m_beyond) || histogram.m_beyond < 0)
                return std::nullopt;
            continue;
        }
        const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(part, '=');
        std::uint32_t bin = 0;
        std::uint32_t count = 0;
        if (!absl::SimpleAtoi(pair.first, &bin) || bin >= kBins ||
            !absl::SimpleAtoi(pair.second, &count))
            return std::nullopt;
        histogram.m_bins[bin] += count;
        histogram.m_inRange += count;
    }
    return histogram;
}

void KeepAlive::choose(Policy policy, std::int64_t fixedMicros)
{
    m_policy = policy;
    m_fixedMicros = fixedMicros;
}

void KeepAlive::wentIdle(const std::string& function, std::int64_t nowMicros)
{
    of(function).idleSinceMicros = nowMicros;
}

void KeepAlive::called(const std::string& name, std::int64_t nowMicros, int memoryMb)
{
    const auto found = m_functions.find(name);
    if (found == m_functions.end() || found->second.idleSinceMicros == 0)
        return;
    Function& function = found->second;
    const std::int64_t idle = nowMicros - std::exchange(function.idleSinceMicros, 0);
    const KeepAliveWindows learned = function.learned.value_or(fixed());
    const auto gbSeconds = [memoryMb](std::int64_t micros) {
        return memoryMb / 1024.0 * static_cast<double>(micros) / 1e6;
    };
    ++m_account.calls;
    m_account.coldFixed += fixed().isCold(idle);
    m_account.coldLearned += learned.isCold(idle);
    m_account.idleGbSecondsFixed += gbSeconds(fixed().keptMicros(idle));
    m_account.idleGbSecondsLearned += gbSeconds(learned.keptMicros(idle));
    function.histogram.add(idle);
    m_changed.insert(name);
    // Calls come by the thousand a second; what one in twenty adds changes little.
    if (const std::int64_t samples = function.histogram.samples(); samples >= function.nextUpdate) {
        function.learned = function.histogram.windows();
        function.nextUpdate = samples + samples / 20 + 1;
    }
}

void KeepAlive::forget(const std::string& function)
{
    if (m_functions.erase(function) > 0)
        m_changed.insert(function);
}

void KeepAlive::restore(const Histograms& histograms)
{
    for (const auto& [name, text] : histograms) {
        const auto histogram = IdleHistogram::fromText(text, m_minuteMicros);
        if (!histogram)
            continue;
        Function& function = of(name);
        function.histogram = *histogram;
        function.learned = histogram->windows();
        function.nextUpdate =
            std::max<std::int64_t>(histogram->samples() + 1, IdleHistogram::kLeastSamples);
    }
}

KeepAlive::Histograms KeepAlive::takeChanges()
{
    Histograms changes;
    for (const std::string& name : std::exchange(m_changed, {})) {
        const auto found = m_functions.find(name);
        changes.emplace_back(
            name, found == m_functions.end() ? std::string() : found->second.histogram.toText());
    }
    return changes;
}

KeepAliveWindows KeepAlive::windows(const std::string& function) const
{
    if (m_policy == Policy::Learned) {
        if (const auto found = m_functions.find(function); found != m_functions.end())
            return found->second.learned.value_or(fixed());
    }
    return fixed();
}

int KeepAlive::learnedFunctions() const
{
    return static_cast<int>(
        std::count_if(m_functions.begin(), m_functions.end(),
                      [](const auto& entry) { return entry.second.learned.has_value(); }));
}

std::string_view nameOf(KeepAlive::Policy policy)
{
    return policy == KeepAlive::Policy::Fixed ? "fixed" : "learned";
}

std::optional<KeepAlive::Policy> keepAlivePolicy(std::string_view name)
{
    for (const auto policy : {KeepAlive::Policy::Fixed, KeepAlive::Policy::Learned}) {
        if (name == nameOf(policy))
            return policy;
    }
    return std::nullopt;
}

} // namespace gantry::invoke
