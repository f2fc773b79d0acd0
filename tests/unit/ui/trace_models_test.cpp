#include "ui/models/service_layout.h"
#include "ui/models/trace_timeline.h"
#include "ui/models/traces_model.h"

#include <QAbstractItemModelTester>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTest>

using namespace gantry;
using models::TimelineSpan;
using models::TraceTimeline;
using models::TracesModel;

namespace {

constexpr double kStart = 1'795'000'000;

// Times in milliseconds after kStart.
QJsonObject part(const char* id, const char* name, double start, double end)
{
    return {{QStringLiteral("id"), QLatin1String(id)},
            {QStringLiteral("name"), QLatin1String(name)},
            {QStringLiteral("start_time"), kStart + start / 1000},
            {QStringLiteral("end_time"), kStart + end / 1000}};
}

QByteArray document(QJsonObject object, const char* parent = nullptr, const char* origin = nullptr)
{
    if (parent)
        object[QStringLiteral("parent_id")] = QLatin1String(parent);
    if (origin)
        object[QStringLiteral("origin")] = QLatin1String(origin);
    return QJsonDocument(object).toJson();
}

QStringList namesOf(const TraceTimeline& timeline)
{
    QStringList names;
    for (const TimelineSpan& span : timeline.spans)
        names.append(QString(span.depth, u' ') + span.name);
    return names;
}

double criticalMs(const TimelineSpan& span)
{
    double sum = 0;
    for (const auto& [from, to] : span.critical)
        sum += to - from;
    return sum;
}

rpc::ServiceNode node(int id, const char* name, std::initializer_list<int> calls)
{
    rpc::ServiceNode made;
    made.id = id;
    made.name = QLatin1String(name);
    for (const int to : calls)
        made.edges.append(rpc::ServiceEdge{to, {}});
    return made;
}

rpc::TraceSummary trace(const char* id)
{
    rpc::TraceSummary made;
    made.id = QLatin1String(id);
    return made;
}

} // namespace

class TraceModelsTest : public QObject {
    Q_OBJECT
private slots:
    void ordersSpansAsATree()
    {
        QJsonObject function = part("c", "orders", 20, 95);
        function[QStringLiteral("subsegments")] =
            QJsonArray{part("e", "Invocation", 60, 95), part("d", "Initialization", 20, 60)};
        const TraceTimeline timeline =
            TraceTimeline::of({document(function, "b", "AWS::Lambda::Function"),
                               document(part("b", "orders", 0, 100), nullptr, "AWS::Lambda"),
                               document(part("f", "S3", 70, 80), "e")});
        QCOMPARE(namesOf(timeline), (QStringList{QStringLiteral("orders"), QStringLiteral(" orders"),
                                                 QStringLiteral("  Initialization"),
                                                 QStringLiteral("  Invocation"),
                                                 QStringLiteral("   S3")}));
        QVERIFY(std::abs(timeline.durationMs - 100) < 0.01);
        QCOMPARE(timeline.spans[0].kind, QStringLiteral("Lambda service"));
        QVERIFY(timeline.spans[1].segment && !timeline.spans[2].segment);
        QVERIFY(!timeline.spans[1].details.contains(QStringLiteral("subsegments")));
    }

    // The critical path covers the root's time once: what waits for something else is not on it.
    void marksTheCriticalPath()
    {
        QJsonObject root = part("a", "root", 0, 100);
        root[QStringLiteral("subsegments")] =
            QJsonArray{part("b", "first", 10, 40), part("c", "beside", 12, 30),
                       part("d", "last", 50, 90)};
        const TraceTimeline timeline = TraceTimeline::of({document(root)});
        double sum = 0;
        QHash<QString, double> critical;
        for (const TimelineSpan& span : timeline.spans) {
            critical.insert(span.name, criticalMs(span));
            sum += criticalMs(span);
        }
        QVERIFY(std::abs(sum - 100) < 0.01);
        QVERIFY(std::abs(critical.value(QStringLiteral("root")) - 30) < 0.01);
        QVERIFY(std::abs(critical.value(QStringLiteral("first")) - 30) < 0.01);
        QVERIFY(std::abs(critical.value(QStringLiteral("last")) - 40) < 0.01);
        QCOMPARE(critical.value(QStringLiteral("beside")), 0.0);
    }

    void copesWithAnyDocument()
    {
        QCOMPARE(TraceTimeline::of({}).spans.size(), 0);
        QCOMPARE(TraceTimeline::of({"", "[]", "{", R"({"id":5})", R"({"id":"a","start_time":"x"})"})
                     .spans.size(),
                 0);
        // Parents in a circle, a parent of its own, twice the same id: all shown or left out, no hang.
        const TraceTimeline circle =
            TraceTimeline::of({document(part("a", "a", 0, 1), "b"), document(part("b", "b", 0, 1), "a"),
                               document(part("c", "c", 0, 1), "c"), document(part("c", "c2", 0, 1))});
        QVERIFY(circle.spans.size() <= 4);
        QJsonObject open = part("a", "a", 5, 0);
        open.remove(QStringLiteral("end_time"));
        open[QStringLiteral("in_progress")] = true;
        const TraceTimeline running =
            TraceTimeline::of({document(open), document(part("b", "b", 6, 20), "a")});
        QVERIFY(running.spans[0].inProgress);
        QVERIFY(std::abs(running.spans[0].endMs - 15) < 0.01);
        QJsonObject deep = part("x", "x", 0, 1);
        for (int i = 0; i < 200; ++i) {
            QJsonObject outer = part("y", "y", 0, 1);
            outer[QStringLiteral("subsegments")] = QJsonArray{deep};
            deep = outer;
        }
        QVERIFY(TraceTimeline::of({document(deep)}).spans.size() <= 66);
    }

    void keepsRowsOfAList()
    {
        TracesModel model;
        QAbstractItemModelTester tester(&model);
        model.take({trace("c"), trace("b"), trace("a")});
        const QPersistentModelIndex b(model.index(1, 0));
        model.take({trace("e"), trace("d"), trace("c"), trace("b")});
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(b.row(), 3);
        QCOMPARE(model.rowOf(QStringLiteral("a")), -1);
        model.append({trace("b"), trace("a")});
        QCOMPARE(model.rowCount(), 5);
        model.take({trace("d"), trace("e")}); // in another order
        QCOMPARE(model.rowOf(QStringLiteral("e")), 1);
        QCOMPARE(model.rowCount(), 2);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void namesOutcomes()
    {
        TracesModel model;
        rpc::TraceSummary throttled = trace("a");
        throttled.error = throttled.throttle = true;
        rpc::TraceSummary fault = trace("b");
        fault.fault = true;
        fault.url = QStringLiteral("http://x/");
        fault.method = QStringLiteral("GET");
        fault.status = 502;
        model.take({throttled, fault});
        QCOMPARE(model.index(0, TracesModel::Outcome).data().toString(), QStringLiteral("Throttled"));
        QCOMPARE(model.index(1, TracesModel::Outcome).data().toString(), QStringLiteral("Fault"));
        QCOMPARE(model.index(1, TracesModel::Request).data().toString(),
                 QStringLiteral("GET http://x/ → 502"));
    }

    void putsCallersLeftOfWhatTheyCall()
    {
        const auto places = models::layOutServices({node(0, "client", {1}), node(1, "web", {2, 3}),
                                                    node(2, "orders", {4}), node(3, "mail", {}),
                                                    node(4, "S3", {})});
        QCOMPARE(places.size(), 5);
        QCOMPARE(places.value(0).x(), 0);
        QCOMPARE(places.value(1).x(), 1);
        QCOMPARE(places.value(2).x(), 2);
        QCOMPARE(places.value(3).x(), 2);
        QVERIFY(places.value(2).y() != places.value(3).y());
        QCOMPARE(places.value(4).x(), 3);
    }

    void laysOutCircles()
    {
        const auto places = models::layOutServices({node(0, "a", {1}), node(1, "b", {0, 2}),
                                                    node(2, "c", {2, 9})});
        QCOMPARE(places.size(), 3);
        QSet<QPair<int, int>> taken;
        for (const QPoint& place : places)
            taken.insert({place.x(), place.y()});
        QCOMPARE(taken.size(), 3);
    }
};

QTEST_GUILESS_MAIN(TraceModelsTest)
#include "trace_models_test.moc"
