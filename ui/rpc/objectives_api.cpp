#include "ui/rpc/objectives_api.h"

#include "gantry/v1/objectives.pb.h"
#include "ui/rpc/call.h"

#include <array>

namespace gantry::rpc {

namespace pb = aws::applicationsignals;

namespace {

constexpr std::array<const char*, 4> kUnits = {"MINUTE", "HOUR", "DAY", "MONTH"};

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

ObjectiveSettings::Unit unitOf(const std::string& name)
{
    for (std::size_t i = 0; i < kUnits.size(); ++i) {
        if (name == kUnits[i])
            return ObjectiveSettings::Unit(int(i));
    }
    return ObjectiveSettings::Unit::Day;
}

void readGoal(const pb::Goal& goal, ObjectiveSettings& to)
{
    to.goal = goal.attainment_goal();
    to.warning = goal.warning_threshold();
    to.calendar = goal.interval().has_calendar_interval();
    if (to.calendar) {
        const pb::CalendarInterval& interval = goal.interval().calendar_interval();
        to.startMs = interval.start_time().seconds() * 1000;
        to.unit = unitOf(interval.duration_unit());
        to.duration = interval.duration();
    } else {
        to.unit = unitOf(goal.interval().rolling_interval().duration_unit());
        to.duration = goal.interval().rolling_interval().duration();
    }
}

ObjectiveSettings settingsOf(const pb::ServiceLevelObjective& slo, const std::string& function)
{
    ObjectiveSettings to;
    to.name = text(slo.name());
    to.description = text(slo.description());
    to.function = text(function);
    to.byPeriods = slo.has_sli();
    const std::string& type = to.byPeriods
                                  ? slo.sli().sli_metric().metric_type()
                                  : slo.request_based_sli().request_based_sli_metric().metric_type();
    to.measure = type == "LATENCY" ? ObjectiveSettings::Measure::Latency
                                   : ObjectiveSettings::Measure::Availability;
    to.threshold = to.byPeriods ? slo.sli().metric_threshold()
                                : slo.request_based_sli().metric_threshold();
    for (const pb::MetricDataQuery& query : slo.sli().sli_metric().metric_data_queries()) {
        if (!query.has_metric_stat())
            continue;
        to.periodSeconds = query.metric_stat().period();
        if (to.measure == ObjectiveSettings::Measure::Latency)
            to.statistic = text(query.metric_stat().stat());
    }
    readGoal(slo.goal(), to);
    for (const pb::BurnRateConfiguration& each : slo.burn_rate_configurations())
        to.burnWindows.append(each.look_back_window_minutes());
    return to;
}

BudgetStatus statusOf(const std::string& name)
{
    return name == "OK"         ? BudgetStatus::Ok
           : name == "WARNING"  ? BudgetStatus::Warning
           : name == "BREACHED" ? BudgetStatus::Breached
                                : BudgetStatus::InsufficientData;
}

Objective fromProto(const v1::ObjectiveHealth& from)
{
    Objective to;
    const pb::ServiceLevelObjectiveBudgetReport& report = from.report();
    to.settings = settingsOf(from.slo(), from.function_name());
    to.isOfFunction = from.slo().metric_source_type() == "ServiceOperation";
    to.status = statusOf(report.budget_status());
    if (report.has_attainment())
        to.attainment = report.attainment();
    const bool periods = to.settings.byPeriods;
    to.budget = periods ? report.total_budget_seconds() : report.total_budget_requests();
    to.budgetRemaining =
        periods ? report.budget_seconds_remaining() : report.budget_requests_remaining();
    to.good = from.good();
    to.bad = from.bad();
    to.fromMs = from.from_ms();
    to.toMs = from.to_ms();
    for (const v1::ObjectiveBurnRate& each : from.burn_rates()) {
        BurnRate rate{each.window_minutes(), std::nullopt, each.configured()};
        if (each.has_rate())
            rate.rate = each.rate();
        to.burnRates.append(rate);
    }
    for (const v1::BudgetPoint& point : from.history())
        to.history.append({point.time_ms(), point.remaining_percent()});
    return to;
}

template <class Config> void setService(const ObjectiveSettings& from, Config& config)
{
    auto& keys = *config.mutable_key_attributes();
    keys["Type"] = "Service";
    keys["Name"] = from.function.toStdString();
    keys["Environment"] = "lambda:default";
    config.set_metric_type(from.measure == ObjectiveSettings::Measure::Latency ? "LATENCY"
                                                                               : "AVAILABILITY");
}

// What creating and changing have in common.
template <class Request> void fill(const ObjectiveSettings& from, Request& request)
{
    const bool latency = from.measure == ObjectiveSettings::Measure::Latency;
    if (!from.description.isEmpty())
        request.set_description(from.description.toStdString());
    if (from.byPeriods) {
        pb::ServiceLevelIndicatorConfig& config = *request.mutable_sli_config();
        setService(from, *config.mutable_sli_metric_config());
        config.mutable_sli_metric_config()->set_period_seconds(from.periodSeconds);
        if (latency)
            config.mutable_sli_metric_config()->set_statistic(from.statistic.toStdString());
        config.set_metric_threshold(from.threshold);
        config.set_comparison_operator(latency ? "LessThanOrEqualTo" : "GreaterThanOrEqualTo");
    } else {
        pb::RequestBasedServiceLevelIndicatorConfig& config = *request.mutable_request_based_sli_config();
        setService(from, *config.mutable_request_based_sli_metric_config());
        if (latency) {
            config.set_metric_threshold(from.threshold);
            config.set_comparison_operator("LessThanOrEqualTo");
        }
    }
    pb::Goal& goal = *request.mutable_goal();
    goal.set_attainment_goal(from.goal);
    goal.set_warning_threshold(from.warning);
    const std::string unit = kUnits[std::size_t(from.unit)];
    if (from.calendar) {
        pb::CalendarInterval& interval = *goal.mutable_interval()->mutable_calendar_interval();
        interval.mutable_start_time()->set_seconds(from.startMs / 1000);
        interval.set_duration_unit(unit);
        interval.set_duration(from.duration);
    } else {
        pb::RollingInterval& interval = *goal.mutable_interval()->mutable_rolling_interval();
        interval.set_duration_unit(unit);
        interval.set_duration(from.duration);
    }
    for (const int minutes : from.burnWindows)
        request.add_burn_rate_configurations()->set_look_back_window_minutes(minutes);
}

} // namespace

void ObjectivesApi::list(const QString& function, QObject* context, Done<QList<Objective>> done)
{
    v1::GetObjectiveHealthRequest request;
    request.set_function_name(function.toStdString());
    call<v1::GetObjectiveHealthResponse>(
        m_channel, request, context,
        [](const v1::GetObjectiveHealthResponse& response) {
            QList<Objective> objectives;
            for (const v1::ObjectiveHealth& each : response.objectives())
                objectives.append(fromProto(each));
            return objectives;
        },
        std::move(done));
}

void ObjectivesApi::create(const ObjectiveSettings& settings, QObject* context, Done<Nothing> done)
{
    pb::CreateServiceLevelObjectiveInput request;
    request.set_name(settings.name.toStdString());
    fill(settings, request);
    call<pb::CreateServiceLevelObjectiveOutput>(
        m_channel, request, context,
        [](const pb::CreateServiceLevelObjectiveOutput&) { return Nothing(); }, std::move(done));
}

void ObjectivesApi::update(const ObjectiveSettings& settings, QObject* context, Done<Nothing> done)
{
    pb::UpdateServiceLevelObjectiveInput request;
    request.set_id(settings.name.toStdString());
    fill(settings, request);
    call<pb::UpdateServiceLevelObjectiveOutput>(
        m_channel, request, context,
        [](const pb::UpdateServiceLevelObjectiveOutput&) { return Nothing(); }, std::move(done));
}

void ObjectivesApi::remove(const QString& name, QObject* context, Done<Nothing> done)
{
    pb::DeleteServiceLevelObjectiveInput request;
    request.set_id(name.toStdString());
    call<pb::DeleteServiceLevelObjectiveOutput>(
        m_channel, request, context,
        [](const pb::DeleteServiceLevelObjectiveOutput&) { return Nothing(); }, std::move(done));
}

} // namespace gantry::rpc
