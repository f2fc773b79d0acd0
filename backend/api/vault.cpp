#include "backend/api/vault.h"

#include "aws/secretsmanager.pb.h"
#include "aws/ssm.pb.h"
#include "backend/api/store_operations.h"
#include "backend/base/error.h"
#include "backend/secrets/parameter_store.h"
#include "backend/secrets/random_password.h"
#include "backend/secrets/secret_store.h"

#include <utility>

namespace gantry::api {

using secrets::ParameterStore;
using secrets::SecretStore;

void registerSecretsManager(OperationTable& table, SecretStore& secrets)
{
    namespace sm = aws::secretsmanager;
    onRead(table, secrets, &SecretStore::value);
    onRead(table, secrets, &SecretStore::values);
    onRead(table, secrets, &SecretStore::describe);
    onRead(table, secrets, &SecretStore::list);
    onRead(table, secrets, &SecretStore::versionIds);
    onRead(table, secrets, &SecretStore::policy);
    onRead(table, secrets, &SecretStore::validatePolicy);
    onChange(table, secrets, &SecretStore::create);
    onChange(table, secrets, &SecretStore::put);
    onChange(table, secrets, &SecretStore::update);
    onChange(table, secrets, &SecretStore::updateStage);
    onChange(table, secrets, &SecretStore::remove);
    onChange(table, secrets, &SecretStore::restore);
    onChange(table, secrets, &SecretStore::tag);
    onChange(table, secrets, &SecretStore::untag);
    onChange(table, secrets, &SecretStore::putPolicy);
    onChange(table, secrets, &SecretStore::removePolicy);
    onChange(table, secrets, &SecretStore::rotate);
    onChange(table, secrets, &SecretStore::cancelRotation);
    table.on<sm::GetRandomPasswordRequest, sm::GetRandomPasswordResponse>(
        [](const CallPtr&, const auto& request, const Reply<sm::GetRandomPasswordResponse>& reply) {
            reply(secrets::randomPassword(request));
        });
}

void registerParameters(OperationTable& table, ParameterStore& parameters)
{
    namespace ssm = aws::ssm;
    onRead(table, parameters, &ParameterStore::get);
    onRead(table, parameters, &ParameterStore::getSome);
    onRead(table, parameters, &ParameterStore::getByPath);
    onRead(table, parameters, &ParameterStore::history);
    onRead(table, parameters, &ParameterStore::describe);
    onRead(table, parameters, &ParameterStore::tags);
    onChange(table, parameters, &ParameterStore::remove);
    onChange(table, parameters, &ParameterStore::removeSome);
    onChange(table, parameters, &ParameterStore::label);
    onChange(table, parameters, &ParameterStore::unlabel);
    onChange(table, parameters, &ParameterStore::tag);
    onChange(table, parameters, &ParameterStore::untag);
    table.on<ssm::PutParameterRequest, ssm::PutParameterResult>(
        [&parameters](const CallPtr& call, const ssm::PutParameterRequest& request,
                      Reply<ssm::PutParameterResult> reply) {
            parameters.put(request, call->principalArn, std::move(reply));
        });
}

} // namespace gantry::api
