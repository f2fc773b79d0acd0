#include "ui/models/trace_timeline.h"

#include <QCoreApplication>
#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>

#include <algorithm>

namespace gantry::models {
namespace {

constexpr int kMaxSpans = 5'000;
constexpr int kMaxDepth = 64;

QString kindOf(const QJsonObject& document)
{
    const QString origin = document.value(QLatin1String("origin")).toString();
    if (origin == QLatin1String("AWS::Lambda"))
        return QCoreApplication::translate("TraceTimeline", "Lambda service");
    if (origin == QLatin1String("AWS::Lambda::Function"))
        return QCoreApplication::translate("TraceTimeline", "Lambda function");
    return origin.isEmpty() ? document.value(QLatin1String("namespace")).toString() : origin;
}

class Builder final {
public:
    TraceTimeline build(const QList<QByteArray>& documents)
    {
        for (const QByteArray& document : documents)
            collect(QJsonDocument::fromJson(document).object(), {}, 0);
        for (qsizetype i = 0; i < m_found.size(); ++i)
            m_byId.insert(m_found[i].id, int(i));
        for (qsizetype i = 0; i < m_found.size(); ++i) {
            const auto parent = m_byId.constFind(m_parents[i]);
            if (parent == m_byId.constEnd() || *parent == i)
                m_roots.append(int(i));
            else
                m_children[*parent].append(int(i));
        }
        sortByTime(m_roots);
        placeOnTimeline();
        for (const int root : std::as_const(m_roots))
            arrange(root, 0);
        if (!m_roots.isEmpty())
            markCritical(m_roots.first(), m_found[m_roots.first()].endMs, 0);
        for (const int i : std::as_const(m_order))
            m_result.spans.append(m_found[i]);
        return m_result;
    }

private:
    // Times stay in Unix milliseconds until all are known.
    void collect(const QJsonObject& document, const QString& parent, int depth)
    {
        const double start = document.value(QLatin1String("start_time")).toDouble() * 1000;
        const QString id = document.value(QLatin1String("id")).toString();
        if (start <= 0 || id.isEmpty() || m_found.size() >= kMaxSpans || depth > kMaxDepth)
            return;
        TimelineSpan span;
        span.id = id;
        span.name = document.value(QLatin1String("name")).toString();
        span.kind = kindOf(document);
        span.segment = parent.isEmpty() &&
                       document.value(QLatin1String("type")).toString() != QLatin1String("subsegment");
        span.startMs = start;
        span.endMs = document.value(QLatin1String("end_time")).toDouble() * 1000;
        span.inProgress = span.endMs < start;
        span.fault = document.value(QLatin1String("fault")).toBool();
        span.error = document.value(QLatin1String("error")).toBool();
        span.throttle = document.value(QLatin1String("throttle")).toBool();
        span.message = document.value(QLatin1String("cause"))
                           .toObject()
                           .value(QLatin1String("exceptions"))
                           .toArray()
                           .first()
                           .toObject()
                           .value(QLatin1String("message"))
                           .toString();
        span.details = document;
        span.details.remove(QLatin1String("subsegments"));
        m_parents.append(parent.isEmpty() ? document.value(QLatin1String("parent_id")).toString()
                                          : parent);
        m_found.append(span);
        for (const QJsonValue& child : document.value(QLatin1String("subsegments")).toArray())
            collect(child.toObject(), id, depth + 1);
    }

    void sortByTime(QList<int>& indices) const
    {
        std::stable_sort(indices.begin(), indices.end(), [this](int a, int b) {
            return m_found[a].startMs < m_found[b].startMs;
        });
    }

    void placeOnTimeline()
    {
        double first = 0;
        double last = 0;
        for (const TimelineSpan& span : std::as_const(m_found)) {
            first = first == 0 ? span.startMs : std::min(first, span.startMs);
            last = std::max({last, span.startMs, span.endMs});
        }
        m_result.startMs = qint64(first);
        m_result.durationMs = last - first;
        for (TimelineSpan& span : m_found) {
            span.startMs -= first;
            span.endMs = span.inProgress ? m_result.durationMs : span.endMs - first;
        }
    }

    void arrange(int index, int depth)
    {
        if (m_seen.contains(index) || depth > kMaxDepth)
            return;
        m_seen.insert(index);
        m_found[index].depth = depth;
        m_order.append(index);
        QList<int>& children = m_children[index];
        sortByTime(children);
        for (const int child : QList<int>(children))
            arrange(child, depth + 1);
    }

    // Backwards from the end: what a span waited for last is on the path, then what that one began
    // after, and so on; between them the span itself is what took the time.
    void markCritical(int index, double until, int depth)
    {
        if (depth > kMaxDepth)
            return;
        QList<int> children = m_children.value(index);
        std::stable_sort(children.begin(), children.end(), [this](int a, int b) {
            return m_found[a].endMs > m_found[b].endMs;
        });
        const double start = m_found[index].startMs;
        double at = until;
        QList<QPair<double, double>> own;
        for (const int child : std::as_const(children)) {
            const TimelineSpan& below = m_found[child];
            if (below.endMs > at || below.endMs <= start || below.durationMs() <= 0)
                continue;
            if (below.endMs < at)
                own.prepend({below.endMs, at});
            markCritical(child, below.endMs, depth + 1);
            at = std::max(start, below.startMs);
        }
        if (at > start)
            own.prepend({start, at});
        m_found[index].critical = own;
    }

    TraceTimeline m_result;
    QList<TimelineSpan> m_found;
    QList<QString> m_parents; // ids, of each found
    QHash<QString, int> m_byId;
    QHash<int, QList<int>> m_children;
    QList<int> m_roots;
    QList<int> m_order;
    QSet<int> m_seen;
};

} // namespace

TraceTimeline TraceTimeline::of(const QList<QByteArray>& documents)
{
    return Builder().build(documents);
}

} // namespace gantry::models
