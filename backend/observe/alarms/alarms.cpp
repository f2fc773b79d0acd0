#include "backend/observe/alarms/alarms.h"

#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/observe/cloudwatch/messages.h"

#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <utility>

namespace gantry::observe::alarms {

namespace pb = aws::cloudwatch;
using cloudwatch::setTime;
using record::StoredAlarm;

namespace {

constexpr int kTicksAPrune = 3'600;

absl::Status notThere(const std::string& name)
{
    return makeError("ResourceNotFound", 404, absl::StrCat("There is no alarm ", name, "."));
}

// Keeps of the alarm before what a new configuration does not change.
template <class Alarm> void keepState(const Alarm& before, Alarm& alarm)
{
    alarm.set_state_value(before.state_value());
    alarm.set_state_reason(before.state_reason());
    if (before.has_state_reason_data())
        alarm.set_state_reason_data(before.state_reason_data());
    *alarm.mutable_state_updated_timestamp() = before.state_updated_timestamp();
    *alarm.mutable_state_transitioned_timestamp() = before.state_transitioned_timestamp();
}

template <class Alarm> void beginState(Alarm& alarm, std::int64_t nowMs)
{
    alarm.set_state_value("INSUFFICIENT_DATA");
    alarm.set_state_reason("Unchecked: Initial alarm creation");
    setTime(*alarm.mutable_state_updated_timestamp(), nowMs);
    setTime(*alarm.mutable_state_transitioned_timestamp(), nowMs);
}

} // namespace

absl::StatusOr<std::unique_ptr<Alarms>> Alarms::open(boost::asio::io_context& io,
                                                     const std::filesystem::path& file,
                                                     cloudwatch::MetricData& data, AlarmPlace place,
                                                     PerformAction perform)
{
    auto store = AlarmStore::open(io, file);
    if (!store.ok())
        return store.status();
    return std::unique_ptr<Alarms>(new Alarms(io, data, std::move(place), std::move(perform),
                                              *std::move(store)));
}

Alarms::Alarms(boost::asio::io_context& io, cloudwatch::MetricData& data, AlarmPlace place,
               PerformAction perform, std::unique_ptr<AlarmStore> store)
    : m_data(data), m_place(std::move(place)), m_perform(std::move(perform)),
      m_alarms(store->takeLoaded()), m_timer(io), m_store(std::move(store))
{
}

void Alarms::start()
{
    m_store->prune(now());
    catchUpSuppressions();
    scheduleTick();
}

void Alarms::scheduleTick()
{
    m_timer.expires_after(std::chrono::seconds(1));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        evaluateDue();
        if (++m_ticks % kTicksAPrune == 0)
            m_store->prune(now());
        scheduleTick();
    });
}

Stored Alarms::find(const std::string& name) const
{
    const auto found = m_alarms.find(name);
    return found == m_alarms.end() ? nullptr : found->second;
}

Alarms::Edit Alarms::edit(const std::string& name) const
{
    const Stored found = find(name);
    return found ? std::make_shared<StoredAlarm>(*found) : nullptr;
}

std::string Alarms::arnOf(const std::string& name) const
{
    return absl::StrCat("arn:aws:cloudwatch:", m_place.region, ":", m_place.account, ":alarm:", name);
}

HistoryItem Alarms::item(const StoredAlarm& alarm, const char* type, std::string summary,
                         std::string data) const
{
    return {nameOf(alarm), typeOf(alarm), type, now(), std::move(summary), std::move(data)};
}

// What is seen is what is on the disk, unless the disk fails: then the change is taken back.
void Alarms::commit(std::vector<AlarmStore::Change> changes, std::vector<HistoryItem> history, Done done)
{
    std::vector<AlarmStore::Change> before;
    for (const auto& [name, alarm] : changes) {
        before.push_back({name, find(name)});
        if (alarm)
            m_alarms[name] = alarm;
        else
            m_alarms.erase(name);
    }
    ++m_revision;
    auto mine = changes;
    m_store->write(std::move(changes), std::move(history),
                   [this, mine = std::move(mine), before = std::move(before),
                    done = std::move(done)](absl::Status status) {
                       for (std::size_t i = 0; !status.ok() && i < mine.size(); ++i) {
                           if (find(mine[i].name) != mine[i].alarm)
                               continue; // changed again meanwhile
                           if (before[i].alarm)
                               m_alarms[mine[i].name] = before[i].alarm;
                           else
                               m_alarms.erase(mine[i].name);
                           ++m_revision;
                       }
                       done(std::move(status));
                   });
}

void Alarms::configure(Edit alarm, bool isNew, Done done)
{
    if (isNew && m_alarms.size() >= kMostAlarms)
        return done(makeError("LimitExceededFault", 400, "There may be 5,000 alarms at most."));
    const std::string name = nameOf(*alarm);
    HistoryItem made = item(*alarm, "ConfigurationUpdate",
                            absl::StrCat("Alarm \"", name, isNew ? "\" created" : "\" updated"),
                            boost::json::serialize(boost::json::object{
                                {"version", "1.0"}, {"type", isNew ? "Create" : "Update"}}));
    m_evaluated.erase(name);
    const bool composite = alarm->has_composite();
    commit({{name, std::move(alarm)}}, {std::move(made)},
           [this, name, composite, done = std::move(done)](const absl::Status& status) {
               if (status.ok() && composite)
                   evaluateComposite(name);
               done(status);
           });
}

void Alarms::put(const pb::PutMetricAlarmInput& request, Done done)
{
    if (absl::Status status = checkAlarm(request); !status.ok())
        return done(status);
    const Stored before = find(request.alarm_name());
    if (before && !before->has_metric())
        return done(validationError(
            absl::StrCat("There is a composite alarm ", request.alarm_name(), " already.")));
    auto alarm = std::make_shared<StoredAlarm>();
    pb::MetricAlarm& metric = *alarm->mutable_metric();
    metric = configurationOf(request);
    metric.set_alarm_arn(arnOf(request.alarm_name()));
    setTime(*metric.mutable_alarm_configuration_updated_timestamp(), now());
    if (before)
        keepState(before->metric(), metric);
    else
        beginState(metric, now());
    configure(std::move(alarm), !before, std::move(done));
}

void Alarms::put(const pb::PutCompositeAlarmInput& request, Done done)
{
    if (absl::Status status = checkAlarmName(request.alarm_name()); !status.ok())
        return done(status);
    const Stored before = find(request.alarm_name());
    if (before && !before->has_composite())
        return done(validationError(
            absl::StrCat("There is a metric alarm ", request.alarm_name(), " already.")));
    if (absl::Status status = checkRule(request.alarm_name(), request.alarm_rule()); !status.ok())
        return done(status);
    if (absl::Status status = checkSuppressor(request); !status.ok())
        return done(status);
    auto alarm = std::make_shared<StoredAlarm>();
    pb::CompositeAlarm& composite = *alarm->mutable_composite();
    composite.set_alarm_name(request.alarm_name());
    composite.set_alarm_rule(request.alarm_rule());
    composite.set_alarm_arn(arnOf(request.alarm_name()));
    composite.set_actions_enabled(!request.has_actions_enabled() || request.actions_enabled());
    if (request.has_alarm_description())
        composite.set_alarm_description(request.alarm_description());
    *composite.mutable_alarm_actions() = request.alarm_actions();
    *composite.mutable_ok_actions() = request.ok_actions();
    *composite.mutable_insufficient_data_actions() = request.insufficient_data_actions();
    setTime(*composite.mutable_alarm_configuration_updated_timestamp(), now());
    if (before)
        keepState(before->composite(), composite);
    else
        beginState(composite, now());
    takeSuppressor(request, before.get(), *alarm);
    if (isInAlarm(composite.actions_suppressor()))
        writeSuppression({Suppression::By::Alarm, 0}, *alarm);
    configure(std::move(alarm), !before, std::move(done));
}

// Whether a composite alarm's rule leads to an alarm, be it over others.
bool Alarms::reaches(const std::string& from, const std::string& name) const
{
    std::set<std::string> seen;
    std::vector<std::string> open{from};
    while (!open.empty()) {
        const std::string at = open.back();
        open.pop_back();
        if (at == name)
            return true;
        const Stored alarm = find(at);
        if (!seen.insert(at).second || !alarm || !alarm->has_composite())
            continue;
        if (const auto rule = CompositeRule::parse(alarm->composite().alarm_rule()); rule.ok())
            open.insert(open.end(), rule->children().begin(), rule->children().end());
    }
    return false;
}

absl::Status Alarms::checkRule(const std::string& name, const std::string& text) const
{
    const auto rule = CompositeRule::parse(text);
    if (!rule.ok())
        return rule.status();
    for (const std::string& child : rule->children()) {
        if (child != name && !find(child))
            return validationError(absl::StrCat("AlarmRule: there is no alarm ", child, "."));
        if (reaches(child, name))
            return validationError(
                absl::StrCat("AlarmRule: the alarm would depend on itself by way of ", child, "."));
    }
    return absl::OkStatus();
}

absl::Status Alarms::checkSuppressor(const pb::PutCompositeAlarmInput& request) const
{
    const bool periods = request.has_actions_suppressor_wait_period() ||
                         request.has_actions_suppressor_extension_period();
    if (!request.has_actions_suppressor())
        return periods ? validationError("ActionsSuppressorWaitPeriod and "
                                         "ActionsSuppressorExtensionPeriod need ActionsSuppressor.")
                       : absl::OkStatus();
    if (!request.has_actions_suppressor_wait_period() ||
        !request.has_actions_suppressor_extension_period())
        return validationError("ActionsSuppressor needs ActionsSuppressorWaitPeriod and "
                               "ActionsSuppressorExtensionPeriod.");
    if (request.actions_suppressor_wait_period() < 0 ||
        request.actions_suppressor_extension_period() < 0)
        return validationError("The periods of a suppressor must not be below zero.");
    const std::string suppressor = alarmNameOf(request.actions_suppressor());
    if (suppressor == request.alarm_name())
        return validationError("ActionsSuppressor: an alarm cannot suppress itself.");
    if (!find(suppressor))
        return validationError(absl::StrCat("ActionsSuppressor: there is no alarm ", suppressor, "."));
    return absl::OkStatus();
}

void Alarms::remove(const std::set<std::string>& names, Done done)
{
    std::vector<AlarmStore::Change> changes;
    std::vector<HistoryItem> history;
    for (const std::string& name : names) {
        const Stored alarm = find(name);
        if (!alarm)
            return done(notThere(name));
        changes.push_back({name, nullptr});
        history.push_back(item(*alarm, "ConfigurationUpdate",
                               absl::StrCat("Alarm \"", name, "\" deleted"),
                               R"({"version":"1.0","type":"Delete"})"));
    }
    for (const auto& [name, alarm] : m_alarms) {
        if (names.contains(name) || !alarm->has_composite())
            continue;
        const auto rule = CompositeRule::parse(alarm->composite().alarm_rule());
        for (const std::string& child : rule.ok() ? rule->children() : std::set<std::string>()) {
            if (names.contains(child))
                return done(makeError(
                    "ResourceConflict", 409,
                    absl::StrCat("Cannot delete ", child, " as the composite alarm ", name,
                                 " depends on it.")));
        }
    }
    for (const std::string& name : names)
        m_evaluated.erase(name);
    commit(std::move(changes), std::move(history),
           [this, names, done = std::move(done)](const absl::Status& status) {
               for (const std::string& name : status.ok() ? names : std::set<std::string>())
                   tellSuppressed(name);
               done(status);
           });
}

// Names that are not there are passed over, as CloudWatch does.
void Alarms::enableActions(const std::set<std::string>& names, bool enabled, Done done)
{
    std::vector<AlarmStore::Change> changes;
    std::vector<HistoryItem> history;
    for (const std::string& name : names) {
        Edit alarm = edit(name);
        if (!alarm)
            continue;
        if (alarm->has_metric())
            alarm->mutable_metric()->set_actions_enabled(enabled);
        else
            alarm->mutable_composite()->set_actions_enabled(enabled);
        history.push_back(item(*alarm, "ConfigurationUpdate",
                               absl::StrCat("Actions of alarm \"", name,
                                            enabled ? "\" enabled" : "\" disabled"),
                               R"({"version":"1.0","type":"Update"})"));
        changes.push_back({name, std::move(alarm)});
    }
    commit(std::move(changes), std::move(history), std::move(done));
}

void Alarms::setState(const pb::SetAlarmStateInput& request, Done done)
{
    if (!find(request.alarm_name()))
        return done(notThere(request.alarm_name()));
    if (!request.state_reason_data().empty()) {
        boost::json::error_code error;
        (void)boost::json::parse(request.state_reason_data(), error);
        if (error)
            return done(makeError("InvalidFormatFault", 400, "StateReasonData must be JSON."));
    }
    moveTo(request.alarm_name(), {request.state_value(), request.state_reason(),
                                  request.state_reason_data(), now()},
           std::move(done));
}

void Alarms::history(HistoryQuery query, AlarmStore::Answer<std::vector<HistoryItem>> done)
{
    m_store->history(std::move(query), std::move(done));
}

} // namespace gantry::observe::alarms
