#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <functional>
#include <memory>

class QObject;

namespace gantry::rpc {

// The answer of an Insights query: rows of texts under the names of their fields.
struct InsightsResult {
    QStringList fields;
    QList<QStringList> rows; // as long as fields; empty where a row has no such field
    qint64 recordsMatched = 0;
    qint64 recordsScanned = 0;
    qint64 bytesScanned = 0;
};

struct InsightsQuery {
    QStringList groups; // none: of all log groups, as far as 50
    QString text;
    qint64 fromMs = 0;
    qint64 toMs = 0;
};

// CloudWatch Logs of the platform in Qt values.
class LogsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit LogsApi(Channel& channel) : m_channel(channel) {}

    void listGroups(QObject* context, Done<QStringList> done);
    // Answers when the query has ended; with the error "Cancelled" when it was stopped.
    void runQuery(const InsightsQuery& query, QObject* context, Done<InsightsResult> done,
                  std::function<void(QString)> started = {});
    void stopQuery(const QString& queryId, QObject* context);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
