#pragma once

#include "backend/observe/alarms/alarm_check.h"
#include "gantry/store/alarms.pb.h"

#include <cstdint>
#include <string>
#include <vector>

// The words and the JSON in which an alarm tells what happened, as CloudWatch's.
namespace gantry::observe::alarms {

// The values of an evaluation range, the newest last, and how they were judged.
struct Evaluated {
    cloudwatch::Grid grid;
    cloudwatch::Values values;
    std::vector<double> lower; // of the band or the threshold, for each value
    std::vector<double> upper;
    std::vector<Point> points;
};

// "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (26/11/26 10:00:00), ...] were greater than the
// threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
std::string reasonOf(const AlarmSpec& spec, const Evaluated& evaluated, State state);
// StateReasonData.
std::string reasonDataOf(const AlarmSpec& spec, const Evaluated& evaluated, std::int64_t nowMs);

// What a state is and why.
struct StateText {
    std::string value;
    std::string reason;
    std::string reasonData; // JSON; may be empty
    std::int64_t timeMs = 0;
    std::string suppressedBy = {}; // of the actions of a composite alarm; may be empty
};
// HistoryData of a StateUpdate.
std::string stateUpdateData(const StateText& before, const StateText& now);

// The event that an action gets: source aws.cloudwatch, with alarmData.
std::string actionEvent(const record::StoredAlarm& alarm, const StateText& before,
                        const std::string& account, const std::string& region);

std::string isoTime(std::int64_t ms);

// Of either kind of alarm.
const std::string& nameOf(const record::StoredAlarm& alarm);
const char* typeOf(const record::StoredAlarm& alarm);
StateText stateOf(const record::StoredAlarm& alarm);

} // namespace gantry::observe::alarms
