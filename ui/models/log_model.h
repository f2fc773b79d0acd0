#pragma once

#include "ui/rpc/monitor_types.h"

#include <QAbstractListModel>

#include <deque>

namespace gantry::models {

enum class LogLevel { Debug, Info, Warning, Error, Platform };

// What a log line's text says about its level: the tokens that Python's logging, Node's console and
// the platform itself write near the start of a line.
LogLevel levelOf(const rpc::LogLine& line);

// The lines of a live log, oldest first, at most kMaxLines of them: the oldest go first. A message
// of several lines takes as many rows, all of one height, so that a view of a hundred thousand stays
// fast. The filter hides rows, it does not lose them.
class LogModel final : public QAbstractListModel {
    Q_OBJECT
public:
    static constexpr int kMaxLines = 100'000;
    // One line of a hostile function may be megabytes long; a row shows this much of it.
    static constexpr int kMaxRowLength = 4'000;

    // DeniedRole: the row tells of a call that was refused.
    enum Role { LevelRole = Qt::UserRole, TimeRole, FunctionRole, RequestIdRole, FirstRole, DeniedRole };

    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

    void append(const QList<rpc::LogLine>& lines);
    void clear();
    // Rows of this level and above that hold the text (in any case) or belong to that request.
    void setFilter(const QString& contains, LogLevel lowest);
    // All rows kept, hidden ones included.
    int lineCount() const { return int(m_rows.size()); }
    // Characters of the longest row since the last clear().
    qsizetype longestRow() const { return m_longestRow; }
    // The visible rows as text, for the clipboard; or as JSON, one object a line of the log.
    QString text(const QList<int>& rows) const;
    QString json(const QList<int>& rows) const;

private:
    struct Row {
        qint64 number; // ascending, never used twice
        qint64 timeUs;
        QString text;
        QString functionName;
        QString requestId;
        LogLevel level;
        QString stream;
        bool first; // of its message
    };

    bool passes(const Row& row) const;
    const Row& visibleRow(int row) const;
    void addRows(const rpc::LogLine& line, std::deque<Row>& rows);
    void dropOldest();

    std::deque<Row> m_rows;
    std::deque<qint64> m_visible; // numbers of the rows that pass the filter
    qint64 m_nextNumber = 0;
    qsizetype m_longestRow = 0;
    QString m_contains;
    LogLevel m_lowest = LogLevel::Debug;
};

} // namespace gantry::models
