#include "ui/rpc/annotations_api.h"

#include "gantry/v1/annotations.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {
namespace {

Annotation::Kind kindOf(v1::Annotation::Kind kind)
{
    switch (kind) {
    case v1::Annotation::ALARM:
        return Annotation::Kind::Alarm;
    case v1::Annotation::TUNING:
        return Annotation::Kind::Tuning;
    default:
        return Annotation::Kind::Deploy;
    }
}

QList<Annotation> fromProto(const v1::ListAnnotationsResponse& response)
{
    QList<Annotation> list;
    list.reserve(response.annotations_size());
    for (const v1::Annotation& from : response.annotations())
        list.append({kindOf(from.kind()), from.time_ms(), from.end_ms(),
                     QString::fromStdString(from.function_name()),
                     QString::fromStdString(from.name()), QString::fromStdString(from.title()),
                     QString::fromStdString(from.detail()), from.state() == "ALARM"});
    return list;
}

} // namespace

void AnnotationsApi::list(const QString& functionName, qint64 fromMs, qint64 toMs, QObject* context,
                          Done<QList<Annotation>> done)
{
    v1::ListAnnotationsRequest request;
    request.set_function_name(functionName.toStdString());
    request.set_from_ms(fromMs);
    request.set_to_ms(toMs);
    call<v1::ListAnnotationsResponse>(
        m_channel, request, context,
        [](const v1::ListAnnotationsResponse& response) { return fromProto(response); },
        std::move(done));
}

} // namespace gantry::rpc
