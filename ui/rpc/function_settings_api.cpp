#include "ui/rpc/function_settings_api.h"

#include "aws/lambda.pb.h"
#include "aws/logs.pb.h"
#include "gantry/empty_lists.h"
#include "gantry/v1/signing.pb.h"
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

constexpr const char* kUpdates[] = {"Auto", "FunctionUpdate", "Manual"};

RuntimeUpdates toUpdates(const pb::GetRuntimeManagementConfigResponse& response)
{
    for (int i = 0; i < 3; ++i) {
        if (response.update_runtime_on() == kUpdates[i])
            return static_cast<RuntimeUpdates>(i);
    }
    return RuntimeUpdates::Auto;
}

SigningConfig toSigningConfig(const pb::CodeSigningConfig& config)
{
    return {QString::fromStdString(config.code_signing_config_arn()),
            QString::fromStdString(config.code_signing_config_id()),
            QString::fromStdString(config.description()),
            config.code_signing_policies().untrusted_artifact_on_deployment() == "Enforce"};
}

QList<SigningConfig> toSigningConfigs(const pb::ListCodeSigningConfigsResponse& response)
{
    QList<SigningConfig> configs;
    for (const pb::CodeSigningConfig& config : response.code_signing_configs())
        configs.append(toSigningConfig(config));
    return configs;
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

void FunctionSettingsApi::deadLetter(const QString& function, QObject* context,
                                     Done<DeadLetterSettings> done)
{
    pb::GetFunctionConfigurationRequest request;
    request.set_function_name(function.toStdString());
    call<pb::FunctionConfiguration>(
        m_channel, request, context,
        [](const auto& c) {
            return DeadLetterSettings{QString::fromStdString(c.dead_letter_config().target_arn()),
                                      QString::fromStdString(c.role())};
        },
        std::move(done));
}

void FunctionSettingsApi::setDeadLetter(const QString& function, const QString& targetArn,
                                        QObject* context, Done<Nothing> done)
{
    pb::UpdateFunctionConfigurationRequest request;
    request.set_function_name(function.toStdString());
    request.mutable_dead_letter_config()->set_target_arn(targetArn.toStdString());
    call<pb::FunctionConfiguration>(m_channel, request, context, kNothing, std::move(done));
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

void FunctionSettingsApi::runtimeUpdates(const QString& function, QObject* context,
                                         Done<RuntimeUpdates> done)
{
    pb::GetRuntimeManagementConfigRequest request;
    request.set_function_name(function.toStdString());
    call<pb::GetRuntimeManagementConfigResponse>(m_channel, request, context, toUpdates,
                                                 std::move(done));
}

void FunctionSettingsApi::setRuntimeUpdates(const QString& function, RuntimeUpdates updates,
                                            const QString& buildArn, QObject* context,
                                            Done<Nothing> done)
{
    pb::PutRuntimeManagementConfigRequest request;
    request.set_function_name(function.toStdString());
    request.set_update_runtime_on(kUpdates[static_cast<int>(updates)]);
    if (updates == RuntimeUpdates::Manual)
        request.set_runtime_version_arn(buildArn.toStdString());
    call<pb::PutRuntimeManagementConfigResponse>(m_channel, request, context, kNothing,
                                                 std::move(done));
}

void FunctionSettingsApi::createSigning(const NewSigningConfig& config, QObject* context,
                                        Done<SigningConfig> done)
{
    v1::AddSigningProfileRequest profile;
    profile.set_name(config.publisher.toStdString());
    profile.set_certificate(config.certificate.toStdString());
    const auto create = [this, config, context = QPointer<QObject>(context),
                         done](const Result<std::string>& arn) {
        if (!arn)
            return done(arn.error());
        pb::CreateCodeSigningConfigRequest request;
        request.set_description(config.description.toStdString());
        request.mutable_allowed_publishers()->add_signing_profile_version_arns(*arn);
        request.mutable_code_signing_policies()->set_untrusted_artifact_on_deployment(
            config.enforces ? "Enforce" : "Warn");
        call<pb::CreateCodeSigningConfigResponse>(
            m_channel, request, context,
            [](const auto& response) { return toSigningConfig(response.code_signing_config()); },
            done);
    };
    call<v1::SigningProfile>(
        m_channel, profile, context,
        [](const auto& response) { return std::string(response.profile_version_arn()); }, create);
}

void FunctionSettingsApi::signingConfigs(QObject* context, Done<QList<SigningConfig>> done)
{
    call<pb::ListCodeSigningConfigsResponse>(m_channel, pb::ListCodeSigningConfigsRequest(),
                                             context, toSigningConfigs, std::move(done));
}

void FunctionSettingsApi::signing(const QString& function, QObject* context, Done<QString> done)
{
    pb::GetFunctionCodeSigningConfigRequest request;
    request.set_function_name(function.toStdString());
    call<pb::GetFunctionCodeSigningConfigResponse>(
        m_channel, request, context,
        [](const auto& response) {
            return QString::fromStdString(response.code_signing_config_arn());
        },
        std::move(done));
}

void FunctionSettingsApi::setSigning(const QString& function, const QString& arn, QObject* context,
                                     Done<Nothing> done)
{
    if (arn.isEmpty()) {
        pb::DeleteFunctionCodeSigningConfigRequest request;
        request.set_function_name(function.toStdString());
        return call<google::protobuf::Empty>(m_channel, request, context, kNothing,
                                             std::move(done));
    }
    pb::PutFunctionCodeSigningConfigRequest request;
    request.set_function_name(function.toStdString());
    request.set_code_signing_config_arn(arn.toStdString());
    call<pb::PutFunctionCodeSigningConfigResponse>(m_channel, request, context, kNothing,
                                                   std::move(done));
}

void FunctionSettingsApi::logGroups(QObject* context, Done<QStringList> done)
{
    call<aws::logs::DescribeLogGroupsResponse>(
        m_channel, aws::logs::DescribeLogGroupsRequest(), context,
        [](const aws::logs::DescribeLogGroupsResponse& response) {
            QStringList names;
            for (const auto& group : response.log_groups())
                names << QString::fromStdString(group.log_group_name());
            return names;
        },
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
