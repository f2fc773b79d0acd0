#include "backend/cost/price_table.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

namespace gantry::cost {
namespace {

namespace json = boost::json;

std::string text(const json::value& value)
{
    const json::string& string = value.as_string();
    return std::string(string.data(), string.size());
}

std::vector<Tier> readTiers(const json::value& list)
{
    std::vector<Tier> tiers;
    for (const json::value& item : list.as_array())
        tiers.push_back({item.at("up_to_gb_seconds").to_number<double>(),
                         item.at("per_gb_second").to_number<double>()});
    if (tiers.empty() || tiers.back().upToGbSeconds != 0)
        throw std::invalid_argument("the last tier must have no end");
    return tiers;
}

std::int64_t endOfMonth(std::int64_t unixMicros)
{
    using namespace std::chrono;
    const auto day = floor<days>(sys_time<microseconds>(microseconds(unixMicros)));
    const year_month_day date(day);
    const sys_days next = (date.year() / date.month() + months(1)) / std::chrono::day(1);
    return duration_cast<microseconds>(next.time_since_epoch()).count();
}

} // namespace

absl::StatusOr<PriceTable> PriceTable::load(const std::filesystem::path& file)
{
    std::ifstream in(file);
    if (!in)
        return serviceError(absl::StrCat("The price table ", file.string(), " cannot be read."));
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    try {
        const json::value root = json::parse(content);
        PriceTable table;
        table.m_region = text(root.at("region"));
        table.m_asOf = text(root.at("as_of"));
        table.m_x86 = readTiers(root.at("tiers").at("x86_64"));
        table.m_arm64 = readTiers(root.at("tiers").at("arm64"));
        table.m_perRequest = root.at("per_request").to_number<double>();
        table.m_tmpIncludedMb = root.at("tmp").at("included_mb").to_number<double>();
        table.m_tmpPerGbSecond = root.at("tmp").at("per_gb_second").to_number<double>();
        return table;
    } catch (const std::exception& error) {
        return serviceError(
            absl::StrCat("The price table ", file.string(), " is broken: ", error.what()));
    }
}

double PriceTable::gbSeconds(const invoke::InvocationRecord& record)
{
    return record.memoryMb / 1024.0 * (static_cast<double>(record.billedMs) / 1000.0);
}

double PriceTable::priceOf(const invoke::InvocationRecord& record, double gbSecondsThisMonth) const
{
    const std::vector<Tier>& tiers = this->tiers(record.architecture);
    const auto tier = std::find_if(tiers.begin(), tiers.end() - 1, [&](const Tier& candidate) {
        return gbSecondsThisMonth < candidate.upToGbSeconds;
    });
    const double tmpGb = std::max(record.tmpMb - m_tmpIncludedMb, 0.0) / 1024.0;
    const double seconds = static_cast<double>(record.billedMs) / 1000.0;
    return m_perRequest + gbSeconds(record) * tier->perGbSecond +
           tmpGb * seconds * m_tmpPerGbSecond;
}

double Meter::charge(const invoke::InvocationRecord& record)
{
    if (record.acceptedAtMicros >= m_monthEndMicros) {
        m_x86GbSeconds = m_arm64GbSeconds = 0;
        m_monthEndMicros = endOfMonth(record.acceptedAtMicros);
    }
    double& sofar = record.architecture == "arm64" ? m_arm64GbSeconds : m_x86GbSeconds;
    const double price = m_table.priceOf(record, sofar);
    sofar += PriceTable::gbSeconds(record);
    return price;
}

} // namespace gantry::cost
