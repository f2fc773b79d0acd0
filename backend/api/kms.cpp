#include "backend/api/kms.h"

#include "aws/kms.pb.h"
#include "backend/api/store_operations.h"
#include "backend/keys/key_store.h"

#include <utility>

namespace gantry::api {
namespace {

using google::protobuf::Empty;
using keys::KeyStore;

template <class Request> void onEnable(OperationTable& table, KeyStore& keys, bool enabled)
{
    table.on<Request, Empty>(
        [&keys, enabled](const CallPtr&, const Request& request, Reply<Empty> reply) {
            keys.setEnabled(request.key_id(), enabled,
                            [reply = std::move(reply)](const absl::Status& status) {
                                status.ok() ? reply(Empty()) : reply(status);
                            });
        });
}

} // namespace

void registerKms(OperationTable& table, KeyStore& keys)
{
    onRead(table, keys, &KeyStore::encrypt);
    onRead(table, keys, &KeyStore::decrypt);
    onRead(table, keys, &KeyStore::reEncrypt);
    onRead(table, keys, &KeyStore::generateDataKey);
    onRead(table, keys, &KeyStore::generateDataKeyWithoutPlaintext);
    onRead(table, keys, &KeyStore::describe);
    onRead(table, keys, &KeyStore::list);
    onRead(table, keys, &KeyStore::policy);
    onRead(table, keys, &KeyStore::tags);
    onRead(table, keys, &KeyStore::listAliases);
    onChange(table, keys, &KeyStore::create);
    onChange(table, keys, &KeyStore::updateDescription);
    onChange(table, keys, &KeyStore::scheduleDeletion);
    onChange(table, keys, &KeyStore::cancelDeletion);
    onChange(table, keys, &KeyStore::putPolicy);
    onChange(table, keys, &KeyStore::rotate);
    onChange(table, keys, &KeyStore::tag);
    onChange(table, keys, &KeyStore::untag);
    onChange(table, keys, &KeyStore::createAlias);
    onChange(table, keys, &KeyStore::updateAlias);
    onChange(table, keys, &KeyStore::deleteAlias);
    onEnable<aws::kms::EnableKeyRequest>(table, keys, true);
    onEnable<aws::kms::DisableKeyRequest>(table, keys, false);
}

} // namespace gantry::api
