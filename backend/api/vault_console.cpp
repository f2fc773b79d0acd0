#include "backend/api/vault_console.h"

#include "backend/api/operation_table.h"
#include "backend/api/secret_move.h"
#include "backend/functions/registry.h"
#include "backend/secrets/vault.h"
#include "gantry/v1/vault.pb.h"

#include <absl/strings/match.h>

#include <utility>

namespace gantry::api {
namespace {

using functions::Registry;
using secrets::Vault;

v1::VaultInfo infoOf(Vault& vault, const std::filesystem::path& directory)
{
    const record::MasterRecord& master = vault.keys().master();
    v1::VaultInfo info;
    info.set_master_key_id(master.id());
    info.set_in_keyring(master.in_keyring());
    if (!master.in_keyring())
        info.set_file((directory / "master.key").string());
    info.set_master_key_created_at_ms(master.created_at_ms());
    return info;
}

absl::StatusOr<v1::ListRotationsResponse> rotations(Vault& vault,
                                                    const v1::ListRotationsRequest& request)
{
    const auto secret = vault.secrets().find(request.secret_id());
    if (!secret.ok())
        return secret.status();
    v1::ListRotationsResponse response;
    for (int i = (*secret)->rotations_size() - 1; i >= 0; --i) {
        const record::RotationRecord& from = (*secret)->rotations(i);
        v1::Rotation& to = *response.add_rotations();
        to.set_version_id(from.token());
        to.set_started_at_ms(from.started_at_ms());
        to.set_ended_at_ms(from.ended_at_ms());
        to.set_step(from.step());
        to.set_error(from.error());
        to.set_scheduled(from.scheduled());
    }
    return response;
}

// A value that is the name or the ARN, or has the ARN in it.
bool names(const std::string& value, const std::string& name, const std::string& arn)
{
    return value == name || (!arn.empty() && absl::StrContains(value, arn));
}

v1::ListUsesResponse uses(Vault& vault, const Registry& registry, const std::string& wanted)
{
    std::string name = wanted, arn = absl::StartsWith(wanted, "arn:") ? wanted : "";
    if (const auto secret = vault.secrets().find(wanted); secret.ok()) {
        name = (*secret)->name();
        arn = (*secret)->arn();
    }
    v1::ListUsesResponse response;
    for (const auto& [functionName, function] : registry.functions()) {
        for (const auto& [variable, value] :
             function->latest->configuration.environment().variables()) {
            if (!names(value, name, arn))
                continue;
            v1::SecretUse& use = *response.add_uses();
            use.set_function_name(functionName);
            use.set_variable(variable);
        }
    }
    return response;
}

} // namespace

void registerVault(OperationTable& table, const PastedSearch& parts, iam::Directory& identities,
                   const std::filesystem::path& directory)
{
    Vault& vault = parts.vault;
    const Registry& registry = parts.registry;
    table.on<v1::GetVaultRequest, v1::VaultInfo>(
        [&vault, directory](const CallPtr&, const auto&, const Reply<v1::VaultInfo>& reply) {
            reply(infoOf(vault, directory));
        });
    table.on<v1::RotateMasterKeyRequest, v1::VaultInfo>(
        [&vault, directory](const CallPtr&, const auto&, Reply<v1::VaultInfo> reply) {
            vault.keys().rotateMaster(
                [&vault, directory, reply = std::move(reply)](const absl::Status& status) {
                    status.ok() ? reply(infoOf(vault, directory)) : reply(status);
                });
        });
    table.on<v1::ListRotationsRequest, v1::ListRotationsResponse>(
        [&vault](const CallPtr&, const auto& request, const auto& reply) {
            reply(rotations(vault, request));
        });
    table.on<v1::ListUsesRequest, v1::ListUsesResponse>(
        [&vault, &registry](const CallPtr&, const auto& request, const auto& reply) {
            reply(uses(vault, registry, request.name()));
        });
    table.on<v1::ListPastedSecretsRequest, v1::ListPastedSecretsResponse>(
        [parts](const CallPtr&, const auto& request, Reply<v1::ListPastedSecretsResponse> reply) {
            listPastedSecrets(parts, request, std::move(reply));
        });
    table.on<v1::MoveToSecretRequest, v1::MovedSecret>(
        [parts, &identities](const CallPtr&, const auto& request, Reply<v1::MovedSecret> reply) {
            moveToSecret(parts, identities, request, std::move(reply));
        });
    table.on<v1::ListMovedSecretsRequest, v1::ListMovedSecretsResponse>(
        [parts](const CallPtr&, const auto&, const Reply<v1::ListMovedSecretsResponse>& reply) {
            reply(listMovedSecrets(parts));
        });
    table.on<v1::UndoMoveToSecretRequest, v1::UndoMoveToSecretResponse>(
        [parts, &identities](const CallPtr&, const auto& request,
                             Reply<v1::UndoMoveToSecretResponse> reply) {
            undoMoveToSecret(parts, identities, request, std::move(reply));
        });
}

} // namespace gantry::api
