// The form of a dashboard on disk and on the wire: CloudWatch's dashboard body.
#include "ui/models/dashboard.h"

#include "ui/models/metrics_window.h"

#include <QCoreApplication>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>

namespace gantry::models {

namespace {

constexpr qsizetype kLongestTitle = 255;
constexpr qsizetype kLongestText = 20'000;
constexpr qsizetype kMostSeries = 50;
constexpr int kLowestRow = 100'000;
constexpr int kDefaultSize = 6;
const QString kOwn = QStringLiteral("gantry"); // what CloudWatch has no word for

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::dashboard", text);
}

// The kinds that CloudWatch's widgets do not tell apart, by their name under "gantry".
const QList<std::pair<TileKind, QString>>& ownKinds()
{
    static const QList<std::pair<TileKind, QString>> kinds{
        {TileKind::Area, QStringLiteral("area")},
        {TileKind::HeatMap, QStringLiteral("heatMap")},
        {TileKind::Table, QStringLiteral("functions")},
    };
    return kinds;
}

int numberOf(const QJsonObject& object, const char* key, int standard, int least, int most)
{
    // Clamped as a double: a hostile number need not fit an int.
    return int(std::clamp(object.value(QLatin1String(key)).toDouble(standard), double(least),
                          double(most)));
}

QString textOf(const QJsonObject& object, const char* key, qsizetype longest = kLongestTitle)
{
    return object.value(QLatin1String(key)).toString().left(longest);
}

QRect placeOf(const QJsonObject& widget)
{
    const int width = numberOf(widget, "width", kDefaultSize, 1, kGridColumns);
    const int height = numberOf(widget, "height", kDefaultSize, 1, kTallestTile);
    const int x = numberOf(widget, "x", 0, 0, kGridColumns - width);
    return {x, numberOf(widget, "y", 0, 0, kLowestRow), std::max(width, 1), height};
}

// ---- metrics: ["AWS/Lambda", "Duration", "FunctionName", "f", "Resource", "f:3", {"stat": "p99"}],
// where "." repeats what stands above and "..." the whole head of the row above.

QStringList expand(const QJsonArray& row, const QStringList& above)
{
    QStringList fields;
    for (const QJsonValue& value : row) {
        if (value.isObject())
            continue;
        const QString text = value.toString();
        if (text == QLatin1String("...")) {
            const qsizetype rest = std::count_if(row.begin(), row.end(), [](const QJsonValue& one) {
                                       return one.isString();
                                   }) - 1;
            fields = above.mid(0, std::max<qsizetype>(0, above.size() - rest));
        } else if (text == QLatin1String(".")) {
            fields.append(above.value(fields.size()));
        } else {
            fields.append(text);
        }
    }
    return fields;
}

// Nothing for what the console does not draw: another namespace, an expression.
std::optional<TileSeries> seriesOf(const QStringList& fields, const QString& statistic)
{
    if (fields.size() < 2 || fields.size() % 2 != 0)
        return std::nullopt;
    const auto measure = measureOf(fields[0], fields[1], statistic);
    if (!measure)
        return std::nullopt;
    TileSeries series{*measure, {}, {}};
    QString resource;
    for (qsizetype i = 2; i + 1 < fields.size(); i += 2) {
        if (fields[i] == QLatin1String("FunctionName"))
            series.function = fields[i + 1].left(kLongestTitle);
        else if (fields[i] == QLatin1String("Resource"))
            resource = fields[i + 1].left(kLongestTitle);
        else
            return std::nullopt;
    }
    if (!resource.isEmpty() && resource != series.function) {
        if (!resource.startsWith(series.function + QLatin1Char(':')))
            return std::nullopt;
        series.version = resource.mid(series.function.size() + 1);
    }
    return series;
}

void readMetrics(const QJsonObject& properties, Tile& tile)
{
    const QString standard = properties.value(QLatin1String("stat")).toString(QStringLiteral("Average"));
    QStringList above;
    const QJsonArray rows = properties.value(QLatin1String("metrics")).toArray();
    for (const QJsonValue& row : rows) {
        const QJsonArray metric = row.toArray();
        const QStringList fields = expand(metric, above);
        if (!fields.isEmpty()) // an expression stands for itself
            above = fields;
        const QJsonObject options = metric.isEmpty() ? QJsonObject() : metric.last().toObject();
        const auto series = seriesOf(fields, options.value(QLatin1String("stat")).toString(standard));
        if (series && tile.series.size() < kMostSeries && !options.contains(QLatin1String("expression")))
            tile.series.append(*series);
        else
            tile.otherMetrics.append(row);
    }
    if (!tile.series.isEmpty()) {
        tile.function = tile.series.first().function;
        tile.version = tile.series.first().version;
    }
}

QJsonArray metricOf(const QString& space, const QString& metric, const QString& statistic,
                    const QString& function, const QString& version)
{
    QJsonArray row{space, metric};
    if (!function.isEmpty()) {
        row.append(QStringLiteral("FunctionName"));
        row.append(function);
    }
    if (!version.isEmpty()) {
        row.append(QStringLiteral("Resource"));
        row.append(function + QLatin1Char(':') + version);
    }
    row.append(QJsonObject{{QStringLiteral("stat"), statistic}});
    return row;
}

QJsonArray metricsOf(const Tile& tile)
{
    QJsonArray rows;
    for (const TileSeries& series : tile.series) {
        const MeasureInfo& info = infoOf(series.measure);
        rows.append(metricOf(info.space, info.metric, info.statistic, series.function, series.version));
    }
    // Something for CloudWatch to draw where Gantry's tile needs no metric.
    if (tile.kind == TileKind::HeatMap)
        rows.append(metricOf(QStringLiteral("AWS/Lambda"), QStringLiteral("Duration"),
                             QStringLiteral("p99"), tile.function, tile.version));
    if (tile.kind == TileKind::Table)
        rows.append(metricOf(QStringLiteral("AWS/Lambda"), QStringLiteral("Invocations"),
                             QStringLiteral("Sum"), tile.function, tile.version));
    for (const QJsonValue& other : tile.otherMetrics)
        rows.append(other);
    return rows;
}

// ---- widgets

TileKind kindOf(const QJsonObject& properties)
{
    const QString own = properties.value(kOwn).toObject().value(QLatin1String("tile")).toString();
    for (const auto& [kind, name] : ownKinds()) {
        if (name == own)
            return kind;
    }
    const QString view = properties.value(QLatin1String("view")).toString();
    if (view == QLatin1String("singleValue"))
        return TileKind::Number;
    if (!view.isEmpty() && view != QLatin1String("timeSeries"))
        return TileKind::Unknown;
    return properties.value(QLatin1String("stacked")).toBool() ? TileKind::Stacked : TileKind::Line;
}

// "SOURCE '/aws/lambda/hello' | …"
QString functionOfQuery(const QString& query)
{
    static const QRegularExpression source(QStringLiteral("SOURCE\\s+'/aws/lambda/([^']{1,200})'"));
    return source.match(query).captured(1);
}

// The query that a log tile came with, while it fits.
QString queryOf(const Tile& tile)
{
    if (!tile.text.isEmpty() && functionOfQuery(tile.text) == tile.function)
        return tile.text;
    const QString source = tile.function.isEmpty()
                               ? QString()
                               : QStringLiteral("SOURCE '/aws/lambda/%1' | ").arg(tile.function);
    return source +
           QStringLiteral("fields @timestamp, @message\n| sort @timestamp desc\n| limit 1000");
}

QString viewOf(TileKind kind)
{
    return kind == TileKind::Number  ? QStringLiteral("singleValue")
           : kind == TileKind::Table ? QStringLiteral("table")
                                     : QStringLiteral("timeSeries");
}

Tile readWidget(const QJsonObject& widget)
{
    Tile tile;
    tile.place = placeOf(widget);
    const QString type = widget.value(QLatin1String("type")).toString();
    const QJsonObject properties = widget.value(QLatin1String("properties")).toObject();
    const QJsonObject own = properties.value(kOwn).toObject();
    tile.title = textOf(properties, "title");
    if (type == QLatin1String("metric")) {
        tile.kind = kindOf(properties);
        if (tile.kind != TileKind::Unknown)
            readMetrics(properties, tile);
        if (tile.kind == TileKind::HeatMap || tile.kind == TileKind::Table)
            tile.series.clear();
        tile.byFunction = own.value(QLatin1String("byFunction")).toBool();
    } else if (type == QLatin1String("text")) {
        tile.kind = TileKind::Text;
        tile.text = textOf(properties, "markdown", kLongestText);
    } else if (type == QLatin1String("log")) {
        tile.kind = TileKind::Log;
        tile.text = textOf(properties, "query", kLongestText);
        tile.function = functionOfQuery(tile.text);
    } else if (type == QLatin1String("alarm")) {
        tile.kind = TileKind::Alarms;
        tile.function = textOf(own, "function");
    } else {
        tile.kind = TileKind::Unknown;
    }
    if (tile.kind == TileKind::Unknown)
        tile.source = widget;
    return tile;
}

QJsonObject propertiesOf(const Tile& tile)
{
    QJsonObject properties{{QStringLiteral("title"), tile.title}};
    QJsonObject own;
    switch (tile.kind) {
    case TileKind::Text:
        properties.insert(QStringLiteral("markdown"), tile.text);
        break;
    case TileKind::Log:
        properties.insert(QStringLiteral("query"), queryOf(tile));
        properties.insert(QStringLiteral("view"), QStringLiteral("table"));
        break;
    case TileKind::Alarms:
        properties.insert(QStringLiteral("alarms"), QJsonArray());
        if (!tile.function.isEmpty())
            own.insert(QStringLiteral("function"), tile.function);
        break;
    default:
        properties.insert(QStringLiteral("metrics"), metricsOf(tile));
        properties.insert(QStringLiteral("view"), viewOf(tile.kind));
        properties.insert(QStringLiteral("stacked"), tile.kind == TileKind::Stacked || tile.kind == TileKind::Area);
        properties.insert(QStringLiteral("period"), 60);
        if (tile.kind == TileKind::Number)
            properties.insert(QStringLiteral("sparkline"), true);
        if (tile.byFunction)
            own.insert(QStringLiteral("byFunction"), true);
        for (const auto& [kind, name] : ownKinds()) {
            if (kind == tile.kind)
                own.insert(QStringLiteral("tile"), name);
        }
    }
    properties.insert(QStringLiteral("region"), QStringLiteral("us-east-1"));
    if (!own.isEmpty())
        properties.insert(kOwn, own);
    return properties;
}

QString typeOf(TileKind kind)
{
    switch (kind) {
    case TileKind::Text:
        return QStringLiteral("text");
    case TileKind::Log:
        return QStringLiteral("log");
    case TileKind::Alarms:
        return QStringLiteral("alarm");
    default:
        return QStringLiteral("metric");
    }
}

QJsonObject widgetOf(const Tile& tile)
{
    QJsonObject widget = tile.source;
    if (tile.kind != TileKind::Unknown) {
        widget.insert(QStringLiteral("type"), typeOf(tile.kind));
        widget.insert(QStringLiteral("properties"), propertiesOf(tile));
    }
    widget.insert(QStringLiteral("x"), tile.place.x());
    widget.insert(QStringLiteral("y"), tile.place.y());
    widget.insert(QStringLiteral("width"), tile.place.width());
    widget.insert(QStringLiteral("height"), tile.place.height());
    return widget;
}

// ---- time range and variables

struct RangeText {
    const char* id;
    const char* duration; // ISO 8601, as CloudWatch's "start" has it
};
constexpr RangeText kRangeTexts[] = {{"1m", "-PT1M"}, {"5m", "-PT5M"}, {"15m", "-PT15M"},
                                     {"1h", "-PT1H"}, {"6h", "-PT6H"}, {"1d", "-P1D"},
                                     {"7d", "-P7D"},  {"15d", "-P15D"}};

QString rangeOf(const QString& start, const QString& standard)
{
    for (const RangeText& range : kRangeTexts) {
        if (start == QLatin1String(range.duration) ||
            start == QString(QLatin1String(range.duration)).replace(QLatin1String("P1D"), QLatin1String("PT24H")))
            return QLatin1String(range.id);
    }
    return standard;
}

// A variable of CloudWatch that replaces the function's name in every widget.
bool replacesFunction(const QJsonObject& variable)
{
    return variable.value(QLatin1String("property")).toString() == QLatin1String("FunctionName");
}

void readVariables(const QJsonArray& variables, Dashboard& dashboard)
{
    for (const QJsonValue& value : variables) {
        const QJsonObject variable = value.toObject();
        const QString chosen = textOf(variable, "defaultValue");
        const QString id = variable.value(QLatin1String("id")).toString();
        if (replacesFunction(variable)) {
            for (Tile& tile : dashboard.tiles) {
                if (!tile.function.isEmpty())
                    tile.function = kFunctionVariable;
                for (TileSeries& series : tile.series)
                    series.function = series.function.isEmpty() ? QString() : kFunctionVariable;
            }
            dashboard.function = chosen;
        } else if (id == QLatin1String("function")) {
            dashboard.function = chosen;
        } else if (id == QLatin1String("version")) {
            dashboard.version = chosen;
        }
    }
}

QJsonObject variableOf(const char* id, const QString& pattern, const QString& label, const QString& chosen)
{
    QJsonObject variable{{QStringLiteral("type"), QStringLiteral("pattern")},
                         {QStringLiteral("pattern"), pattern},
                         {QStringLiteral("inputType"), QStringLiteral("input")},
                         {QStringLiteral("id"), QLatin1String(id)},
                         {QStringLiteral("label"), label},
                         {QStringLiteral("visible"), true}};
    if (!chosen.isEmpty())
        variable.insert(QStringLiteral("defaultValue"), chosen);
    return variable;
}

} // namespace

std::optional<Dashboard> readDashboard(const QByteArray& json, QString* problem)
{
    const auto refuse = [problem](const QString& reason) {
        *problem = reason;
        return std::nullopt;
    };
    if (json.size() > kMostDashboardBytes)
        return refuse(tr("It is larger than 1 MB, the most that a dashboard may have."));
    QJsonParseError error{};
    const QJsonDocument document = QJsonDocument::fromJson(json, &error);
    if (error.error != QJsonParseError::NoError)
        return refuse(tr("It is not JSON: %1 at byte %2.").arg(error.errorString()).arg(error.offset));
    const QJsonObject root = document.object();
    if (!root.value(QLatin1String("widgets")).isArray())
        return refuse(tr("It is no dashboard: a dashboard is an object with a list \"widgets\"."));
    const QJsonArray widgets = root.value(QLatin1String("widgets")).toArray();
    if (widgets.size() > kMostTiles)
        return refuse(tr("It has %1 tiles, and a dashboard has %2 at most.").arg(widgets.size()).arg(kMostTiles));
    Dashboard dashboard;
    for (const QJsonValue& widget : widgets) {
        dashboard.tiles.append(readWidget(widget.toObject()));
        dashboard.tiles.last().id = QStringLiteral("t%1").arg(dashboard.tiles.size());
    }
    dashboard.range = rangeOf(root.value(QLatin1String("start")).toString(), dashboard.range);
    const QString compare = textOf(root.value(kOwn).toObject(), "compare");
    if (compare == QLatin1String("1d") || compare == QLatin1String("7d"))
        dashboard.compare = compare;
    readVariables(root.value(QLatin1String("variables")).toArray(), dashboard);
    return dashboard;
}

QByteArray writeDashboard(const Dashboard& dashboard)
{
    QJsonArray widgets;
    for (const Tile& tile : dashboard.tiles)
        widgets.append(widgetOf(tile));
    QJsonObject root{{QStringLiteral("widgets"), widgets}};
    for (const RangeText& range : kRangeTexts) {
        if (dashboard.range == QLatin1String(range.id))
            root.insert(QStringLiteral("start"), QLatin1String(range.duration));
    }
    QJsonArray variables;
    if (dashboard.uses(kFunctionVariable))
        variables.append(variableOf("function", QStringLiteral("\\$\\{function\\}"), tr("Function"), dashboard.function));
    if (dashboard.uses(kVersionVariable))
        variables.append(variableOf("version", QStringLiteral("\\$\\{version\\}"), tr("Version"), dashboard.version));
    if (!variables.isEmpty())
        root.insert(QStringLiteral("variables"), variables);
    if (!dashboard.compare.isEmpty())
        root.insert(kOwn, QJsonObject{{QStringLiteral("compare"), dashboard.compare}});
    return QJsonDocument(root).toJson();
}

} // namespace gantry::models
