#include "backend/api/logs_topics.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/observe/insights/run.h"
#include "backend/observe/logs/groups.h"
#include "backend/observe/recorder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>

// Insights: queries that run while their callers ask for the result now and then.
namespace gantry::api::logs_api {
namespace {

namespace logs = observe::logs;
namespace insights = observe::insights;
using namespace aws::logs;

constexpr std::size_t kKeptQueries = 100; // with their results
constexpr int kMostRows = 10'000;

struct Running {
    std::string id;
    std::string text;
    std::string group; // the first
    std::int64_t createdMs = 0;
    std::int64_t endedMs = 0;
    const char* status = "Running";
    insights::Result result;
    std::size_t groups = 0;
    std::atomic<bool> cancelled = false;
};
using RunningPtr = std::shared_ptr<Running>;

class Queries final : public std::enable_shared_from_this<Queries> {
public:
    explicit Queries(Context context) : m_context(context) {}

    void start(const StartQueryRequest& request, const Reply<StartQueryResponse>& reply)
    {
        insights::Query query;
        if (absl::Status status = readRequest(request, query); !status.ok())
            return reply(status);
        auto running = std::make_shared<Running>();
        running->id = randomUuid();
        running->text = query.text;
        running->group = query.groups.front();
        running->groups = query.groups.size();
        running->createdMs = m_context.recorder.clock().unixMillis();
        m_context.store.readLong<insights::Result>(
            [running, query](store::Database& database) -> absl::StatusOr<insights::Result> {
                for (const std::string& group : query.groups) {
                    if (absl::Status status = logs::needGroup(database, group); !status.ok())
                        return status;
                }
                return insights::run(database, query, running->cancelled);
            },
            [self = shared_from_this(), running](absl::StatusOr<insights::Result> result) {
                running->endedMs = self->m_context.recorder.clock().unixMillis();
                if (absl::IsCancelled(result.status()))
                    running->status = "Cancelled";
                else
                    running->status = result.ok() ? "Complete" : "Failed";
                if (result.ok())
                    running->result = *std::move(result);
            });
        m_queries.push_back(running);
        forgetOld();
        StartQueryResponse response;
        response.set_query_id(running->id);
        reply(std::move(response));
    }

    void results(const std::string& id, const Reply<GetQueryResultsResponse>& reply) const
    {
        const RunningPtr query = find(id);
        if (!query)
            return reply(unknown(id));
        GetQueryResultsResponse response;
        response.set_query_language("CWLI");
        response.set_status(query->status);
        const insights::Result& result = query->result;
        for (const auto& row : result.rows) {
            ResultRows& fields = *response.add_results();
            for (const auto& [name, value] : row) {
                ResultField& field = *fields.add_members();
                field.set_field(name);
                field.set_value(value);
            }
        }
        QueryStatistics& statistics = *response.mutable_statistics();
        statistics.set_records_matched(static_cast<double>(result.recordsMatched));
        statistics.set_records_scanned(static_cast<double>(result.statistics.linesScanned));
        statistics.set_bytes_scanned(static_cast<double>(result.statistics.bytesScanned));
        statistics.set_log_groups_scanned(static_cast<double>(query->groups));
        reply(std::move(response));
    }

    void stop(const std::string& id, const Reply<StopQueryResponse>& reply) const
    {
        const RunningPtr query = find(id);
        if (!query)
            return reply(unknown(id));
        if (query->endedMs > 0)
            return reply(invalid("The query has already ended."));
        query->cancelled = true;
        StopQueryResponse response;
        response.set_success(true);
        reply(std::move(response));
    }

    void list(const DescribeQueriesRequest& request,
              const Reply<DescribeQueriesResponse>& reply) const
    {
        DescribeQueriesResponse response;
        for (auto query = m_queries.rbegin(); query != m_queries.rend(); ++query) {
            const Running& q = **query;
            if ((request.has_log_group_name() && q.group != request.log_group_name()) ||
                (request.has_status() && q.status != request.status()))
                continue;
            QueryInfo& info = *response.add_queries();
            info.set_query_language("CWLI");
            info.set_query_id(q.id);
            info.set_query_string(q.text);
            info.set_status(q.status);
            info.set_create_time(q.createdMs);
            info.set_log_group_name(q.group);
            if (q.endedMs > 0)
                info.set_query_duration(q.endedMs - q.createdMs);
        }
        reply(std::move(response));
    }

private:
    absl::Status readRequest(const StartQueryRequest& request, insights::Query& query) const
    {
        if (request.has_query_language() && request.query_language() != "CWLI")
            return invalid("queryLanguage: this platform has CWLI, the language of Logs Insights.");
        if (request.has_log_group_name())
            query.groups.push_back(request.log_group_name());
        query.groups.insert(query.groups.end(), request.log_group_names().begin(),
                            request.log_group_names().end());
        for (const std::string& identifier : request.log_group_identifiers()) {
            auto group = groupOf(m_context.place, identifier);
            if (!group.ok())
                return group.status();
            query.groups.push_back(*std::move(group));
        }
        if (query.groups.empty() || query.groups.size() > 50)
            return invalid("A query names from 1 to 50 log groups.");
        if (request.end_time() < request.start_time())
            return invalid("endTime must not be before startTime.");
        // Seconds in the document; clients that send milliseconds are understood as well.
        constexpr std::int64_t kMillisFrom = 100'000'000'000;
        const auto ms = [](std::int64_t time) { return time < kMillisFrom ? time * 1'000 : time; };
        query.fromMs = ms(request.start_time());
        query.toMs = ms(request.end_time()) + (request.end_time() < kMillisFrom ? 999 : 0);
        query.text = request.query_string();
        query.limit = static_cast<std::size_t>(
            std::min(request.has_limit() ? request.limit() : kMostRows, kMostRows));
        return insights::parseQuery(query.text).status();
    }

    RunningPtr find(const std::string& id) const
    {
        const auto found = std::find_if(m_queries.begin(), m_queries.end(),
                                        [&](const RunningPtr& query) { return query->id == id; });
        return found == m_queries.end() ? nullptr : *found;
    }

    static absl::Status unknown(const std::string& id)
    {
        return makeError("ResourceNotFoundException", 400,
                         absl::StrCat("Query ", id, " does not exist."));
    }

    void forgetOld()
    {
        if (m_queries.size() <= kKeptQueries)
            return;
        m_queries.front()->cancelled = true;
        m_queries.pop_front();
    }

    Context m_context;
    std::deque<RunningPtr> m_queries; // the newest last
};

} // namespace

void registerQueries(OperationTable& table, Context context)
{
    const auto queries = std::make_shared<Queries>(context);
    table.on<StartQueryRequest, StartQueryResponse>(
        [queries](CallPtr, const auto& request, const auto& reply) {
            queries->start(request, reply);
        });
    table.on<GetQueryResultsRequest, GetQueryResultsResponse>(
        [queries](CallPtr, const auto& request, const auto& reply) {
            queries->results(request.query_id(), reply);
        });
    table.on<StopQueryRequest, StopQueryResponse>(
        [queries](CallPtr, const auto& request, const auto& reply) {
            queries->stop(request.query_id(), reply);
        });
    table.on<DescribeQueriesRequest, DescribeQueriesResponse>(
        [queries](CallPtr, const auto& request, const auto& reply) {
            queries->list(request, reply);
        });
}

} // namespace gantry::api::logs_api
