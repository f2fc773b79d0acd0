#include "backend/api/lambda_topics.h"
#include "backend/store/code_store.h"
#include "backend/store/zip.h"

namespace gantry::api {

void registerLambdaAccount(OperationTable& table, functions::Registry& registry,
                           int accountConcurrency)
{
    using Response = aws::lambda::GetAccountSettingsResponse;
    table.on<aws::lambda::GetAccountSettingsRequest, Response>(
        [&registry, accountConcurrency](const CallPtr&, const auto&, const auto& reply) {
            Response response;
            aws::lambda::AccountLimit& limit = *response.mutable_account_limit();
            limit.set_total_code_size(registry.options().totalCodeBytes);
            limit.set_code_size_unzipped(store::ZipLimits().unpackedBytes);
            limit.set_code_size_zipped(store::CodeStore::kMaxZipBytes);
            limit.set_concurrent_executions(accountConcurrency);
            limit.set_unreserved_concurrent_executions(registry.unreservedConcurrency());
            aws::lambda::AccountUsage& usage = *response.mutable_account_usage();
            usage.set_total_code_size(registry.codeBytes());
            usage.set_function_count(static_cast<std::int64_t>(registry.functions().size()));
            reply(std::move(response));
        });
}

void registerLambdaControl(OperationTable& table, functions::Registry& registry,
                           const LambdaControl& control)
{
    registerLambdaFunctions(table, registry, control);
    registerLambdaVersions(table, registry, control);
    registerLambdaAliases(table, registry);
    registerLambdaTags(table, registry);
    registerLambdaUrls(table, registry, control);
    registerLambdaEvents(table, registry);
    registerLambdaPolicies(table, registry);
    registerLambdaRuntime(table, registry);
    registerLambdaAccount(table, registry, control.accountConcurrency);
}

} // namespace gantry::api
