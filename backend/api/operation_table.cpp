#include "backend/api/operation_table.h"

#include <absl/strings/str_cat.h>

#include <stdexcept>

namespace gantry::api {

const OperationTable::Operation*
OperationTable::find(const google::protobuf::MethodDescriptor* method) const
{
    const auto found = m_operations.find(method);
    return found == m_operations.end() ? nullptr : &found->second;
}

const google::protobuf::MethodDescriptor*
OperationTable::methodOf(const google::protobuf::Descriptor* request)
{
    const google::protobuf::FileDescriptor* file = request->file();
    for (int s = 0; s < file->service_count(); ++s) {
        const google::protobuf::ServiceDescriptor* service = file->service(s);
        for (int m = 0; m < service->method_count(); ++m) {
            if (service->method(m)->input_type() == request)
                return service->method(m);
        }
    }
    throw std::logic_error(absl::StrCat("no RPC takes ", request->full_name()));
}

void OperationTable::add(Operation operation)
{
    const auto* method = operation.method;
    if (!m_operations.emplace(method, std::move(operation)).second)
        throw std::logic_error(absl::StrCat(method->full_name(), " is implemented twice"));
}

} // namespace gantry::api
