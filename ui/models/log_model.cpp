#include "ui/models/log_model.h"

#include "ui/models/denial.h"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

#include <algorithm>

namespace gantry::models {

namespace {

// Levels are named near the start; a word in the middle of a sentence is not one.
constexpr qsizetype kHead = 160;

struct Token {
    const char* text;
    LogLevel level;
};

constexpr Token kTokens[] = {
    {"ERROR", LogLevel::Error},          {"FATAL", LogLevel::Error},
    {"CRITICAL", LogLevel::Error},       {"Traceback (most recent", LogLevel::Error},
    {"Task timed out", LogLevel::Error}, {"errorType", LogLevel::Error},
    {"Runtime exited", LogLevel::Error}, {"WARN", LogLevel::Warning},
    {"DEBUG", LogLevel::Debug},          {"TRACE", LogLevel::Debug},
};

// The platform's own lines are no less important than information.
bool reaches(LogLevel level, LogLevel lowest)
{
    return (level == LogLevel::Platform ? LogLevel::Info : level) >= lowest;
}

QStringView trimmedEnd(QStringView text)
{
    while (!text.isEmpty() && (text.back() == u'\n' || text.back() == u'\r'))
        text.chop(1);
    return text;
}

} // namespace

LogLevel levelOf(const rpc::LogLine& line)
{
    const QStringView head = QStringView(line.message).left(kHead);
    for (const Token& token : kTokens) {
        if (head.contains(QLatin1String(token.text)))
            return token.level;
    }
    return line.source == rpc::LogLine::Source::Platform ? LogLevel::Platform : LogLevel::Info;
}

int LogModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_visible.size());
}

QVariant LogModel::data(const QModelIndex& index, int role) const
{
    const Row& row = visibleRow(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return row.text;
    case LevelRole:
        return int(row.level);
    case TimeRole:
        return row.timeUs;
    case FunctionRole:
        return row.functionName;
    case RequestIdRole:
        return row.requestId;
    case FirstRole:
        return row.first;
    case DeniedRole:
        return tellsOfDenial(row.text);
    default:
        return {};
    }
}

void LogModel::append(const QList<rpc::LogLine>& lines)
{
    std::deque<Row> rows;
    for (const rpc::LogLine& line : lines)
        addRows(line, rows);
    if (rows.size() > std::size_t(kMaxLines)) {
        // More at once than is kept: nothing of before stays, so the numbers stay without gaps.
        clear();
        rows.erase(rows.begin(), rows.end() - kMaxLines);
    }
    const auto shown =
        std::count_if(rows.begin(), rows.end(), [this](const Row& row) { return passes(row); });
    if (shown > 0)
        beginInsertRows({}, rowCount(), rowCount() + int(shown) - 1);
    for (Row& row : rows) {
        if (passes(row))
            m_visible.push_back(row.number);
        m_rows.push_back(std::move(row));
    }
    if (shown > 0)
        endInsertRows();
    dropOldest();
}

void LogModel::clear()
{
    beginResetModel();
    m_rows.clear();
    m_visible.clear();
    m_longestRow = 0;
    endResetModel();
}

void LogModel::setFilter(const QString& contains, LogLevel lowest)
{
    if (contains == m_contains && lowest == m_lowest)
        return;
    beginResetModel();
    m_contains = contains;
    m_lowest = lowest;
    m_visible.clear();
    for (const Row& row : m_rows) {
        if (passes(row))
            m_visible.push_back(row.number);
    }
    endResetModel();
}

QString LogModel::text(const QList<int>& rows) const
{
    QStringList lines;
    for (const int at : rows) {
        const Row& row = visibleRow(at);
        const QDateTime time = QDateTime::fromMSecsSinceEpoch(row.timeUs / 1000, Qt::UTC);
        lines.append(time.toString(Qt::ISODateWithMs) + u'\t' + row.text);
    }
    return lines.join(u'\n');
}

QString LogModel::json(const QList<int>& rows) const
{
    QByteArray lines;
    QJsonObject line;
    const auto finish = [&] {
        if (!line.isEmpty())
            lines += QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n';
    };
    for (const int at : rows) {
        const Row& row = visibleRow(at);
        const QString message = QStringLiteral("message");
        if (!row.first && !line.isEmpty()) {
            line[message] = line[message].toString() + u'\n' + row.text;
            continue;
        }
        finish();
        const QDateTime time = QDateTime::fromMSecsSinceEpoch(row.timeUs / 1000, Qt::UTC);
        line = {{QStringLiteral("time"), time.toString(Qt::ISODateWithMs)},
                {QStringLiteral("function"), row.functionName},
                {QStringLiteral("logStream"), row.stream},
                {message, row.text}};
        if (!row.requestId.isEmpty())
            line[QStringLiteral("requestId")] = row.requestId;
    }
    finish();
    return QString::fromUtf8(lines);
}

bool LogModel::passes(const Row& row) const
{
    return reaches(row.level, m_lowest) &&
           (m_contains.isEmpty() || row.text.contains(m_contains, Qt::CaseInsensitive) ||
            row.requestId == m_contains);
}

const LogModel::Row& LogModel::visibleRow(int row) const
{
    // Rows are numbered without gaps, so the number tells the place.
    return m_rows[std::size_t(m_visible[std::size_t(row)] - m_rows.front().number)];
}

void LogModel::addRows(const rpc::LogLine& line, std::deque<Row>& rows)
{
    const LogLevel level = levelOf(line);
    bool first = true;
    for (const QStringView part : trimmedEnd(line.message).split(u'\n')) {
        Row row{m_nextNumber++, line.timeUs, {},          line.functionName,
                line.requestId, level,       line.stream, first};
        const QStringView text = trimmedEnd(part);
        row.text = text.left(kMaxRowLength).toString();
        if (text.size() > kMaxRowLength)
            row.text += tr(" … (%n more characters)", nullptr, int(text.size() - kMaxRowLength));
        m_longestRow = std::max(m_longestRow, row.text.size());
        rows.push_back(std::move(row));
        first = false;
    }
}

void LogModel::dropOldest()
{
    if (m_rows.size() <= std::size_t(kMaxLines))
        return;
    const qint64 keepFrom = m_rows[m_rows.size() - kMaxLines].number;
    const auto firstKept = std::lower_bound(m_visible.begin(), m_visible.end(), keepFrom);
    const int gone = int(firstKept - m_visible.begin());
    if (gone > 0)
        beginRemoveRows({}, 0, gone - 1);
    m_visible.erase(m_visible.begin(), firstKept);
    m_rows.erase(m_rows.begin(), m_rows.end() - kMaxLines);
    if (gone > 0)
        endRemoveRows();
}

} // namespace gantry::models
