#include "backend/api/log_subscriptions.h"

#include "backend/base/gzip.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/observe/logs/tables.h"
#include "backend/observe/recorder.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <map>
#include <utility>

namespace gantry::api {
namespace {

namespace json = boost::json;
namespace logs = observe::logs;

constexpr std::size_t kMostEvents = 1'000; // a call
constexpr int kAttempts = 3;
constexpr std::chrono::seconds kPause{2}; // before a call is tried again

json::string_view jsonView(std::string_view text)
{
    return {text.data(), text.size()};
}

} // namespace

LogSubscriptions::LogSubscriptions(boost::asio::io_context& io, observe::Recorder& recorder,
                                   functions::Place place, Deliver deliver)
    : m_io(io), m_recorder(recorder), m_place(std::move(place)), m_deliver(std::move(deliver)),
      m_timer(io, [this] { return beat(); })
{
    refresh();
}

void LogSubscriptions::refresh()
{
    using List = std::vector<logs::Subscription>;
    m_recorder.logStore().read<List>(
        [](store::Database& database) { return logs::subscriptions(database, {}); },
        [this, alive = std::weak_ptr<int>(m_alive)](absl::StatusOr<List> list) {
            if (alive.expired() || !list.ok())
                return;
            const bool idle = m_byGroup.empty();
            m_byGroup.clear();
            for (const logs::Subscription& each : *list) {
                auto pattern = logs::FilterPattern::parse(each.pattern);
                if (pattern.ok())
                    m_byGroup[each.group].push_back(
                        std::make_shared<const Active>(Active{each, *std::move(pattern)}));
            }
            if (idle)
                m_lastId = m_recorder.log().lastId();
            if (!m_byGroup.empty())
                m_timer.start();
        });
}

bool LogSubscriptions::beat()
{
    collect();
    return !m_byGroup.empty();
}

void LogSubscriptions::collect()
{
    const observe::LogRing& ring = m_recorder.log();
    if (ring.lastId() == m_lastId)
        return;
    if (const std::int64_t missed = ring.missedAfter(m_lastId); missed > 0)
        log::warning(missed, " log lines came too fast for the subscription filters");
    std::map<std::pair<std::shared_ptr<const Active>, std::string>,
             std::vector<const observe::LogLine*>>
        chosen;
    std::string buffer;
    ring.after(m_lastId, [&](const observe::LogLine& line) {
        const auto found = m_byGroup.find(logs::groupOf(line, buffer));
        if (found == m_byGroup.end())
            return true;
        for (const auto& active : found->second) {
            if (active->pattern.matches(line.entry.message))
                chosen[{active, line.entry.logStream}].push_back(&line);
        }
        return true;
    });
    m_lastId = ring.lastId();
    for (const auto& [key, lines] : chosen) {
        for (std::size_t i = 0; i < lines.size(); i += kMostEvents)
            send(*key.first, key.second,
                 {lines.begin() + static_cast<std::ptrdiff_t>(i),
                  lines.begin() + static_cast<std::ptrdiff_t>(std::min(i + kMostEvents, lines.size()))});
    }
}

void LogSubscriptions::send(const Active& active, const std::string& stream,
                            const std::vector<const observe::LogLine*>& lines)
{
    json::array events;
    for (const observe::LogLine* line : lines)
        events.push_back({{"id", absl::StrFormat("%056d", line->id)},
                          {"timestamp", line->entry.timeMicros / 1'000},
                          {"message", jsonView(line->entry.message)}});
    const json::value message{
        {"messageType", "DATA_MESSAGE"},
        {"owner", jsonView(m_place.accountId)},
        {"logGroup", jsonView(active.subscription.group)},
        {"logStream", jsonView(stream)},
        {"subscriptionFilters", json::array{jsonView(active.subscription.name)}},
        {"logEvents", std::move(events)}};
    const std::string packed = gzip(json::serialize(message));
    attempt(active.subscription.destination,
            std::make_shared<const std::string>(
                absl::StrCat("{\"awslogs\":{\"data\":\"", absl::Base64Escape(packed), "\"}}")),
            kAttempts);
}

void LogSubscriptions::attempt(std::string arn, std::shared_ptr<const std::string> event, int left)
{
    m_deliver(arn, *event, [this, arn, event, left, alive = std::weak_ptr<int>(m_alive)](
                               const absl::Status& status) {
        if (status.ok() || alive.expired())
            return;
        if (left <= 1)
            return log::warning("log lines were not delivered to ", arn, ": ",
                                std::string(view(status.message())));
        auto timer = std::make_shared<boost::asio::steady_timer>(m_io, kPause);
        timer->async_wait([this, arn, event, left, timer, alive](const boost::system::error_code&) {
            if (!alive.expired())
                attempt(arn, event, left - 1);
        });
    });
}

} // namespace gantry::api
