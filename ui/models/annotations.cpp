#include "ui/models/annotations.h"

#include <algorithm>

namespace gantry::models {

Annotations::Annotations(rpc::Channel& channel, const QString& functionName, QObject* parent)
    : QObject(parent), m_api(channel), m_functionName(functionName)
{
}

// What it does not get stays as it is: the charts go on without news.
void Annotations::look(qint64 fromMs, qint64 toMs)
{
    if (toMs <= fromMs || !m_when.look(fromMs, toMs))
        return;
    m_api.list(m_functionName, std::max<qint64>(0, fromMs), toMs, this,
               [this](const rpc::Result<QList<rpc::Annotation>>& all) {
                   m_when.answered();
                   if (!all)
                       return;
                   m_all = *all;
                   Q_EMIT changed();
               });
}

QString routeOf(const rpc::Annotation& annotation)
{
    switch (annotation.kind) {
    case rpc::Annotation::Kind::Alarm:
        return QStringLiteral("alarms/") + annotation.name;
    case rpc::Annotation::Kind::Tuning:
        return QStringLiteral("tuning/") + annotation.functionName;
    case rpc::Annotation::Kind::Deploy:
        break;
    }
    return QStringLiteral("functions/%1/versions").arg(annotation.functionName);
}

} // namespace gantry::models
