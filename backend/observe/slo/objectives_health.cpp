#include "backend/observe/slo/objectives.h"

#include "backend/base/error.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

// How objectives stand: reports, burn rates, and the course of the budget.
namespace gantry::observe::slo {

// Objectives are looked at one after the other: each reads its metrics first.
struct ReportRun {
    aws::applicationsignals::BatchGetServiceLevelObjectiveBudgetReportInput request;
    Objectives::Done<aws::applicationsignals::BatchGetServiceLevelObjectiveBudgetReportOutput> done;
    aws::applicationsignals::BatchGetServiceLevelObjectiveBudgetReportOutput output;
    int at = 0;
};
struct HealthRun {
    std::vector<Objectives::Objective> slos;
    Objectives::Done<v1::GetObjectiveHealthResponse> done;
    v1::GetObjectiveHealthResponse response;
    std::size_t at = 0;
};

namespace {

namespace pb = aws::applicationsignals;
namespace cw = cloudwatch;

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kLongestWindowMs = 10'080 * kMinuteMs;
constexpr int kUsualWindows[] = {5, 60, 360, 1'440, 4'320}; // minutes: the windows of the SRE workbook
constexpr int kHistoryPoints = 60;

int whole(double value)
{
    constexpr double kMost = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(std::floor(value + 1e-9), -kMost, kMost));
}

pb::ServiceLevelObjectiveBudgetReport reportOf(const pb::ServiceLevelObjective& slo, const Budget& budget)
{
    pb::ServiceLevelObjectiveBudgetReport report;
    report.set_arn(slo.arn());
    report.set_name(slo.name());
    report.set_evaluation_type(slo.evaluation_type());
    report.set_budget_status(nameOf(budget.status));
    *report.mutable_goal() = slo.goal();
    if (budget.attainment)
        report.set_attainment(*budget.attainment);
    if (slo.has_request_based_sli()) {
        *report.mutable_request_based_sli() = slo.request_based_sli();
        report.set_total_budget_requests(whole(budget.total));
        report.set_budget_requests_remaining(whole(budget.remaining));
    } else {
        *report.mutable_sli() = slo.sli();
        report.set_total_budget_seconds(whole(budget.total));
        report.set_budget_seconds_remaining(whole(budget.remaining));
    }
    return report;
}

std::optional<double> rateAt(const pb::Goal& goal, const Meter& meter, int minutes, std::int64_t atMs)
{
    const std::int64_t window = minutes * kMinuteMs;
    return burnRate(goal, tallyOf(meter.bins(), atMs - window, atMs), window, meter.periodMs());
}

void addBurnRates(const pb::ServiceLevelObjective& slo, const Meter& meter, std::int64_t nowMs,
                  v1::ObjectiveHealth& health)
{
    std::map<int, bool> windows; // minutes, whether it is the objective's own
    for (const int minutes : kUsualWindows)
        windows[minutes] = false;
    for (const pb::BurnRateConfiguration& each : slo.burn_rate_configurations())
        windows[each.look_back_window_minutes()] = true;
    for (const auto& [minutes, configured] : windows) {
        v1::ObjectiveBurnRate& rate = *health.add_burn_rates();
        rate.set_window_minutes(minutes);
        rate.set_configured(configured);
        if (const auto value = rateAt(slo.goal(), meter, minutes, nowMs))
            rate.set_rate(*value);
    }
}

// What was left at a time of the budget that the interval has now.
void addHistory(const Meter& meter, const Interval& interval,
                const Budget& budget, v1::ObjectiveHealth& health)
{
    if (budget.total <= 0)
        return;
    const double unit = meter.periodMs() > 0 ? static_cast<double>(meter.periodMs()) / 1'000 : 1;
    for (int i = 1; i <= kHistoryPoints; ++i) {
        const std::int64_t at =
            interval.fromMs + (interval.toMs - interval.fromMs) * i / kHistoryPoints;
        const Tally tally = tallyOf(meter.bins(), interval.fromMs, at);
        v1::BudgetPoint& point = *health.add_history();
        point.set_time_ms(at);
        point.set_remaining_percent((budget.total - tally.bad * unit) / budget.total * 100);
    }
}

v1::ObjectiveHealth healthOf(const pb::ServiceLevelObjective& slo, const Meter& meter, std::int64_t nowMs)
{
    v1::ObjectiveHealth health;
    *health.mutable_slo() = slo;
    health.set_function_name(functionOf(slo));
    const Interval interval = intervalAt(slo.goal(), nowMs);
    const Tally tally = tallyOf(meter.bins(), interval.fromMs, interval.toMs);
    const Budget budget = budgetOf(slo.goal(), tally, interval, meter.periodMs());
    *health.mutable_report() = reportOf(slo, budget);
    health.set_from_ms(interval.fromMs);
    health.set_to_ms(interval.endMs);
    health.set_good(tally.good);
    health.set_bad(tally.bad);
    addBurnRates(slo, meter, nowMs, health);
    addHistory(meter, interval, budget, health);
    return health;
}

// The objective and the window that a metric is about.
std::pair<std::string, int> subjectOf(const cw::Metric& metric)
{
    std::pair<std::string, int> subject;
    for (const auto& [name, value] : metric.dimensions) {
        if (name == "SloName")
            subject.first = value;
        else if (name == "BurnRateWindowMinutes" && !absl::SimpleAtoi(value, &subject.second))
            subject.second = 0;
    }
    return subject;
}

} // namespace

std::shared_ptr<Meter> Objectives::meterOf(const Objective& slo)
{
    std::shared_ptr<Meter>& meter = m_meters[slo.name()];
    if (!meter)
        meter = std::make_shared<Meter>(m_data, slo);
    return meter;
}

void Objectives::report(const pb::BatchGetServiceLevelObjectiveBudgetReportInput& request,
                        Done<pb::BatchGetServiceLevelObjectiveBudgetReportOutput> done)
{
    const std::int64_t at = cw::millisOf(request.timestamp());
    if (at <= 0 || at > now() + kMinuteMs)
        return done(validationError("Timestamp must not be in the future."));
    auto run = std::make_shared<ReportRun>();
    run->request = request;
    run->done = std::move(done);
    *run->output.mutable_timestamp() = request.timestamp();
    reportNext(std::move(run));
}

void Objectives::reportNext(std::shared_ptr<ReportRun> run)
{
    const std::int64_t at = std::min(now(), cw::millisOf(run->request.timestamp()));
    while (run->at < run->request.slo_ids_size()) {
        const std::string& id = run->request.slo_ids(run->at++);
        const Objective* slo = find(id);
        if (!slo) {
            pb::ServiceLevelObjectiveBudgetReportError& error = *run->output.add_errors();
            error.set_name(nameOf(id));
            error.set_arn(arnOf(nameOf(id)));
            error.set_error_code("ResourceNotFoundException");
            error.set_error_message(absl::StrCat("There is no service level objective ", id, "."));
            continue;
        }
        const Interval interval = intervalAt(slo->goal(), at);
        const std::shared_ptr<Meter> meter = meterOf(*slo);
        return meter->cover(interval.fromMs, [this, run, meter, interval, slo = *slo](const absl::Status& status) {
            if (!status.ok())
                return run->done(status);
            const Tally tally = tallyOf(meter->bins(), interval.fromMs, interval.toMs);
            *run->output.add_reports() =
                reportOf(slo, budgetOf(slo.goal(), tally, interval, meter->periodMs()));
            reportNext(run);
        });
    }
    run->done(std::move(run->output));
}

void Objectives::health(const v1::GetObjectiveHealthRequest& request,
                        Done<v1::GetObjectiveHealthResponse> done)
{
    auto run = std::make_shared<HealthRun>();
    for (const auto& [name, stored] : m_objectives.all()) {
        if (request.function_name().empty() || functionOf(stored->slo()) == request.function_name())
            run->slos.push_back(stored->slo());
    }
    run->done = std::move(done);
    healthNext(std::move(run));
}

void Objectives::healthNext(std::shared_ptr<HealthRun> run)
{
    if (run->at == run->slos.size())
        return run->done(std::move(run->response));
    const Objective& slo = run->slos[run->at++];
    const std::int64_t at = now();
    const std::int64_t from = std::min(intervalAt(slo.goal(), at).fromMs, at - kLongestWindowMs);
    const std::shared_ptr<Meter> meter = meterOf(slo);
    meter->cover(from, [this, run, meter, at, slo](const absl::Status& status) {
        if (!status.ok())
            return run->done(status);
        *run->response.add_objectives() = healthOf(slo, *meter, at);
        healthNext(run);
    });
}

bool Objectives::isBurnRate(const cw::Metric& metric)
{
    return metric.space == kNamespace;
}

void Objectives::readBurnRate(const cw::Metric& metric, const cw::Grid& grid, cw::StatisticsAnswer done)
{
    const auto [name, minutes] = subjectOf(metric);
    const Objective* slo = find(name);
    const bool known = slo && metric.name == "BurnRate" &&
                       std::any_of(slo->burn_rate_configurations().begin(),
                                   slo->burn_rate_configurations().end(),
                                   [minutes = minutes](const pb::BurnRateConfiguration& each) {
                                       return each.look_back_window_minutes() == minutes;
                                   });
    if (!known)
        return done(std::vector<cw::Statistics>(grid.bins));
    const std::shared_ptr<Meter> meter = meterOf(*slo);
    meter->cover(grid.startMs - minutes * kMinuteMs,
                 [meter, grid, minutes = minutes, goal = slo->goal(), done = std::move(done),
                  nowMs = now()](const absl::Status& status) {
                     if (!status.ok())
                         return done(status);
                     std::vector<cw::Statistics> bins(grid.bins);
                     for (std::size_t i = 0; i < bins.size(); ++i) {
                         const std::int64_t start =
                             grid.startMs + static_cast<std::int64_t>(i) * grid.periodMs;
                         if (start > nowMs)
                             break;
                         const auto rate = rateAt(goal, *meter, minutes, std::min(start + grid.periodMs, nowMs));
                         if (rate)
                             bins[i].add(*rate);
                     }
                     done(std::move(bins));
                 });
}

std::vector<cw::Metric> Objectives::burnRates() const
{
    std::vector<cw::Metric> metrics;
    for (const auto& [name, stored] : m_objectives.all()) {
        for (const pb::BurnRateConfiguration& each : stored->slo().burn_rate_configurations())
            metrics.push_back({kNamespace, "BurnRate",
                               {{"BurnRateWindowMinutes", absl::StrCat(each.look_back_window_minutes())},
                                {"SloName", name}}});
    }
    return metrics;
}

} // namespace gantry::observe::slo
