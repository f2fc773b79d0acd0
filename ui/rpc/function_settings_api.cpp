#include "ui/rpc/function_settings_api.h"

#include "aws/lambda.pb.h"
#include "gantry/empty_lists.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {

namespace pb = aws::lambda;

namespace {

constexpr auto kNothing = [](const auto&) { return Nothing(); };

EventInvokeSettings toSettings(const pb::FunctionEventInvokeConfig& config)
{
    EventInvokeSettings settings;
    if (config.has_maximum_retry_attempts())
        settings.maximumRetries = config.maximum_retry_attempts();
    if (config.has_maximum_event_age_in_seconds())
        settings.maximumAgeS = config.maximum_event_age_in_seconds();
    const pb::DestinationConfig& destinations = config.destination_config();
    settings.onSuccess = QString::fromStdString(destinations.on_success().destination());
    settings.onFailure = QString::fromStdString(destinations.on_failure().destination());
    return settings;
}

} // namespace

void FunctionSettingsApi::eventInvoke(const QString& function, QObject* context,
                                      Done<EventInvokeSettings> done)
{
    pb::GetFunctionEventInvokeConfigRequest request;
    request.set_function_name(function.toStdString());
    call<pb::FunctionEventInvokeConfig>(
        m_channel, request, context, [](const auto& config) { return toSettings(config); },
        [done = std::move(done)](const Result<EventInvokeSettings>& result) {
            // Not configured: the defaults hold.
            const bool none = !result && result.error().name == QLatin1String("ResourceNotFoundException") &&
                              result.error().message.contains(QLatin1String("EventInvokeConfig"));
            done(none ? Result<EventInvokeSettings>(EventInvokeSettings()) : result);
        });
}

void FunctionSettingsApi::setEventInvoke(const QString& function,
                                         const EventInvokeSettings& settings, QObject* context,
                                         Done<Nothing> done)
{
    pb::PutFunctionEventInvokeConfigRequest request;
    request.set_function_name(function.toStdString());
    request.set_maximum_retry_attempts(settings.maximumRetries);
    request.set_maximum_event_age_in_seconds(settings.maximumAgeS);
    pb::DestinationConfig& destinations = *request.mutable_destination_config();
    if (!settings.onSuccess.isEmpty())
        destinations.mutable_on_success()->set_destination(settings.onSuccess.toStdString());
    if (!settings.onFailure.isEmpty())
        destinations.mutable_on_failure()->set_destination(settings.onFailure.toStdString());
    call<pb::FunctionEventInvokeConfig>(m_channel, request, context, kNothing, std::move(done));
}

void FunctionSettingsApi::stopsLoops(const QString& function, QObject* context, Done<bool> done)
{
    pb::GetFunctionRecursionConfigRequest request;
    request.set_function_name(function.toStdString());
    call<pb::GetFunctionRecursionConfigResponse>(
        m_channel, request, context,
        [](const auto& response) { return response.recursive_loop() != "Allow"; },
        std::move(done));
}

void FunctionSettingsApi::setStopsLoops(const QString& function, bool stops, QObject* context,
                                        Done<Nothing> done)
{
    pb::PutFunctionRecursionConfigRequest request;
    request.set_function_name(function.toStdString());
    request.set_recursive_loop(stops ? "Terminate" : "Allow");
    call<pb::PutFunctionRecursionConfigResponse>(m_channel, request, context, kNothing,
                                                 std::move(done));
}

void FunctionSettingsApi::setLayers(const QString& function, const QStringList& arns,
                                    const QString& revisionId, QObject* context,
                                    Done<Nothing> done)
{
    pb::UpdateFunctionConfigurationRequest request;
    request.set_function_name(function.toStdString());
    for (const QString& arn : arns)
        request.add_layers(arn.toStdString());
    if (arns.isEmpty())
        wire::markEmptyList(request, request.kLayersFieldNumber);
    if (!revisionId.isEmpty())
        request.set_revision_id(revisionId.toStdString());
    call<pb::FunctionConfiguration>(m_channel, request, context, kNothing, std::move(done));
}

} // namespace gantry::rpc
