#include "ui/rpc/call.h"

#include <QCoreApplication>

#include <stdexcept>

namespace gantry::rpc {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("rpc", text); }

QString statusName(grpc::StatusCode code)
{
    switch (code) {
    case grpc::StatusCode::UNAVAILABLE: return QStringLiteral("Unavailable");
    case grpc::StatusCode::DEADLINE_EXCEEDED: return QStringLiteral("TimedOut");
    case grpc::StatusCode::CANCELLED: return QStringLiteral("Cancelled");
    case grpc::StatusCode::UNIMPLEMENTED: return QStringLiteral("NotImplemented");
    case grpc::StatusCode::NOT_FOUND: return QStringLiteral("ResourceNotFoundException");
    case grpc::StatusCode::INVALID_ARGUMENT: return QStringLiteral("InvalidParameterValueException");
    case grpc::StatusCode::PERMISSION_DENIED: return QStringLiteral("AccessDeniedException");
    default: return QStringLiteral("ServiceException");
    }
}

} // namespace

std::string methodPath(const google::protobuf::Descriptor* request)
{
    const google::protobuf::FileDescriptor* file = request->file();
    for (int s = 0; s < file->service_count(); ++s) {
        const auto* service = file->service(s);
        for (int m = 0; m < service->method_count(); ++m) {
            if (service->method(m)->input_type() == request)
                return "/" + service->full_name() + "/" + service->method(m)->name();
        }
    }
    throw std::logic_error("no RPC takes " + request->full_name());
}

Error unavailableError()
{
    return Error{QStringLiteral("Unavailable"), tr("The platform is not running."), true};
}

Error toError(const grpc::Status& status, const grpc::ClientContext& context)
{
    if (status.ok())
        return Error{};
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto named = trailers.find("gantry-error");
    if (named != trailers.end()) {
        return Error{QString::fromUtf8(named->second.data(), qsizetype(named->second.size())),
                     QString::fromStdString(status.error_message()), false};
    }
    // What gRPC itself says about a lost socket is no help to a user.
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE)
        return unavailableError();
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
        return Error{statusName(status.error_code()),
                     tr("The platform did not answer in time. Try again, or restart it on the "
                        "Platform page.")};
    }
    return Error{statusName(status.error_code()), QString::fromStdString(status.error_message())};
}

QObject* guiThread()
{
    // Never destroyed: gRPC threads may post to it until the process ends.
    static auto* const object = new QObject;
    return object;
}

} // namespace gantry::rpc
