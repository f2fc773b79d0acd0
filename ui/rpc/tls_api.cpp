#include "ui/rpc/tls_api.h"

#include "gantry/v1/platform.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace {

TlsStatus toStatus(const v1::TlsStatus& from)
{
    TlsStatus to;
    to.on = from.on();
    to.endpoint = QString::fromStdString(from.endpoint());
    to.authorityName = QString::fromStdString(from.authority_name());
    to.certificateFile = QString::fromStdString(from.certificate_file());
    to.certificatePem = QString::fromStdString(from.certificate_pem());
    to.fingerprint = QString::fromStdString(from.fingerprint());
    to.expires = QDateTime::fromMSecsSinceEpoch(from.expires_at_ms());
    for (const std::string& name : from.names())
        to.names << QString::fromStdString(name);
    return to;
}

} // namespace

void TlsApi::status(QObject* context, Done<TlsStatus> done)
{
    call<v1::TlsStatus>(m_channel, v1::GetTlsRequest(), context, toStatus, std::move(done));
}

void TlsApi::setOn(bool on, QObject* context, Done<TlsStatus> done)
{
    v1::SetTlsRequest request;
    request.set_on(on);
    call<v1::TlsStatus>(m_channel, request, context, toStatus, std::move(done));
}

} // namespace gantry::rpc
