// Private to ui/rpc: between the Lambda API's messages and the console's values.
#pragma once

#include "aws/lambda.pb.h"
#include "ui/rpc/functions_types.h"

#include <string>

namespace gantry::rpc {

inline QString text(const std::string& value)
{
    return QString::fromStdString(value);
}
inline QByteArray bytes(const std::string& value)
{
    return QByteArray(value.data(), static_cast<qsizetype>(value.size()));
}

template <class Map> StringMap toStringMap(const Map& map)
{
    StringMap result;
    for (const auto& [key, value] : map)
        result.insert(text(key), text(value));
    return result;
}

template <class Map> void fillStringMap(const StringMap& from, Map* to)
{
    for (auto it = from.begin(); it != from.end(); ++it)
        (*to)[it.key().toStdString()] = it.value().toStdString();
}

FunctionConfiguration toConfiguration(const aws::lambda::FunctionConfiguration& message);
FunctionDetails toDetails(const aws::lambda::GetFunctionResponse& message);
Alias toAlias(const aws::lambda::AliasConfiguration& message);
InvokeReply toReply(const aws::lambda::InvocationResponse& message);

aws::lambda::CreateFunctionRequest toMessage(const NewFunction& function);
aws::lambda::UpdateFunctionCodeRequest toMessage(const QString& function, const CodeUpdate& update);
aws::lambda::UpdateFunctionConfigurationRequest toMessage(const QString& function,
                                                          const ConfigurationChange& change);
aws::lambda::InvocationRequest toMessage(const InvokeRequest& request);
void fillRouting(const Alias& alias, aws::lambda::AliasRoutingConfiguration* routing);

} // namespace gantry::rpc
