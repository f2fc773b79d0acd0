#include "ui/rpc/vault_api.h"

#include "ui/rpc/call.h"
#include "ui/rpc/vault_convert.h"

#include <QHash>
#include <QUuid>

#include <memory>

namespace gantry::rpc {

namespace {

namespace kms = aws::kms;
namespace sm = aws::secretsmanager;
namespace ssm = aws::ssm;

std::string token()
{
    return QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
}

// Asks for page after page and answers with all items, or with the first error.
template <class Item, class Response, class Request, class Take, class Next>
void listAll(Channel& channel, Request request, QObject* context, Take take, Next next,
             std::function<void(Result<QList<Item>>)> done,
             const std::shared_ptr<QList<Item>>& items = std::make_shared<QList<Item>>())
{
    struct Page {
        QList<Item> items;
        std::string token;
    };
    const auto convert = [take, next](const Response& response) {
        return Page{take(response), next(response)};
    };
    call<Response>(channel, request, context, convert,
                   [&channel, request, context, take, next, done,
                    items](const Result<Page>& page) mutable {
                       if (!page)
                           return done(page.error());
                       items->append(page->items);
                       if (page->token.empty())
                           return done(*items);
                       if constexpr (requires { request.set_next_token(page->token); })
                           request.set_next_token(page->token);
                       else
                           request.set_marker(page->token);
                       listAll<Item, Response>(channel, request, context, take, next, done, items);
                   });
}

// A call whose answer only says that it went well.
template <class Response, class Request>
void act(Channel& channel, const Request& request, QObject* context,
         std::function<void(Result<Nothing>)> done)
{
    call<Response>(channel, request, context, toNothing<Response>, std::move(done));
}

} // namespace

void VaultApi::listSecrets(QObject* context, Done<QList<SecretInfo>> done)
{
    sm::ListSecretsRequest request;
    request.set_include_planned_deletion(true);
    request.set_max_results(100);
    request.set_sort_by("name");
    request.set_sort_order("asc");
    listAll<SecretInfo, sm::ListSecretsResponse>(
        m_channel, request, context,
        [](const sm::ListSecretsResponse& response) {
            QList<SecretInfo> items;
            for (const auto& secret : response.secret_list())
                items.append(toSecret(secret));
            return items;
        },
        [](const sm::ListSecretsResponse& response) { return response.next_token(); },
        std::move(done));
}

void VaultApi::describeSecret(const QString& id, QObject* context, Done<SecretInfo> done)
{
    sm::DescribeSecretRequest request;
    request.set_secret_id(id.toStdString());
    call<sm::DescribeSecretResponse>(
        m_channel, request, context,
        [](const sm::DescribeSecretResponse& response) { return toSecret(response); },
        std::move(done));
}

void VaultApi::secretValue(const QString& id, const QString& versionId, QObject* context,
                           Done<SecretValue> done)
{
    sm::GetSecretValueRequest request;
    request.set_secret_id(id.toStdString());
    if (!versionId.isEmpty())
        request.set_version_id(versionId.toStdString());
    call<sm::GetSecretValueResponse>(m_channel, request, context, toValue, std::move(done));
}

void VaultApi::createSecret(const QString& name, const QString& description, const QString& value,
                            QObject* context, Done<QString> done)
{
    sm::CreateSecretRequest request;
    request.set_name(name.toStdString());
    request.set_client_request_token(token());
    if (!description.isEmpty())
        request.set_description(description.toStdString());
    request.set_secret_string(value.toStdString());
    call<sm::CreateSecretResponse>(
        m_channel, request, context,
        [](const sm::CreateSecretResponse& response) {
            return QString::fromStdString(response.arn());
        },
        std::move(done));
}

void VaultApi::putSecretValue(const QString& id, const QString& value, QObject* context,
                              Done<Nothing> done)
{
    sm::PutSecretValueRequest request;
    request.set_secret_id(id.toStdString());
    request.set_client_request_token(token());
    request.set_secret_string(value.toStdString());
    act<sm::PutSecretValueResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::removeSecret(const QString& id, int days, QObject* context, Done<Nothing> done)
{
    sm::DeleteSecretRequest request;
    request.set_secret_id(id.toStdString());
    request.set_recovery_window_in_days(days);
    act<sm::DeleteSecretResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::restoreSecret(const QString& id, QObject* context, Done<Nothing> done)
{
    sm::RestoreSecretRequest request;
    request.set_secret_id(id.toStdString());
    act<sm::RestoreSecretResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::rotateSecret(const QString& id, const QString& function, int days, QObject* context,
                            Done<Nothing> done)
{
    sm::RotateSecretRequest request;
    request.set_secret_id(id.toStdString());
    request.set_client_request_token(token());
    if (!function.isEmpty())
        request.set_rotation_lambda_arn(function.toStdString());
    if (days > 0)
        request.mutable_rotation_rules()->set_automatically_after_days(days);
    act<sm::RotateSecretResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::cancelRotation(const QString& id, QObject* context, Done<Nothing> done)
{
    sm::CancelRotateSecretRequest request;
    request.set_secret_id(id.toStdString());
    act<sm::CancelRotateSecretResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::listRotations(const QString& id, QObject* context, Done<QList<RotationInfo>> done)
{
    v1::ListRotationsRequest request;
    request.set_secret_id(id.toStdString());
    call<v1::ListRotationsResponse>(m_channel, request, context, toRotations, std::move(done));
}

void VaultApi::listUses(const QString& name, QObject* context, Done<QList<SecretUse>> done)
{
    v1::ListUsesRequest request;
    request.set_name(name.toStdString());
    call<v1::ListUsesResponse>(m_channel, request, context, toUses, std::move(done));
}

void VaultApi::listParameters(QObject* context, Done<QList<ParameterInfo>> done)
{
    ssm::DescribeParametersRequest request;
    request.set_max_results(50);
    listAll<ParameterInfo, ssm::DescribeParametersResult>(
        m_channel, request, context,
        [](const ssm::DescribeParametersResult& response) {
            QList<ParameterInfo> items;
            for (const auto& parameter : response.parameters())
                items.append(toParameter(parameter));
            return items;
        },
        [](const ssm::DescribeParametersResult& response) { return response.next_token(); },
        std::move(done));
}

void VaultApi::parameterValue(const QString& name, QObject* context, Done<SecretValue> done)
{
    ssm::GetParameterRequest request;
    request.set_name(name.toStdString());
    request.set_with_decryption(true);
    call<ssm::GetParameterResult>(
        m_channel, request, context,
        [](const ssm::GetParameterResult& response) {
            SecretValue value;
            value.text = QString::fromStdString(response.parameter().value());
            return value;
        },
        std::move(done));
}

void VaultApi::putParameter(const QString& name, const QString& type, const QString& value,
                            QObject* context, Done<Nothing> done)
{
    ssm::PutParameterRequest request;
    request.set_name(name.toStdString());
    request.set_type(type.toStdString());
    request.set_value(value.toStdString());
    request.set_overwrite(true);
    request.set_tier("Intelligent-Tiering");
    act<ssm::PutParameterResult>(m_channel, request, context, std::move(done));
}

void VaultApi::removeParameter(const QString& name, QObject* context, Done<Nothing> done)
{
    ssm::DeleteParameterRequest request;
    request.set_name(name.toStdString());
    act<ssm::DeleteParameterResult>(m_channel, request, context, std::move(done));
}

// The list of keys says only ids: each is described, and the aliases come in a call of their own.
void VaultApi::listKeys(QObject* context, Done<QList<KeyInfo>> done)
{
    struct Work {
        QHash<QString, QStringList> aliases; // by key id
        QList<KeyInfo> keys;
        qsizetype left = 0;
        bool failed = false;
    };
    const auto work = std::make_shared<Work>();
    const auto describe = [this, work, context, done](const Result<QStringList>& ids) {
        if (!ids)
            return done(ids.error());
        work->left = ids->size();
        if (ids->isEmpty())
            return done(work->keys);
        for (const QString& id : *ids) {
            kms::DescribeKeyRequest request;
            request.set_key_id(id.toStdString());
            call<kms::DescribeKeyResponse>(
                m_channel, request, context,
                [](const kms::DescribeKeyResponse& response) {
                    return toKey(response.key_metadata());
                },
                [work, done](const Result<KeyInfo>& key) {
                    if (key) {
                        work->keys.append(*key);
                        work->keys.last().aliases = work->aliases.value(key->id);
                    } else if (!std::exchange(work->failed, true)) {
                        done(key.error());
                    }
                    if (--work->left == 0 && !work->failed)
                        done(work->keys);
                });
        }
    };
    const auto list = [this, context, describe] {
        listAll<QString, kms::ListKeysResponse>(
            m_channel, kms::ListKeysRequest(), context,
            [](const kms::ListKeysResponse& response) {
                QStringList ids;
                for (const auto& key : response.keys())
                    ids << QString::fromStdString(key.key_id());
                return ids;
            },
            [](const kms::ListKeysResponse& response) { return response.next_marker(); }, describe);
    };
    using Alias = std::pair<QString, QString>; // name and key id
    listAll<Alias, kms::ListAliasesResponse>(
        m_channel, kms::ListAliasesRequest(), context,
        [](const kms::ListAliasesResponse& response) {
            QList<Alias> aliases;
            for (const auto& alias : response.aliases()) {
                aliases.append({QString::fromStdString(alias.alias_name()),
                                QString::fromStdString(alias.target_key_id())});
            }
            return aliases;
        },
        [](const kms::ListAliasesResponse& response) { return response.next_marker(); },
        [work, list, done](const Result<QList<Alias>>& aliases) {
            if (!aliases)
                return done(aliases.error());
            for (const auto& [name, key] : *aliases)
                work->aliases[key] << name;
            list();
        });
}

void VaultApi::createKey(const QString& description, QObject* context, Done<QString> done)
{
    kms::CreateKeyRequest request;
    request.set_description(description.toStdString());
    call<kms::CreateKeyResponse>(
        m_channel, request, context,
        [](const kms::CreateKeyResponse& response) {
            return QString::fromStdString(response.key_metadata().key_id());
        },
        std::move(done));
}

void VaultApi::setKeyEnabled(const QString& id, bool enabled, QObject* context, Done<Nothing> done)
{
    if (enabled) {
        kms::EnableKeyRequest request;
        request.set_key_id(id.toStdString());
        return act<google::protobuf::Empty>(m_channel, request, context, std::move(done));
    }
    kms::DisableKeyRequest request;
    request.set_key_id(id.toStdString());
    act<google::protobuf::Empty>(m_channel, request, context, std::move(done));
}

void VaultApi::scheduleKeyDeletion(const QString& id, int days, QObject* context,
                                   Done<Nothing> done)
{
    kms::ScheduleKeyDeletionRequest request;
    request.set_key_id(id.toStdString());
    request.set_pending_window_in_days(days);
    act<kms::ScheduleKeyDeletionResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::cancelKeyDeletion(const QString& id, QObject* context, Done<Nothing> done)
{
    kms::CancelKeyDeletionRequest request;
    request.set_key_id(id.toStdString());
    act<kms::CancelKeyDeletionResponse>(m_channel, request, context, std::move(done));
}

void VaultApi::getVault(QObject* context, Done<VaultInfo> done)
{
    call<v1::VaultInfo>(m_channel, v1::GetVaultRequest(), context, toVault, std::move(done));
}

void VaultApi::rotateMasterKey(QObject* context, Done<VaultInfo> done)
{
    call<v1::VaultInfo>(m_channel, v1::RotateMasterKeyRequest(), context, toVault,
                        std::move(done));
}

void VaultApi::listPasted(const QString& function, QObject* context, Done<PastedSecrets> done)
{
    v1::ListPastedSecretsRequest request;
    request.set_function_name(function.toStdString());
    call<v1::ListPastedSecretsResponse>(m_channel, request, context, toPasted, std::move(done));
}

void VaultApi::moveToSecret(const PastedSecret& from, const QString& secretName, QObject* context,
                            Done<MovedSecret> done)
{
    v1::MoveToSecretRequest request;
    request.set_function_name(from.functionName.toStdString());
    request.set_variable(from.variable.toStdString());
    request.set_file(from.file.toStdString());
    request.set_line(from.line);
    request.set_secret_name(secretName.toStdString());
    call<v1::MovedSecret>(m_channel, request, context, toMoved, std::move(done));
}

void VaultApi::listMoved(QObject* context, Done<QList<MovedSecret>> done)
{
    call<v1::ListMovedSecretsResponse>(
        m_channel, v1::ListMovedSecretsRequest(), context,
        [](const v1::ListMovedSecretsResponse& response) {
            QList<MovedSecret> moved;
            for (const v1::MovedSecret& each : response.moved())
                moved.append(toMoved(each));
            return moved;
        },
        std::move(done));
}

void VaultApi::undoMove(const MovedSecret& moved, QObject* context, Done<Nothing> done)
{
    v1::UndoMoveToSecretRequest request;
    request.set_function_name(moved.from.functionName.toStdString());
    request.set_variable(moved.from.variable.toStdString());
    request.set_secret_arn(moved.arn.toStdString());
    request.set_named_by(moved.variable.toStdString());
    call<v1::UndoMoveToSecretResponse>(m_channel, request, context,
                                       toNothing<v1::UndoMoveToSecretResponse>, std::move(done));
}

} // namespace gantry::rpc
