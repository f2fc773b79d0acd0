#include "backend/api/feed_timer.h"
#include "backend/api/logs_topics.h"
#include "backend/base/ids.h"
#include "backend/observe/logs/filter_pattern.h"
#include "backend/observe/recorder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

// Live tail: events as they come, in a message a second, from the ring in memory.
namespace gantry::api::logs_api {
namespace {

namespace logs = observe::logs;
using namespace aws::logs;

constexpr int kMostEvents = 500; // a message, as CloudWatch sends
constexpr int kBeatsAMessage = 1'000 / FeedTimer::kPeriodMs;

struct Session {
    StreamPtr sink;
    StartLiveTailRequest request;
    std::vector<std::string> groups;
    std::optional<logs::FilterPattern> pattern;
    std::int64_t lastId = 0;
    bool gone = false;
};

bool anyPrefix(const google::protobuf::RepeatedPtrField<std::string>& prefixes,
               const std::string& name)
{
    return prefixes.empty() ||
           std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const std::string& prefix) { return name.starts_with(prefix); });
}

class LiveTail final {
public:
    LiveTail(boost::asio::io_context& io, Context context)
        : m_context(std::move(context)), m_timer(io, [this] { return beat(); })
    {
    }

    void start(const CallPtr& call, const StartLiveTailRequest& request, const StreamPtr& sink)
    {
        auto session = std::make_shared<Session>();
        session->sink = sink;
        session->request = request;
        for (const std::string& identifier : request.log_group_identifiers()) {
            auto group = groupOf(m_context.place, identifier);
            if (!group.ok())
                return sink->finish(group.status());
            session->groups.push_back(*std::move(group));
        }
        auto pattern = logs::FilterPattern::parse(request.log_event_filter_pattern());
        if (!pattern.ok())
            return sink->finish(pattern.status());
        session->pattern = *std::move(pattern);
        session->lastId = m_context.recorder.log().lastId();
        call->onCancelled = [weak = std::weak_ptr<Session>(session)] {
            if (const auto session = weak.lock())
                session->gone = true;
        };
        greet(*session);
        m_sessions.push_back(std::move(session));
        m_timer.start();
    }

private:
    static void greet(const Session& session)
    {
        StartLiveTailResponse message;
        LiveTailSessionStart& start = *message.mutable_response_stream()->mutable_session_start();
        start.set_request_id(randomUuid());
        start.set_session_id(randomUuid());
        *start.mutable_log_group_identifiers() = session.request.log_group_identifiers();
        *start.mutable_log_stream_names() = session.request.log_stream_names();
        *start.mutable_log_stream_name_prefixes() = session.request.log_stream_name_prefixes();
        start.set_log_event_filter_pattern(session.request.log_event_filter_pattern());
        (void)session.sink->write(message); // the first message always has room
    }

    bool beat()
    {
        std::erase_if(m_sessions, [](const auto& session) { return session->gone; });
        if (++m_beats % kBeatsAMessage == 0) {
            for (const auto& session : m_sessions)
                send(*session);
        }
        return !m_sessions.empty();
    }

    void send(Session& session) const
    {
        StartLiveTailResponse message;
        LiveTailSessionUpdate& update =
            *message.mutable_response_stream()->mutable_session_update();
        const observe::LogRing& ring = m_context.recorder.log();
        bool sampled = ring.missedAfter(session.lastId) > 0;
        ring.after(session.lastId, [&](const observe::LogLine& line) {
            if (!wants(session, line))
                return true;
            if (update.session_results_size() == kMostEvents) {
                sampled = true;
                return false;
            }
            add(*update.add_session_results(), line);
            return true;
        });
        update.mutable_session_metadata()->set_sampled(sampled);
        if (session.sink->write(message))
            session.lastId = ring.lastId();
    }

    static bool wants(const Session& session, const observe::LogLine& line)
    {
        std::string buffer;
        const std::string& group = logs::groupOf(line, buffer);
        const auto& names = session.request.log_stream_names();
        return std::find(session.groups.begin(), session.groups.end(), group) !=
                   session.groups.end() &&
               (names.empty() || std::find(names.begin(), names.end(), line.entry.logStream) !=
                                     names.end()) &&
               anyPrefix(session.request.log_stream_name_prefixes(), line.entry.logStream) &&
               session.pattern->matches(line.entry.message);
    }

    void add(LiveTailSessionLogEvent& event, const observe::LogLine& line) const
    {
        std::string buffer;
        event.set_log_group_identifier(absl::StrCat(
            m_context.place.accountId, ":", logs::groupOf(line, buffer)));
        event.set_log_stream_name(line.entry.logStream);
        event.set_message(line.entry.message);
        event.set_timestamp(line.entry.timeMicros / 1'000);
        event.set_ingestion_time(line.ingestedMicros / 1'000);
    }

    Context m_context;
    std::vector<std::shared_ptr<Session>> m_sessions;
    int m_beats = 0;
    FeedTimer m_timer;
};

} // namespace

void registerTail(OperationTable& table, boost::asio::io_context& io, Context context)
{
    const auto tail = std::make_shared<LiveTail>(io, std::move(context));
    table.onStream<StartLiveTailRequest>(
        [tail](CallPtr call, const StartLiveTailRequest& request, StreamPtr sink) {
            tail->start(call, request, sink);
        });
}

} // namespace gantry::api::logs_api
