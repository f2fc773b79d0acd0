#include "backend/tuning/result_file.h"

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/tuning/measurement.h"
#include "backend/tuning/objective.h"

#include <absl/strings/ascii.h>
#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>
#include <boost/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

namespace gantry::tuning::result_file {
namespace {

namespace bj = boost::json;

constexpr std::string_view kPage = "https://lambda-power-tuning.show/#";
constexpr std::size_t kMostPoints = 1000;

template <class T> std::string packed(const std::vector<T>& values)
{
    static_assert(std::endian::native == std::endian::little);
    return absl::Base64Escape(absl::string_view(reinterpret_cast<const char*>(values.data()),
                                                values.size() * sizeof(T)));
}

template <class T> bool unpack(absl::string_view text, std::vector<T>& values)
{
    std::string bytes;
    // Browsers may have escaped the = of the padding.
    const std::string plain = absl::StrReplaceAll(text, {{"%3D", "="}, {"%2B", "+"}, {"%2F", "/"}});
    if (!absl::Base64Unescape(plain, &bytes) || bytes.size() % sizeof(T) != 0)
        return false;
    values.resize(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return true;
}

absl::Status notAResult(std::string_view why)
{
    return validationError(absl::StrCat(
        "This is neither a result of AWS Lambda Power Tuning nor a link to its visualisation: ",
        view(why)));
}

absl::StatusOr<std::vector<Point>> checked(std::vector<Point> points)
{
    if (points.empty())
        return notAResult("it holds no memory sizes.");
    if (points.size() > kMostPoints)
        return notAResult("it holds too many memory sizes.");
    std::sort(points.begin(), points.end(),
              [](const Point& a, const Point& b) { return a.memoryMb < b.memoryMb; });
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Point& point = points[i];
        if (point.memoryMb < 1 || !(point.durationMs > 0) || !(point.costUsd > 0) ||
            !std::isfinite(point.durationMs) || !std::isfinite(point.costUsd))
            return notAResult("a size, duration or cost is not above zero.");
        if (i > 0 && points[i - 1].memoryMb == point.memoryMb)
            return notAResult("a memory size comes twice.");
    }
    return points;
}

absl::StatusOr<std::vector<Point>> parseLink(absl::string_view text)
{
    const std::size_t hash = text.find('#');
    const std::vector<absl::string_view> parts = absl::StrSplit(text.substr(hash + 1), ';');
    std::vector<std::int16_t> sizes;
    std::vector<float> times, costs;
    if (parts.size() < 3 || !unpack(parts[0], sizes) || !unpack(parts[1], times) ||
        !unpack(parts[2], costs))
        return notAResult("after the # there must be three base64 arrays.");
    if (sizes.size() != times.size() || sizes.size() != costs.size())
        return notAResult("the three arrays differ in length.");
    std::vector<Point> points;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        points.push_back({sizes[i], times[i], costs[i]});
    return checked(std::move(points));
}

absl::StatusOr<std::vector<Point>> parseJson(absl::string_view text)
{
    boost::system::error_code error;
    const bj::value root = bj::parse({text.data(), text.size()}, error);
    if (error || !root.is_object())
        return notAResult("it is not a JSON object.");
    try {
        const bj::object* result = &root.as_object();
        if (const bj::value* output = result->if_contains("output")) // of the whole execution
            if (output->is_object())
                result = &output->as_object();
        const bj::value* stats = result->if_contains("stats");
        if (stats && stats->is_array()) {
            std::vector<Point> points;
            for (const bj::value& one : stats->as_array())
                points.push_back({one.at("value").to_number<int>(),
                                  one.at("averageDuration").to_number<double>(),
                                  one.at("averagePrice").to_number<double>()});
            return checked(std::move(points));
        }
        const bj::string& visualization =
            result->at("stateMachine").at("visualization").as_string();
        return parseLink(absl::string_view(visualization.data(), visualization.size()));
    } catch (const std::exception&) {
        return notAResult("it has neither stats nor stateMachine.visualization.");
    }
}

void put(double value, v1::TuningInterval& interval)
{
    interval.set_mean(value);
    interval.set_low(value);
    interval.set_high(value);
}

} // namespace

std::vector<Point> pointsOf(const v1::TuningRun& run)
{
    std::map<int, std::vector<double>> durations;
    for (const v1::TuningProbe& probe : run.probes())
        for (const v1::TuningCall& call : probe.calls())
            if (!call.cold() && call.duration_ms() > 0)
                durations[probe.memory_mb()].push_back(call.duration_ms());
    std::vector<Point> points;
    for (const v1::TuningEstimate& estimate : run.estimates()) {
        if (estimate.modelled() || estimate.state() != v1::TuningEstimate::ESTIMATED)
            continue;
        const auto found = durations.find(estimate.memory_mb());
        if (found == durations.end() && run.state() != v1::TUNING_IMPORTED)
            continue;
        Point point{estimate.memory_mb(), estimate.duration_ms().mean(),
                    estimate.cost_usd().mean()};
        if (found != durations.end()) {
            const double mean =
                trimmedMean(found->second, run.options().discard_top_bottom());
            point.costUsd *= mean / point.durationMs;
            point.durationMs = mean;
        }
        points.push_back(point);
    }
    return points;
}

std::string link(const std::vector<Point>& points)
{
    std::vector<std::int16_t> sizes;
    std::vector<float> times, costs;
    for (const Point& point : points) {
        sizes.push_back(static_cast<std::int16_t>(point.memoryMb));
        times.push_back(static_cast<float>(point.durationMs));
        costs.push_back(static_cast<float>(point.costUsd));
    }
    return absl::StrCat(view(kPage), packed(sizes), ";", packed(times), ";", packed(costs));
}

std::string json(const v1::TuningRun& run)
{
    const std::vector<Point> points = pointsOf(run);
    bj::array stats;
    for (const Point& point : points) {
        double total = 0;
        for (const v1::TuningProbe& probe : run.probes())
            if (probe.memory_mb() == point.memoryMb)
                total += point.costUsd * probe.calls_size();
        stats.push_back({{"averagePrice", point.costUsd},
                         {"averageDuration", point.durationMs},
                         {"totalCost", total},
                         {"value", point.memoryMb}});
    }
    bj::object result;
    if (run.pick().index() >= 0 && run.pick().index() < run.estimates_size()) {
        const v1::TuningEstimate& pick = run.estimates(run.pick().index());
        result["power"] = pick.memory_mb();
        result["cost"] = pick.cost_usd().mean();
        result["duration"] = pick.duration_ms().mean();
    }
    result["stateMachine"] = bj::object{{"executionCost", 0.0}, // there is none here
                                        {"lambdaCost", run.spent_usd()},
                                        {"visualization", link(points)}};
    result["stats"] = std::move(stats);
    return bj::serialize(result);
}

absl::StatusOr<std::vector<Point>> parse(std::string_view content)
{
    const absl::string_view text =
        absl::StripAsciiWhitespace(absl::string_view(content.data(), content.size()));
    if (text.empty())
        return notAResult("it is empty.");
    return text.front() == '{' ? parseJson(text) : parseLink(text);
}

v1::TuningRun imported(const std::vector<Point>& points)
{
    v1::TuningRun run;
    run.set_state(v1::TUNING_IMPORTED);
    std::vector<Figures> figures;
    for (const Point& point : points) {
        v1::TuningEstimate& estimate = *run.add_estimates();
        estimate.set_memory_mb(point.memoryMb);
        estimate.set_architecture("x86_64"); // the formats do not say
        estimate.set_measured_mean_ms(point.durationMs);
        put(point.durationMs, *estimate.mutable_duration_ms());
        put(point.costUsd, *estimate.mutable_cost_usd());
        figures.push_back({point.costUsd, point.durationMs, point.durationMs, true});
    }
    for (const std::size_t index : paretoFront(figures))
        run.mutable_estimates(static_cast<int>(index))->set_pareto(true);
    const auto pick = [&](Strategy strategy, double weight, v1::TuningPick& message) {
        const Objective objective{strategy, weight};
        message.set_index(static_cast<int>(pickOf(figures, scores(figures, objective), objective)));
    };
    pick(Strategy::Cost, 0, *run.mutable_pick());
    pick(Strategy::Cost, 0, *run.mutable_cheapest());
    pick(Strategy::Speed, 0, *run.mutable_fastest());
    for (int i = 0; i <= 20; ++i)
        pick(Strategy::Balanced, i / 20.0, *run.add_balanced());
    return run;
}

} // namespace gantry::tuning::result_file
