#include "ui/rpc/logs_api.h"

#include "aws/logs.pb.h"
#include "ui/rpc/call.h"

#include <QHash>
#include <QTimer>

#include <algorithm>

namespace gantry::rpc {

namespace pb = aws::logs;

namespace {

constexpr int kGroups = 50; // that a query may name
constexpr int kFirstPollMs = 15;
constexpr int kLongestPollMs = 500;

struct Answer {
    QString status;
    InsightsResult result;
};

Answer toAnswer(const pb::GetQueryResultsResponse& response)
{
    Answer answer;
    answer.status = QString::fromStdString(response.status());
    InsightsResult& result = answer.result;
    QHash<QString, qsizetype> places;
    for (const pb::ResultRows& row : response.results()) {
        QStringList values(result.fields.size());
        for (const pb::ResultField& field : row.members()) {
            const QString name = QString::fromStdString(field.field());
            if (!places.contains(name)) {
                places.insert(name, result.fields.size());
                result.fields.append(name);
                values.append(QString());
            }
            values[places.value(name)] = QString::fromStdString(field.value());
        }
        result.rows.append(values);
    }
    for (QStringList& row : result.rows) {
        while (row.size() < result.fields.size())
            row.append(QString());
    }
    result.recordsMatched = qint64(response.statistics().records_matched());
    result.recordsScanned = qint64(response.statistics().records_scanned());
    result.bytesScanned = qint64(response.statistics().bytes_scanned());
    return answer;
}

QStringList toNames(const pb::DescribeLogGroupsResponse& response)
{
    QStringList names;
    for (const pb::LogGroup& group : response.log_groups())
        names.append(QString::fromStdString(group.log_group_name()));
    return names;
}

// Starts a query and asks for its end, ever more slowly.
class QueryRun final : public std::enable_shared_from_this<QueryRun> {
public:
    QueryRun(Channel& channel, QObject* context, LogsApi::Done<InsightsResult> done)
        : m_channel(channel), m_context(context), m_done(std::move(done))
    {
    }

    void start(const pb::StartQueryRequest& request, std::function<void(QString)> started)
    {
        const auto convert = [](const pb::StartQueryResponse& response) {
            return QString::fromStdString(response.query_id());
        };
        std::function<void(Result<QString>)> onStarted =
            [self = shared_from_this(), started = std::move(started)](Result<QString> id) {
                if (!id)
                    return self->m_done(id.error());
                self->m_id = *id;
                if (started)
                    started(*id);
                self->ask();
            };
        call<pb::StartQueryResponse>(m_channel, request, m_context, convert, std::move(onStarted));
    }

private:
    void ask()
    {
        pb::GetQueryResultsRequest request;
        request.set_query_id(m_id.toStdString());
        std::function<void(Result<Answer>)> onAnswer = [self = shared_from_this()](
                                                           Result<Answer> answer) {
            self->take(answer);
        };
        call<pb::GetQueryResultsResponse>(m_channel, request, m_context, &toAnswer,
                                          std::move(onAnswer));
    }

    void take(const Result<Answer>& answer)
    {
        if (!answer)
            return m_done(answer.error());
        if (answer->status == QLatin1String("Complete"))
            return m_done(answer->result);
        if (answer->status != QLatin1String("Running"))
            return m_done(Error{answer->status, answer->status == QLatin1String("Cancelled")
                                                    ? QStringLiteral("The query was stopped.")
                                                    : QStringLiteral("The query failed."),
                                false});
        QTimer::singleShot(m_waitMs, m_context.data(), [self = shared_from_this()] { self->ask(); });
        m_waitMs = std::min(2 * m_waitMs, kLongestPollMs);
    }

    Channel& m_channel;
    QPointer<QObject> m_context;
    LogsApi::Done<InsightsResult> m_done;
    QString m_id;
    int m_waitMs = kFirstPollMs;
};

} // namespace

void LogsApi::listGroups(QObject* context, Done<QStringList> done)
{
    pb::DescribeLogGroupsRequest request;
    request.set_limit(kGroups);
    call<pb::DescribeLogGroupsResponse>(m_channel, request, context, &toNames, std::move(done));
}

void LogsApi::runQuery(const InsightsQuery& query, QObject* context, Done<InsightsResult> done,
                       std::function<void(QString)> started)
{
    if (query.groups.isEmpty()) {
        listGroups(context, [this, query, context = QPointer<QObject>(context), done,
                             started](const Result<QStringList>& groups) {
            if (!groups)
                return done(groups.error());
            if (groups->isEmpty())
                return done(InsightsResult());
            InsightsQuery all = query;
            all.groups = *groups;
            runQuery(all, context, done, started);
        });
        return;
    }
    pb::StartQueryRequest request;
    for (const QString& group : query.groups.mid(0, kGroups))
        request.add_log_group_names(group.toStdString());
    request.set_query_string(query.text.toStdString());
    request.set_start_time(query.fromMs);
    request.set_end_time(query.toMs);
    std::make_shared<QueryRun>(m_channel, context, std::move(done))
        ->start(request, std::move(started));
}

void LogsApi::stopQuery(const QString& queryId, QObject* context)
{
    pb::StopQueryRequest request;
    request.set_query_id(queryId.toStdString());
    std::function<void(Result<Nothing>)> ignored = [](const Result<Nothing>&) {};
    call<pb::StopQueryResponse>(
        m_channel, request, context, [](const pb::StopQueryResponse&) { return Nothing(); },
        std::move(ignored));
}

} // namespace gantry::rpc
