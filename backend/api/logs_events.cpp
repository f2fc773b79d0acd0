#include "backend/api/logs_topics.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/logs/filter_pattern.h"
#include "backend/observe/logs/groups.h"
#include "backend/observe/logs/scan.h"
#include "backend/observe/recorder.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <limits>
#include <tuple>

// Log events: put, get, filter.
namespace gantry::api::logs_api {
namespace {

namespace logs = observe::logs;
using namespace aws::logs;
using observe::LogLine;

constexpr int kMostEvents = 10'000;
constexpr std::size_t kMostBytes = 1'048'576; // of a request or a response
constexpr std::size_t kEventOverhead = 26;
constexpr std::size_t kLargestEvent = 256 * 1024;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// Where a page ends: lines are ordered by time, then by their number.
struct Place {
    std::int64_t timeMicros = 0;
    std::int64_t id = 0;
    auto operator<=>(const Place&) const = default;
};

Place placeOf(const LogLine& line)
{
    return {line.entry.timeMicros, line.id};
}

// "f/1795000000000000/42"; the letter is the direction.
std::string tokenOf(char direction, const Place& place)
{
    return absl::StrFormat("%c/%d/%d", direction, place.timeMicros, place.id);
}

absl::StatusOr<Place> parseToken(std::string_view token, std::string_view directions)
{
    const std::vector<std::string> parts = absl::StrSplit(view(token), '/');
    Place place;
    if (parts.size() != 3 || parts[0].size() != 1 ||
        directions.find(parts[0][0]) == std::string_view::npos ||
        !absl::SimpleAtoi(parts[1], &place.timeMicros) || !absl::SimpleAtoi(parts[2], &place.id))
        return invalid("The specified nextToken is invalid.");
    return place;
}

// Which events of a batch are too old, expired or too new to be taken, as PutLogEvents answers.
struct Accepted {
    int from = 0;
    int to = 0;
    RejectedLogEventsInfo rejected;
};

Accepted acceptedOf(const PutLogEventsRequest& request, std::int64_t nowMs)
{
    const auto& events = request.log_events();
    const auto firstAt = [&](std::int64_t ms) {
        return static_cast<int>(
            std::partition_point(events.begin(), events.end(),
                                 [ms](const InputLogEvent& e) { return e.timestamp() < ms; }) -
            events.begin());
    };
    Accepted accepted;
    accepted.from = firstAt(nowMs - 14 * kDayMs);
    accepted.to = firstAt(nowMs + 2 * 3'600'000);
    if (accepted.from > 0)
        accepted.rejected.set_too_old_log_event_end_index(accepted.from);
    if (accepted.to < events.size())
        accepted.rejected.set_too_new_log_event_start_index(accepted.to);
    return accepted;
}

absl::Status check(const PutLogEventsRequest& request)
{
    std::size_t bytes = 0;
    std::int64_t before = 0;
    for (const InputLogEvent& event : request.log_events()) {
        bytes += event.message().size() + kEventOverhead;
        if (event.message().size() > kLargestEvent)
            return invalid(absl::StrCat("Log event too large: ", event.message().size(),
                                        " bytes exceeds limit of ", kLargestEvent));
        if (event.timestamp() < before)
            return invalid("Log events in a single PutLogEvents request must be in chronological "
                           "order.");
        before = event.timestamp();
    }
    return bytes <= kMostBytes
               ? absl::OkStatus()
               : invalid(absl::StrCat("Upload too large: ", bytes, " bytes exceeds limit of ",
                                      kMostBytes));
}

// The events are in the journal before the answer.
void put(const Context& c, const PutLogEventsRequest& request, Reply<PutLogEventsResponse> reply)
{
    if (absl::Status status = check(request); !status.ok())
        return reply(status);
    c.store.read<bool>(
        [group = request.log_group_name(),
         stream = request.log_stream_name()](store::Database& database) -> absl::StatusOr<bool> {
            if (absl::Status status = logs::needStream(database, group, stream); !status.ok())
                return status;
            return true;
        },
        [&recorder = c.recorder, request, reply = std::move(reply)](absl::StatusOr<bool> known) {
            if (!known.ok())
                return reply(known.status());
            const std::int64_t now = recorder.clock().unixMicros();
            const Accepted accepted = acceptedOf(request, now / 1'000);
            for (int i = accepted.from; i < accepted.to; ++i) {
                LogLine line;
                line.ingestedMicros = now;
                line.entry.logGroup = request.log_group_name();
                line.entry.timeMicros = request.log_events(i).timestamp() * 1'000;
                line.entry.logStream = request.log_stream_name();
                line.entry.message = request.log_events(i).message();
                if (!recorder.keep(std::move(line)))
                    return reply(makeError("ServiceUnavailableException", 500,
                                           "The disk does not take more log events now."));
            }
            PutLogEventsResponse response;
            response.set_next_sequence_token(absl::StrCat(now));
            if (accepted.rejected.ByteSizeLong() > 0)
                *response.mutable_rejected_log_events_info() = accepted.rejected;
            reply(std::move(response));
        });
}

// As many lines as an answer may hold, from the front.
std::size_t fitting(const std::vector<LogLine>& lines, std::size_t limit)
{
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (; count < lines.size() && count < limit; ++count) {
        bytes += lines[count].entry.message.size() + 128;
        if (bytes > kMostBytes && count > 0)
            break;
    }
    return count;
}

struct Page {
    std::vector<LogLine> lines; // oldest first
    bool more = false;
};

struct GetQuery {
    std::string group;
    std::string stream;
    logs::Scan scan;
    bool forward = false;
    std::optional<Place> from;
    std::size_t limit = kMostEvents;
};

absl::StatusOr<Page> getPage(store::Database& database, const GetQuery& query)
{
    if (absl::Status status = logs::needStream(database, query.group, query.stream); !status.ok())
        return status;
    const auto order = query.forward ? logs::Order::OldestFirst : logs::Order::NewestFirst;
    auto lines = logs::findLines(
        database, query.scan, order, query.limit, [&](const logs::LineView& line) {
            const Place place{line.timeMicros, line.id};
            return !query.from || (query.forward ? place > *query.from : place < *query.from);
        });
    if (!lines.ok())
        return lines.status();
    lines->resize(fitting(*lines, query.limit));
    if (!query.forward)
        std::reverse(lines->begin(), lines->end());
    return Page{*std::move(lines)};
}

void get(const Context& c, const GetLogEventsRequest& request, Reply<GetLogEventsResponse> reply)
{
    const auto group = requestedGroup(c.place, request);
    if (!group.ok())
        return reply(group.status());
    GetQuery query;
    query.group = *group;
    query.stream = request.log_stream_name();
    query.scan.groups = {*group};
    query.scan.streams = {request.log_stream_name()};
    query.scan.fromMicros = request.start_time() * 1'000;
    query.scan.toMicros = request.has_end_time() ? request.end_time() * 1'000 : kNever;
    query.forward = request.start_from_head();
    query.limit = static_cast<std::size_t>(request.has_limit() ? request.limit() : kMostEvents);
    if (request.has_next_token()) {
        const auto place = parseToken(request.next_token(), "fb");
        if (!place.ok())
            return reply(place.status());
        query.from = *place;
        query.forward = request.next_token().starts_with('f');
    }
    c.store.read<Page>(
        [query](store::Database& database) { return getPage(database, query); },
        [from = query.from.value_or(Place()), reply = std::move(reply)](absl::StatusOr<Page> page) {
            if (!page.ok())
                return reply(page.status());
            GetLogEventsResponse response;
            for (const LogLine& line : page->lines) {
                OutputLogEvent& event = *response.add_events();
                event.set_timestamp(line.entry.timeMicros / 1'000);
                event.set_ingestion_time(line.ingestedMicros / 1'000);
                event.set_message(line.entry.message);
            }
            const bool none = page->lines.empty();
            response.set_next_forward_token(
                tokenOf('f', none ? from : placeOf(page->lines.back())));
            response.set_next_backward_token(
                tokenOf('b', none ? from : placeOf(page->lines.front())));
            reply(std::move(response));
        });
}

struct FilterQuery {
    logs::Scan scan;
    std::string pattern;
    std::optional<Place> after;
    std::size_t limit = kMostEvents;
};

absl::StatusOr<Page> filterPage(store::Database& database, FilterQuery query)
{
    if (absl::Status status = logs::needGroup(database, query.scan.groups.front()); !status.ok())
        return status;
    const auto pattern = logs::FilterPattern::parse(query.pattern);
    if (!pattern.ok())
        return pattern.status();
    query.scan.texts = pattern->texts();
    if (query.after)
        query.scan.fromMicros = std::max(query.scan.fromMicros, query.after->timeMicros);
    auto lines = logs::findLines(
        database, query.scan, logs::Order::OldestFirst, query.limit + 1,
        [&](const logs::LineView& line) {
            return (!query.after || Place{line.timeMicros, line.id} > *query.after) &&
                   pattern->matches(line.message);
        });
    if (!lines.ok())
        return lines.status();
    const std::size_t count = fitting(*lines, query.limit);
    const bool more = count < lines->size();
    lines->resize(count);
    return Page{*std::move(lines), more};
}

void filter(const Context& c, const FilterLogEventsRequest& request,
            Reply<FilterLogEventsResponse> reply)
{
    const auto group = requestedGroup(c.place, request);
    if (!group.ok())
        return reply(group.status());
    if (const auto pattern = logs::FilterPattern::parse(request.filter_pattern()); !pattern.ok())
        return reply(pattern.status());
    if (request.log_stream_names_size() > 0 && request.has_log_stream_name_prefix())
        return reply(invalid("logStreamNames and logStreamNamePrefix exclude each other."));
    FilterQuery query;
    query.scan.groups = {*group};
    query.scan.streams = {request.log_stream_names().begin(), request.log_stream_names().end()};
    query.scan.streamPrefix = request.log_stream_name_prefix();
    query.scan.fromMicros = request.start_time() * 1'000;
    query.scan.toMicros = request.has_end_time() ? (request.end_time() + 1) * 1'000 : kNever;
    query.pattern = request.filter_pattern();
    query.limit = static_cast<std::size_t>(request.has_limit() ? request.limit() : kMostEvents);
    if (request.has_next_token()) {
        const auto place = parseToken(request.next_token(), "n");
        if (!place.ok())
            return reply(place.status());
        query.after = *place;
    }
    c.store.readLong<Page>(
        [query](store::Database& database) { return filterPage(database, query); },
        [reply = std::move(reply)](absl::StatusOr<Page> page) {
            if (!page.ok())
                return reply(page.status());
            FilterLogEventsResponse response;
            for (const LogLine& line : page->lines) {
                FilteredLogEvent& event = *response.add_events();
                event.set_log_stream_name(line.entry.logStream);
                event.set_timestamp(line.entry.timeMicros / 1'000);
                event.set_ingestion_time(line.ingestedMicros / 1'000);
                event.set_message(line.entry.message);
                event.set_event_id(absl::StrFormat("%056d", line.id));
            }
            if (page->more)
                response.set_next_token(tokenOf('n', placeOf(page->lines.back())));
            reply(std::move(response));
        });
}

void testFilter(const TestMetricFilterRequest& request, const Reply<TestMetricFilterResponse>& reply)
{
    const auto pattern = logs::FilterPattern::parse(request.filter_pattern());
    if (!pattern.ok())
        return reply(pattern.status());
    TestMetricFilterResponse response;
    for (int i = 0; i < request.log_event_messages_size(); ++i) {
        if (!pattern->matches(request.log_event_messages(i)))
            continue;
        MetricFilterMatchRecord& match = *response.add_matches();
        match.set_event_number(i + 1);
        match.set_event_message(request.log_event_messages(i));
    }
    reply(std::move(response));
}

} // namespace

void registerEvents(OperationTable& table, Context c)
{
    table.on<PutLogEventsRequest, PutLogEventsResponse>(
        [c](CallPtr, const auto& request, Reply<PutLogEventsResponse> reply) {
            put(c, request, std::move(reply));
        });
    table.on<GetLogEventsRequest, GetLogEventsResponse>(
        [c](CallPtr, const auto& request, Reply<GetLogEventsResponse> reply) {
            get(c, request, std::move(reply));
        });
    table.on<FilterLogEventsRequest, FilterLogEventsResponse>(
        [c](CallPtr, const auto& request, Reply<FilterLogEventsResponse> reply) {
            filter(c, request, std::move(reply));
        });
    table.on<TestMetricFilterRequest, TestMetricFilterResponse>(
        [](CallPtr, const auto& request, const auto& reply) { testFilter(request, reply); });
}

} // namespace gantry::api::logs_api
