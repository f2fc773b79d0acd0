#pragma once

namespace gantry::secrets {
class ParameterStore;
class SecretStore;
} // namespace gantry::secrets

namespace gantry::api {

class OperationTable;

// The operations of Secrets Manager and of the Systems Manager Parameter Store.
void registerSecretsManager(OperationTable& table, secrets::SecretStore& secrets);
void registerParameters(OperationTable& table, secrets::ParameterStore& parameters);

} // namespace gantry::api
