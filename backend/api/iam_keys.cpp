#include "backend/api/iam_topics.h"

#include <google/protobuf/empty.pb.h>

// Access keys of users.
namespace gantry::api {
namespace {

using namespace aws::iam;
using google::protobuf::Empty;

constexpr int kMaxKeys = 2;

// Without a name it is about who asks.
template <class Request> std::string userOf(const Call& call, const Request& request)
{
    const std::string& arn = call.principalArn;
    return request.has_user_name() ? request.user_name() : arn.substr(arn.rfind('/') + 1);
}

bool isOf(const record::AccessKey& key, const std::string& user)
{
    return iam::lowerCase(key.user()) == iam::lowerCase(user);
}

absl::Status createKey(Directory::Draft& draft, const std::string& user,
                       CreateAccessKeyResponse& response)
{
    const record::Identity* owner = draft.now().find(IdentityKind::User, user);
    if (!owner)
        return noSuchIdentity(IdentityKind::User, user);
    int count = 0;
    for (const auto& [id, key] : draft.now().keys().rows())
        count += isOf(*key, user);
    if (count >= kMaxKeys)
        return makeError("LimitExceeded", 409,
                         absl::StrCat("Cannot exceed quota for AccessKeysPerUser: ", kMaxKeys));
    record::Session random;
    Directory::makeKeys(random);
    record::AccessKey& key = draft.addKey("AKIA" + random.access_key_id().substr(4));
    key.set_secret(random.secret());
    key.set_user(owner->name());
    aws::iam::AccessKey& out = *response.mutable_access_key();
    out.set_user_name(owner->name());
    out.set_access_key_id(key.id());
    out.set_secret_access_key(key.secret());
    out.set_status("Active");
    setSeconds(*out.mutable_create_date(), key.created_ms());
    return absl::OkStatus();
}

ListAccessKeysResponse listKeys(const Directory& now, const std::string& user)
{
    ListAccessKeysResponse response;
    response.set_is_truncated(false);
    for (const auto& [id, key] : now.keys().rows()) {
        if (!isOf(*key, user))
            continue;
        AccessKeyMetadata& out = *response.add_access_key_metadata();
        out.set_user_name(key->user());
        out.set_access_key_id(key->id());
        out.set_status(key->inactive() ? "Inactive" : "Active");
        setSeconds(*out.mutable_create_date(), key->created_ms());
    }
    return response;
}

absl::Status noSuchKey(const std::string& id)
{
    return makeError("NoSuchEntity", 404,
                     absl::StrCat("The Access Key with id ", id, " cannot be found"));
}

// change(Draft&, record::AccessKey&) on a key of the user that the request is about.
template <class Request, class Change>
void onKey(OperationTable& table, Directory& directory, Change change)
{
    table.on<Request, Empty>([&directory, change](const CallPtr& call, const Request& request,
                                                  Reply<Empty> reply) {
        directory.change(
            [call, &request, change](Directory::Draft& draft) -> absl::Status {
                record::AccessKey* key = draft.editKey(request.access_key_id());
                if (!key || !isOf(*key, userOf(*call, request)))
                    return noSuchKey(request.access_key_id());
                change(draft, request, *key);
                return absl::OkStatus();
            },
            [call, reply = std::move(reply)](absl::Status status) {
                status.ok() ? reply(Empty()) : reply(std::move(status));
            });
    });
}

} // namespace

void registerIamKeys(OperationTable& table, Directory& directory)
{
    table.on<CreateAccessKeyRequest, CreateAccessKeyResponse>(
        [&directory](const CallPtr& call, const CreateAccessKeyRequest& request,
                     Reply<CreateAccessKeyResponse> reply) {
            auto response = std::make_shared<CreateAccessKeyResponse>();
            directory.change(
                [user = userOf(*call, request), response](Directory::Draft& draft) {
                    return createKey(draft, user, *response);
                },
                [response, reply = std::move(reply)](absl::Status status) {
                    if (status.ok())
                        reply(std::move(*response));
                    else
                        reply(std::move(status));
                });
        });
    table.on<ListAccessKeysRequest, ListAccessKeysResponse>(
        [&directory](const CallPtr& call, const ListAccessKeysRequest& request, const auto& reply) {
            reply(listKeys(directory, userOf(*call, request)));
        });
    onKey<UpdateAccessKeyRequest>(
        table, directory,
        [](Directory::Draft&, const UpdateAccessKeyRequest& request, record::AccessKey& key) {
            key.set_inactive(request.status() == "Inactive");
        });
    onKey<DeleteAccessKeyRequest>(
        table, directory,
        [](Directory::Draft& draft, const DeleteAccessKeyRequest& request, record::AccessKey&) {
            draft.eraseKey(request.access_key_id());
        });
    onRead<GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse>(
        table, directory,
        [](const Directory& now, const GetAccessKeyLastUsedRequest& request)
            -> absl::StatusOr<GetAccessKeyLastUsedResponse> {
            const record::AccessKey* key = now.keys().find(request.access_key_id());
            if (!key)
                return noSuchKey(request.access_key_id());
            GetAccessKeyLastUsedResponse response;
            response.set_user_name(key->user());
            auto& used = *response.mutable_access_key_last_used();
            const bool known = key->last_used_ms() > 0;
            used.set_service_name(known ? key->last_used_service() : "N/A");
            used.set_region(known ? now.account().region() : "N/A");
            if (known)
                setSeconds(*used.mutable_last_used_date(), key->last_used_ms());
            return response;
        });
}

} // namespace gantry::api
