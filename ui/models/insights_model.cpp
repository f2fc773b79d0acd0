#include "ui/models/insights_model.h"

#include <QDateTime>
#include <QHash>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <limits>

namespace gantry::models {

namespace {

constexpr int kMostSeries = 8; // as many as the theme has colours
constexpr qint64 kMostBins = 5'000;

bool isNumber(const QString& text)
{
    bool ok = false;
    text.toDouble(&ok);
    return ok;
}

// "2026-11-25 22:33:57.000", as the platform writes times; -1 when it is none.
qint64 timeOf(const QString& text)
{
    if (text.size() != 23 || text[4] != u'-' || text[10] != u' ')
        return -1;
    QDateTime time = QDateTime::fromString(text, QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
    time.setTimeSpec(Qt::UTC);
    return time.isValid() ? time.toMSecsSinceEpoch() : -1;
}

template <class Test> bool everyValue(const rpc::InsightsResult& result, int column, Test test)
{
    bool any = false;
    for (const QStringList& row : result.rows) {
        if (row[column].isEmpty())
            continue;
        any = true;
        if (!test(row[column]))
            return false;
    }
    return any;
}

struct Columns {
    int time = -1;
    QList<int> numbers;
    QList<int> texts;
};

Columns columnsOf(const rpc::InsightsResult& result)
{
    Columns columns;
    for (int column = 0; column < result.fields.size(); ++column) {
        const bool time = columns.time < 0 && everyValue(result, column, [](const QString& text) {
                              return timeOf(text) >= 0;
                          });
        if (time)
            columns.time = column;
        else if (everyValue(result, column, isNumber))
            columns.numbers.append(column);
        else
            columns.texts.append(column);
    }
    return columns;
}

// The width of the bins: the smallest distance of two times.
qint64 widthOf(QList<qint64> times)
{
    std::sort(times.begin(), times.end());
    qint64 width = 0;
    for (qsizetype i = 1; i < times.size(); ++i) {
        const qint64 distance = times[i] - times[i - 1];
        if (distance > 0 && (width == 0 || distance < width))
            width = distance;
    }
    return width;
}

QString seriesName(const rpc::InsightsResult& result, const Columns& columns,
                   const QStringList& row, int number)
{
    QStringList parts;
    for (const int column : columns.texts)
        parts.append(row[column]);
    if (columns.numbers.size() > 1 || parts.isEmpty())
        parts.append(result.fields[number]);
    return parts.join(QStringLiteral(" · "));
}

} // namespace

void InsightsModel::show(const rpc::InsightsResult& result)
{
    beginResetModel();
    m_result = result;
    m_numeric.clear();
    for (int column = 0; column < result.fields.size(); ++column)
        m_numeric.append(everyValue(result, column, isNumber));
    endResetModel();
}

int InsightsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_result.rows.size());
}

int InsightsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_result.fields.size());
}

QVariant InsightsModel::data(const QModelIndex& index, int role) const
{
    const QString& text = m_result.rows[index.row()][index.column()];
    switch (role) {
    case Qt::DisplayRole:
        return QString(text).replace(u'\n', u' ').replace(u'\t', u' ');
    case Qt::ToolTipRole:
        return text;
    case SortRole:
        return m_numeric[index.column()] ? QVariant(text.toDouble()) : QVariant(text);
    case Qt::TextAlignmentRole:
        return m_numeric[index.column()] ? int(Qt::AlignRight | Qt::AlignVCenter)
                                         : int(Qt::AlignLeft | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant InsightsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::DisplayRole)
        return m_result.fields.value(section);
    return QAbstractTableModel::headerData(section, orientation, role);
}

QString InsightsModel::text(const QList<int>& rows) const
{
    QStringList lines{m_result.fields.join(u'\t')};
    for (const int row : rows)
        lines.append(m_result.rows[row].join(u'\t'));
    return lines.join(u'\n');
}

QString InsightsModel::json(const QList<int>& rows) const
{
    QByteArray lines;
    for (const int row : rows) {
        QJsonObject object;
        for (int column = 0; column < m_result.fields.size(); ++column) {
            const QString& text = m_result.rows[row][column];
            if (!text.isEmpty())
                object[m_result.fields[column]] =
                    m_numeric[column] ? QJsonValue(text.toDouble()) : QJsonValue(text);
        }
        lines += QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    }
    return QString::fromUtf8(lines);
}

InsightsSeries seriesOf(const rpc::InsightsResult& result)
{
    InsightsSeries series;
    const Columns columns = columnsOf(result);
    if (columns.time < 0 || columns.numbers.isEmpty())
        return series;
    QList<qint64> times;
    for (const QStringList& row : result.rows)
        times.append(timeOf(row[columns.time]));
    const auto [first, last] = std::minmax_element(times.begin(), times.end());
    const qint64 width = widthOf(times);
    if (width <= 0 || (*last - *first) / width >= kMostBins)
        return series;
    series.startMs = *first;
    series.binMs = width;
    const qsizetype bins = (*last - *first) / width + 1;
    QHash<QString, qsizetype> places;
    for (qsizetype i = 0; i < result.rows.size(); ++i) {
        for (const int number : columns.numbers) {
            const QString name = seriesName(result, columns, result.rows[i], number);
            if (!places.contains(name)) {
                places.insert(name, places.size());
                if (places.size() > kMostSeries)
                    continue;
                series.names.append(name);
                series.values.append(
                    QList<double>(bins, std::numeric_limits<double>::quiet_NaN()));
            }
            const qsizetype place = places.value(name);
            if (place < series.values.size() && !result.rows[i][number].isEmpty())
                series.values[place][(times[i] - series.startMs) / width] =
                    result.rows[i][number].toDouble();
        }
    }
    series.left = int(places.size() - series.names.size());
    return series;
}

} // namespace gantry::models
