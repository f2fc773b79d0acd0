#pragma once

#include "backend/observe/alarms/alarm_store.h"
#include "backend/observe/alarms/alarm_text.h"
#include "backend/observe/alarms/composite_rule.h"
#include "backend/observe/alarms/suppression.h"
#include "backend/observe/cloudwatch/metric_data.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gantry::observe::alarms {

// Whose alarms they are.
struct AlarmPlace {
    std::string account;
    std::string region;
};

// Does what an alarm's action says: an ARN, a URL or a word of the platform's own. Answers what became
// of it. I/O thread.
using PerformAction = std::function<void(const std::string& action, const record::StoredAlarm& alarm,
                                         std::string event, std::function<void(absl::Status)> done)>;

// When an alarm would have changed its state.
struct Transition {
    std::int64_t timeMs = 0;
    State to = State::Ok;
};
struct Backtest {
    cloudwatch::Grid grid;
    cloudwatch::Values values;
    std::vector<double> lower; // of the band or the threshold
    std::vector<double> upper;
    std::vector<Transition> transitions;
};

// The alarms: their configuration, their states and their history, on the disk before anybody hears of
// a change. A metric alarm is evaluated whenever a step of its period has passed, a minute at most; a
// composite one whenever an alarm that its rule names has changed. I/O thread only.
class Alarms final {
public:
    using Done = std::function<void(absl::Status)>;
    static constexpr std::size_t kMostAlarms = 5'000;

    // data must outlive it.
    static absl::StatusOr<std::unique_ptr<Alarms>> open(boost::asio::io_context& io,
                                                        const std::filesystem::path& file,
                                                        cloudwatch::MetricData& data,
                                                        AlarmPlace place, PerformAction perform);

    const std::map<std::string, Stored>& all() const { return m_alarms; }
    Stored find(const std::string& name) const;
    std::string arnOf(const std::string& name) const;

    void put(const aws::cloudwatch::PutMetricAlarmInput& request, Done done);
    void put(const aws::cloudwatch::PutCompositeAlarmInput& request, Done done);
    void remove(const std::set<std::string>& names, Done done);
    void enableActions(const std::set<std::string>& names, bool enabled, Done done);
    // Until the next evaluation.
    void setState(const aws::cloudwatch::SetAlarmStateInput& request, Done done);
    void history(HistoryQuery query, AlarmStore::Answer<std::vector<HistoryItem>> done);

    // What an alarm like this would have done between two times; its periods begin at multiples of them.
    void backtest(const aws::cloudwatch::PutMetricAlarmInput& request, std::int64_t fromMs,
                  std::int64_t toMs, AlarmStore::Answer<Backtest> done);

    // The timer starts it every second; evaluates what is due at the clock's time.
    void start();
    void evaluateDue();

    // Counts the changes that all() shows.
    std::int64_t revision() const { return m_revision; }

private:
    using Edit = std::shared_ptr<record::StoredAlarm>;

    Alarms(boost::asio::io_context& io, cloudwatch::MetricData& data, AlarmPlace place,
           PerformAction perform, std::unique_ptr<AlarmStore> store);

    void scheduleTick();
    std::int64_t now() const { return m_data.clock().unixMillis(); }
    Edit edit(const std::string& name) const; // a copy to change
    void configure(Edit alarm, bool isNew, Done done);
    void commit(std::vector<AlarmStore::Change> changes, std::vector<HistoryItem> history, Done done);
    HistoryItem item(const record::StoredAlarm& alarm, const char* type, std::string summary,
                     std::string data) const;
    absl::Status checkRule(const std::string& name, const std::string& rule) const;
    absl::Status checkSuppressor(const aws::cloudwatch::PutCompositeAlarmInput& request) const;
    bool reaches(const std::string& from, const std::string& name) const;

    // alarms_evaluate.cpp
    void evaluate(const std::string& name, std::int64_t due);
    void judged(const std::string& name, const AlarmSpec& spec,
                const absl::StatusOr<std::vector<cloudwatch::DataSeries>>& all);
    void moveTo(const std::string& name, StateText state, Done done);
    void evaluateComposites(const std::string& changed);
    void evaluateComposite(const std::string& name);
    void act(const Stored& alarm, const StateText& before);

    // alarms_suppress.cpp
    bool isInAlarm(const std::string& nameOrArn) const;
    bool mayAct(record::StoredAlarm& moved, std::vector<HistoryItem>& history) const;
    void tellSuppressed(const std::string& suppressor);
    void endSuppressions();
    void suppressAs(const std::string& name, const SuppressionStep& step);
    void catchUpSuppressions();

    cloudwatch::MetricData& m_data;
    const AlarmPlace m_place;
    const PerformAction m_perform;
    std::map<std::string, Stored> m_alarms;
    std::map<std::string, std::int64_t> m_evaluated; // end of the last evaluation range
    std::set<std::string> m_running;                 // evaluations under way
    std::int64_t m_revision = 0;
    int m_ticks = 0;
    boost::asio::steady_timer m_timer;
    std::shared_ptr<int> m_alive = std::make_shared<int>(0);
    std::unique_ptr<AlarmStore> m_store; // last: its end commits, and nothing is called back after
};

} // namespace gantry::observe::alarms
