#include "backend/api/tls.h"

#include "gantry/v1/platform.pb.h"

#include <utility>

namespace gantry::api {

void registerTls(OperationTable& table, TlsControl control)
{
    table.on<v1::GetTlsRequest, v1::TlsStatus>(
        [status = control.status](CallPtr, const v1::GetTlsRequest&, Reply<v1::TlsStatus> reply) {
            reply(status());
        });
    table.on<v1::SetTlsRequest, v1::TlsStatus>(
        [control = std::move(control)](CallPtr, const v1::SetTlsRequest& request,
                                       Reply<v1::TlsStatus> reply) {
            if (const absl::Status changed = control.change(request.on()); !changed.ok())
                return reply(changed);
            reply(control.status());
        });
}

} // namespace gantry::api
