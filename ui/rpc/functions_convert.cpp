#include "ui/rpc/functions_convert.h"

namespace gantry::rpc {

namespace pb = aws::lambda;

FunctionConfiguration toConfiguration(const pb::FunctionConfiguration& message)
{
    FunctionConfiguration c;
    c.name = text(message.function_name());
    c.arn = text(message.function_arn());
    c.version = text(message.version());
    c.runtime = text(message.runtime());
    c.handler = text(message.handler());
    c.role = text(message.role());
    c.description = text(message.description());
    c.memoryMb = message.memory_size();
    c.timeoutS = message.timeout();
    if (message.ephemeral_storage().has_size())
        c.tmpMb = message.ephemeral_storage().size();
    if (message.architectures_size() > 0)
        c.architecture = text(message.architectures(0));
    c.packageType = text(message.package_type());
    c.tenantIsolation = message.tenancy_config().tenant_isolation_mode() == "PER_TENANT";
    c.snapStart = message.snap_start().apply_on() == "PublishedVersions";
    c.activeTracing = message.tracing_config().mode() == "Active";
    c.kmsKeyArn = QString::fromStdString(message.kms_key_arn());
    c.environment = toStringMap(message.environment().variables());
    c.runtimeBuildArn = text(message.runtime_version_config().runtime_version_arn());
    const pb::LoggingConfig& logging = message.logging_config();
    c.log.json = logging.log_format() == "JSON";
    if (logging.has_application_log_level())
        c.log.applicationLevel = text(logging.application_log_level());
    if (logging.has_system_log_level())
        c.log.systemLevel = text(logging.system_log_level());
    c.log.group = text(logging.log_group());
    for (const auto& layer : message.layers())
        c.layers << text(layer.arn());
    c.codeSize = message.code_size();
    c.codeSha256 = text(message.code_sha256());
    c.lastModified = QDateTime::fromString(text(message.last_modified()), Qt::ISODateWithMs);
    c.revisionId = text(message.revision_id());
    c.state = text(message.state());
    c.stateReason = text(message.state_reason());
    c.lastUpdateStatus = text(message.last_update_status());
    c.lastUpdateReason = text(message.last_update_status_reason());
    return c;
}

FunctionDetails toDetails(const pb::GetFunctionResponse& message)
{
    FunctionDetails details;
    details.configuration = toConfiguration(message.configuration());
    details.tags = toStringMap(message.tags());
    if (message.concurrency().has_reserved_concurrent_executions())
        details.reservedConcurrency = message.concurrency().reserved_concurrent_executions();
    return details;
}

Alias toAlias(const pb::AliasConfiguration& message)
{
    Alias alias;
    alias.name = text(message.name());
    alias.arn = text(message.alias_arn());
    alias.version = text(message.function_version());
    alias.description = text(message.description());
    alias.revisionId = text(message.revision_id());
    for (const auto& [version, weight] : message.routing_config().additional_version_weights())
        alias.weights.insert(text(version), weight);
    return alias;
}

InvokeReply toReply(const pb::InvocationResponse& message)
{
    InvokeReply reply;
    reply.status = message.status_code();
    reply.functionError = text(message.function_error());
    reply.payload = bytes(message.payload());
    reply.log = QString::fromUtf8(QByteArray::fromBase64(bytes(message.log_result())));
    reply.executedVersion = text(message.executed_version());
    return reply;
}

pb::CreateFunctionRequest toMessage(const NewFunction& function)
{
    pb::CreateFunctionRequest message;
    message.set_function_name(function.name.toStdString());
    message.set_runtime(function.runtime.toStdString());
    message.set_handler(function.handler.toStdString());
    message.set_role(function.role.toStdString());
    if (!function.description.isEmpty())
        message.set_description(function.description.toStdString());
    message.set_memory_size(function.memoryMb);
    message.set_timeout(function.timeoutS);
    message.mutable_ephemeral_storage()->set_size(function.tmpMb);
    message.add_architectures(function.architecture.toStdString());
    message.set_package_type("Zip");
    message.mutable_code()->set_zip_file(function.zip.toStdString());
    if (!function.environment.isEmpty())
        fillStringMap(function.environment, message.mutable_environment()->mutable_variables());
    fillStringMap(function.tags, message.mutable_tags());
    message.set_publish(function.publish);
    return message;
}

pb::UpdateFunctionCodeRequest toMessage(const QString& function, const CodeUpdate& update)
{
    pb::UpdateFunctionCodeRequest message;
    message.set_function_name(function.toStdString());
    message.set_zip_file(update.zip.toStdString());
    if (!update.architecture.isEmpty())
        message.add_architectures(update.architecture.toStdString());
    if (!update.revisionId.isEmpty())
        message.set_revision_id(update.revisionId.toStdString());
    message.set_publish(update.publish);
    message.set_dry_run(update.dryRun);
    return message;
}

pb::UpdateFunctionConfigurationRequest toMessage(const QString& function,
                                                 const ConfigurationChange& change)
{
    pb::UpdateFunctionConfigurationRequest message;
    message.set_function_name(function.toStdString());
    if (change.runtime)
        message.set_runtime(change.runtime->toStdString());
    if (change.handler)
        message.set_handler(change.handler->toStdString());
    if (change.role)
        message.set_role(change.role->toStdString());
    if (change.description)
        message.set_description(change.description->toStdString());
    if (change.memoryMb)
        message.set_memory_size(*change.memoryMb);
    if (change.timeoutS)
        message.set_timeout(*change.timeoutS);
    if (change.tmpMb)
        message.mutable_ephemeral_storage()->set_size(*change.tmpMb);
    if (change.environment) // present and empty: all variables go
        fillStringMap(*change.environment, message.mutable_environment()->mutable_variables());
    if (change.log) {
        pb::LoggingConfig& logging = *message.mutable_logging_config();
        logging.set_log_format(change.log->json ? "JSON" : "Text");
        if (change.log->json) {
            logging.set_application_log_level(change.log->applicationLevel.toStdString());
            logging.set_system_log_level(change.log->systemLevel.toStdString());
        }
        logging.set_log_group(change.log->group.toStdString());
    }
    if (change.kmsKeyArn)
        message.set_kms_key_arn(change.kmsKeyArn->toStdString());
    if (change.activeTracing)
        message.mutable_tracing_config()->set_mode(*change.activeTracing ? "Active"
                                                                          : "PassThrough");
    if (change.snapStart)
        message.mutable_snap_start()->set_apply_on(*change.snapStart ? "PublishedVersions"
                                                                     : "None");
    if (!change.revisionId.isEmpty())
        message.set_revision_id(change.revisionId.toStdString());
    return message;
}

pb::InvocationRequest toMessage(const InvokeRequest& request)
{
    static constexpr const char* kTypes[] = {"RequestResponse", "Event", "DryRun"};
    pb::InvocationRequest message;
    message.set_function_name(request.function.toStdString());
    if (!request.qualifier.isEmpty())
        message.set_qualifier(request.qualifier.toStdString());
    message.set_invocation_type(kTypes[static_cast<int>(request.type)]);
    if (request.type == InvocationType::RequestResponse)
        message.set_log_type("Tail");
    if (!request.clientContext.isEmpty())
        message.set_client_context(request.clientContext.toStdString());
    if (!request.tenantId.isEmpty())
        message.set_tenant_id(request.tenantId.toStdString());
    message.set_payload(request.payload.toStdString());
    return message;
}

void fillRouting(const Alias& alias, pb::AliasRoutingConfiguration* routing)
{
    for (auto it = alias.weights.begin(); it != alias.weights.end(); ++it)
        (*routing->mutable_additional_version_weights())[it.key().toStdString()] = it.value();
}

} // namespace gantry::rpc
