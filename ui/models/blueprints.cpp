#include "ui/models/blueprints.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace gantry::models {
namespace {

QByteArray resource(const QString& path)
{
    QFile file(QStringLiteral(":/blueprints/") + path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

Blueprint blueprintFrom(const QJsonObject& object)
{
    Blueprint blueprint;
    const auto text = [&](const char* key) { return object[QLatin1String(key)].toString(); };
    blueprint.id = text("id");
    blueprint.title = text("title");
    blueprint.text = text("text");
    blueprint.icon = text("icon");
    blueprint.family = text("runtime");
    blueprint.handler = text("handler");
    blueprint.memoryMb = object[QLatin1String("memoryMb")].toInt();
    blueprint.timeoutS = object[QLatin1String("timeoutS")].toInt();
    for (const auto& file : object[QLatin1String("files")].toArray())
        blueprint.files << file.toString();
    blueprint.event = QJsonDocument(object[QLatin1String("event")].toObject()).toJson();
    blueprint.demoRatePerSecond = object[QLatin1String("demoRatePerSecond")].toDouble();
    return blueprint;
}

} // namespace

QByteArray Blueprint::content(const QString& file) const { return resource(id + u'/' + file); }

std::vector<ZipInput> Blueprint::inputs() const
{
    std::vector<ZipInput> inputs;
    for (const QString& file : files) {
        inputs.push_back({file, file == QLatin1String("bootstrap"),
                          [bytes = content(file)] { return std::optional(bytes); }});
    }
    return inputs;
}

const std::vector<Blueprint>& blueprints()
{
    static const std::vector<Blueprint> all = [] {
        std::vector<Blueprint> list;
        const auto rows = QJsonDocument::fromJson(resource(QStringLiteral("index.json"))).array();
        for (const auto& row : rows)
            list.push_back(blueprintFrom(row.toObject()));
        return list;
    }();
    return all;
}

rpc::NewFunction functionFrom(const Blueprint& blueprint, const QList<rpc::RuntimeInfo>& runtimes)
{
    rpc::NewFunction function;
    function.name = blueprint.id;
    function.runtime = bestRuntime(runtimes, blueprint.family);
    function.handler = blueprint.handler;
    function.memoryMb = blueprint.memoryMb;
    function.timeoutS = blueprint.timeoutS;
    return function;
}

} // namespace gantry::models
