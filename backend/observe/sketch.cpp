#include "backend/observe/sketch.h"

#include "backend/observe/sketch_bins.h"

#include <algorithm>
#include <cmath>

namespace gantry::observe {
namespace {

constexpr double kGamma = (1 + Sketch::kAccuracy) / (1 - Sketch::kAccuracy);
const double kLogGamma = std::log(kGamma);

// Values are milliseconds: from a nanosecond to some weeks is more than anything lasts.
constexpr double kSmallest = 1e-6;
constexpr double kLargest = 1e10;
constexpr int kMaxBins = 2048; // what the range above can need

int indexOf(double value)
{
    return static_cast<int>(
        std::ceil(std::log(std::clamp(value, kSmallest, kLargest)) / kLogGamma));
}

double valueOf(int index)
{
    return 2 * std::exp(index * kLogGamma) / (kGamma + 1);
}

void putVarint(std::string& out, std::uint64_t value)
{
    while (value >= 0x80) {
        out.push_back(static_cast<char>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> takeVarint(std::string_view& bytes)
{
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fu} << shift;
        if (!(byte & 0x80))
            return value;
    }
    return std::nullopt;
}

constexpr int kIndexBias = 4096; // makes every index positive on the wire

} // namespace

std::uint32_t& Sketch::bin(int index)
{
    if (m_bins.empty()) {
        m_first = index;
        m_bins.push_back(0);
    } else if (index < m_first) {
        m_bins.insert(m_bins.begin(), static_cast<std::size_t>(m_first - index), 0);
        m_first = index;
    } else if (index >= m_first + static_cast<int>(m_bins.size())) {
        m_bins.resize(static_cast<std::size_t>(index - m_first) + 1);
    }
    return m_bins[static_cast<std::size_t>(index - m_first)];
}

void Sketch::add(double value, std::uint32_t times)
{
    bin(indexOf(value)) += times;
    m_count += times;
}

void Sketch::merge(const Sketch& other)
{
    if (other.m_bins.empty())
        return;
    bin(other.m_first);
    bin(other.m_first + static_cast<int>(other.m_bins.size()) - 1);
    const auto shift = static_cast<std::size_t>(other.m_first - m_first);
    for (std::size_t i = 0; i < other.m_bins.size(); ++i)
        m_bins[shift + i] += other.m_bins[i];
    m_count += other.m_count;
}

void Sketch::clear()
{
    m_bins.clear();
    m_count = 0;
}

double Sketch::quantile(double q) const
{
    if (m_count == 0)
        return 0;
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(m_count - 1));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < m_bins.size(); ++i) {
        seen += m_bins[i];
        if (seen > rank)
            return valueOf(m_first + static_cast<int>(i));
    }
    return valueOf(m_first + static_cast<int>(m_bins.size()) - 1);
}

std::uint64_t Sketch::countAtMost(double value) const
{
    if (!(value >= kSmallest))
        return 0;
    const int last = indexOf(value) - m_first; // as an index of m_bins
    std::uint64_t counted = 0;
    for (int i = 0; i <= last && i < static_cast<int>(m_bins.size()); ++i)
        counted += m_bins[static_cast<std::size_t>(i)];
    return counted;
}

std::string Sketch::serialise() const
{
    std::string bytes;
    putVarint(bytes, static_cast<std::uint64_t>(m_first + kIndexBias));
    putVarint(bytes, m_bins.size());
    for (const std::uint32_t count : m_bins)
        putVarint(bytes, count);
    return bytes;
}

std::optional<Sketch> Sketch::parse(std::string_view bytes)
{
    const auto first = takeVarint(bytes);
    const auto size = takeVarint(bytes);
    if (!first || *first > 2 * kIndexBias || !size || *size > kMaxBins)
        return std::nullopt;
    Sketch sketch;
    sketch.m_first = static_cast<int>(*first) - kIndexBias;
    sketch.m_bins.reserve(*size);
    for (std::uint64_t i = 0; i < *size; ++i) {
        const auto count = takeVarint(bytes);
        if (!count || *count > UINT32_MAX)
            return std::nullopt;
        sketch.m_bins.push_back(static_cast<std::uint32_t>(*count));
        sketch.m_count += *count;
    }
    return sketch;
}

void forEachBin(std::string_view serialised,
                const std::function<void(int, std::uint32_t)>& each)
{
    if (!Sketch::parse(serialised))
        return;
    int index = static_cast<int>(*takeVarint(serialised)) - kIndexBias;
    for (std::uint64_t left = *takeVarint(serialised); left > 0; --left, ++index) {
        if (const auto count = static_cast<std::uint32_t>(*takeVarint(serialised)); count > 0)
            each(index, count);
    }
}

double binGrowth()
{
    return kGamma;
}

} // namespace gantry::observe
