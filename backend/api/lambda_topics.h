#pragma once

#include "backend/api/lambda_control.h"
#include "backend/api/operation_table.h"
#include "backend/functions/registry.h"

#include <google/protobuf/empty.pb.h>

#include <utility>

// What registerLambdaControl is made of: one function a topic.
namespace gantry::api {

void registerLambdaFunctions(OperationTable& table, functions::Registry& registry,
                             const LambdaControl& control);
void registerLambdaVersions(OperationTable& table, functions::Registry& registry,
                            const LambdaControl& control);
void registerLambdaAliases(OperationTable& table, functions::Registry& registry);
void registerLambdaTags(OperationTable& table, functions::Registry& registry);
void registerLambdaUrls(OperationTable& table, functions::Registry& registry,
                        const LambdaControl& control);
void registerLambdaEvents(OperationTable& table, functions::Registry& registry);
void registerLambdaPolicies(OperationTable& table, functions::Registry& registry);
void registerLambdaRuntime(OperationTable& table, functions::Registry& registry);
void registerLambdaAccount(OperationTable& table, functions::Registry& registry,
                           int accountConcurrency);

// A function's or version's configuration as lists give it.
functions::Configuration listed(const functions::Registry& registry,
                                const functions::FunctionPtr& function,
                                const functions::VersionPtr& version, const std::string& qualifier);

inline void conceal(const LambdaControl::Conceal& hide, functions::Configuration& one)
{
    hide(one);
}
inline void conceal(const LambdaControl::Conceal& hide, aws::lambda::GetFunctionResponse& response)
{
    hide(*response.mutable_configuration());
}
template <class Response> void conceal(const LambdaControl::Conceal& hide, Response& response)
{
    if constexpr (requires { response.mutable_functions(); }) {
        for (auto& one : *response.mutable_functions())
            hide(one);
    } else {
        for (auto& one : *response.mutable_versions())
            hide(one);
    }
}

// Answers without the variables that the caller may not read.
template <class Response>
Reply<Response> readable(const LambdaControl& control, const CallPtr& call, Reply<Response> reply)
{
    LambdaControl::Conceal hide = control.concealFor ? control.concealFor(*call) : nullptr;
    if (!hide)
        return reply;
    return [hide = std::move(hide), reply = std::move(reply)](absl::StatusOr<Response> response) {
        if (response.ok())
            conceal(hide, *response);
        reply(std::move(response));
    };
}

// Answers an operation that has no response message.
inline std::function<void(absl::Status)> done(Reply<google::protobuf::Empty> reply)
{
    return [reply = std::move(reply)](const absl::Status& status) {
        status.ok() ? reply(google::protobuf::Empty()) : reply(status);
    };
}

} // namespace gantry::api
