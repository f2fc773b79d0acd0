#include "backend/api/log_feed.h"

#include "backend/api/monitor_messages.h"
#include "backend/observe/recorder.h"

#include <algorithm>
#include <utility>

namespace gantry::api {
namespace {
constexpr int kMaxBacklog = 1'000;
constexpr int kMaxLines = 2'000; // a message
constexpr std::size_t kMaxBytes = 512 * 1024;

bool wants(const std::vector<std::string>& functions, const std::string& name)
{
    return functions.empty() ||
           std::find(functions.begin(), functions.end(), name) != functions.end();
}

} // namespace

LogFeed::LogFeed(boost::asio::io_context& io, observe::Recorder& recorder)
    : m_recorder(recorder), m_timer(io, [this] { return beat(); })
{
}

void LogFeed::watch(CallPtr call, const v1::WatchLogsRequest& request, StreamPtr sink)
{
    auto watcher = std::make_shared<Watcher>();
    watcher->sink = std::move(sink);
    watcher->functions = {request.function_names().begin(), request.function_names().end()};
    watcher->lastId = m_recorder.log().lastId();
    call->onCancelled = [weak = std::weak_ptr<Watcher>(watcher)] {
        if (const auto watcher = weak.lock())
            watcher->gone = true;
    };
    m_watchers.push_back(watcher);
    begin(watcher, std::clamp(request.backlog(), 0, kMaxBacklog));
    m_timer.start();
}

void LogFeed::begin(const std::shared_ptr<Watcher>& watcher, int backlog)
{
    if (backlog == 0) {
        watcher->ready = true;
        return;
    }
    observe::LogQuery query;
    query.functions = watcher->functions;
    query.limit = backlog;
    m_recorder.queryLogs(
        std::move(query), [watcher](absl::StatusOr<std::vector<observe::LogLine>> lines) {
            watcher->ready = true;
            if (watcher->gone)
                return;
            if (!lines.ok()) {
                watcher->gone = true;
                return watcher->sink->finish(lines.status());
            }
            if (lines->empty())
                return;
            watcher->lastId = std::max(watcher->lastId, lines->back().id);
            (void)watcher->sink->write(batchOf(*lines)); // the first message always has room
        });
}

bool LogFeed::beat()
{
    std::erase_if(m_watchers, [](const auto& watcher) { return watcher->gone; });
    for (const auto& watcher : m_watchers) {
        if (watcher->ready && m_recorder.log().lastId() > watcher->lastId)
            send(*watcher);
    }
    return !m_watchers.empty();
}

void LogFeed::send(Watcher& watcher)
{
    v1::LogBatch batch;
    std::int64_t reached = m_recorder.log().lastId();
    std::size_t bytes = 0;
    batch.set_dropped(m_recorder.log().missedAfter(watcher.lastId));
    m_recorder.log().after(watcher.lastId, [&](const observe::LogLine& line) {
        if (!wants(watcher.functions, line.entry.functionName))
            return true;
        fill(*batch.add_lines(), line);
        bytes += line.entry.message.size();
        const bool full = batch.lines_size() >= kMaxLines || bytes >= kMaxBytes;
        if (full)
            reached = line.id;
        return !full;
    });
    const bool nothing = batch.lines_size() == 0 && batch.dropped() == 0;
    if (nothing || watcher.sink->write(batch))
        watcher.lastId = reached;
}

} // namespace gantry::api
