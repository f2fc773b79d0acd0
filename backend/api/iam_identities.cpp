#include "backend/api/iam_topics.h"

#include <google/protobuf/empty.pb.h>

// Users, groups and roles themselves: their life, their tags, who is in which group.
namespace gantry::api {
namespace {

using namespace aws::iam;
using google::protobuf::Empty;

template <class Message>
void fillCommon(const Directory& directory, IdentityKind kind, const record::Identity& from,
                Message& out)
{
    out.set_path(from.path());
    out.set_arn(directory.arn(kind, from));
    setSeconds(*out.mutable_create_date(), from.created_ms());
}

template <class Message> void fillBoundary(const record::Identity& from, Message& out)
{
    if (from.boundary().empty())
        return;
    out.mutable_permissions_boundary()->set_permissions_boundary_type("PermissionsBoundaryPolicy");
    out.mutable_permissions_boundary()->set_permissions_boundary_arn(from.boundary());
}

void fill(const Directory& directory, const record::Identity& from, User& out)
{
    fillCommon(directory, IdentityKind::User, from, out);
    out.set_user_name(from.name());
    out.set_user_id(from.id());
}

void fill(const Directory& directory, const record::Identity& from, Group& out)
{
    fillCommon(directory, IdentityKind::Group, from, out);
    out.set_group_name(from.name());
    out.set_group_id(from.id());
}

void fill(const Directory& directory, const record::Identity& from, Role& out)
{
    fillCommon(directory, IdentityKind::Role, from, out);
    out.set_role_name(from.name());
    out.set_role_id(from.id());
    out.set_assume_role_policy_document(encodedDocument(from.trust()));
    out.set_max_session_duration(from.max_session_seconds());
    if (!from.description().empty())
        out.set_description(from.description());
}

template <class Out> void fillWhole(const Directory& directory, const record::Identity& from, Out& out)
{
    fill(directory, from, out);
    fillBoundary(from, out);
    addTags(from.tags(), out);
    if constexpr (std::is_same_v<Out, Role>) {
        if (from.last_used_ms() > 0) {
            setSeconds(*out.mutable_role_last_used()->mutable_last_used_date(), from.last_used_ms());
            out.mutable_role_last_used()->set_region(directory.account().region());
        }
    }
}

absl::Status exists(const char* type, const std::string& name)
{
    return makeError("EntityAlreadyExists", 409,
                     absl::StrCat(type, " with name ", name, " already exists."));
}

absl::Status checkBoundary(const Directory& directory, const std::string& arn)
{
    return arn.empty() || directory.policies().find(arn) ? absl::OkStatus() : noSuchPolicy(arn);
}

template <class Request, class Fill>
absl::Status create(Directory::Draft& draft, const Request& request, const char* type, Fill fillIn)
{
    constexpr IdentityKind kind = kindOf<Request>();
    if (draft.now().find(kind, nameOf(request)))
        return exists(type, nameOf(request));
    if constexpr (requires { request.permissions_boundary(); }) {
        if (absl::Status status = checkBoundary(draft.now(), request.permissions_boundary());
            !status.ok())
            return status;
    }
    record::Identity& made = draft.add(kind, nameOf(request));
    if (request.has_path())
        made.set_path(request.path());
    if constexpr (requires { request.permissions_boundary(); })
        made.set_boundary(request.permissions_boundary());
    if constexpr (requires { request.tags(); })
        mergeTags(request.tags(), *made.mutable_tags());
    return fillIn(made);
}

absl::Status createRole(Directory::Draft& draft, const CreateRoleRequest& request,
                        CreateRoleResponse& response)
{
    if (absl::Status status =
            checkDocument(request.assume_role_policy_document(), iam::PolicyKind::Trust,
                          iam::Policy::kTrustCharacters);
        !status.ok())
        return status;
    return create(draft, request, "Role", [&](record::Identity& made) {
        made.set_trust(request.assume_role_policy_document());
        made.set_description(request.description());
        if (request.has_max_session_duration())
            made.set_max_session_seconds(request.max_session_duration());
        fillWhole(draft.now(), made, *response.mutable_role());
        return absl::OkStatus();
    });
}

// Refuses to delete what still has policies: AWS's "DeleteConflict".
absl::Status checkFree(const record::Identity& identity)
{
    if (!identity.attached().empty())
        return makeError("DeleteConflict", 409,
                         "Cannot delete entity, must detach all policies first.");
    if (!identity.inline_policies().empty())
        return makeError("DeleteConflict", 409, "Cannot delete entity, must delete policies first.");
    return absl::OkStatus();
}

template <class Request> absl::Status remove(Directory::Draft& draft, const Request& request, Empty&)
{
    constexpr IdentityKind kind = kindOf<Request>();
    const record::Identity* identity = draft.now().find(kind, nameOf(request));
    if (!identity)
        return noSuchIdentity(kind, nameOf(request));
    if (absl::Status status = checkFree(*identity); !status.ok())
        return status;
    if (kind == IdentityKind::User) {
        if (!identity->groups().empty())
            return makeError("DeleteConflict", 409,
                             "Cannot delete entity, must remove user from all groups first.");
        for (const auto& [id, key] : draft.now().keys().rows()) {
            if (iam::lowerCase(key->user()) == iam::lowerCase(identity->name()))
                return makeError("DeleteConflict", 409,
                                 "Cannot delete entity, must delete access keys first.");
        }
    }
    if (kind == IdentityKind::Group) {
        for (const auto& [name, user] : draft.now().identities(IdentityKind::User).rows()) {
            for (const std::string& group : user->groups()) {
                if (iam::lowerCase(group) == iam::lowerCase(identity->name()))
                    return makeError("DeleteConflict", 409,
                                     "Cannot delete entity, must remove users from group first.");
            }
        }
    }
    draft.erase(kind, nameOf(request));
    return absl::OkStatus();
}

// change(record::Identity&) on the identity that the request names.
template <class Request, class Response, class Change>
void onIdentity(OperationTable& table, Directory& directory, Change change)
{
    onChange<Request, Response>(
        table, directory,
        [change](Directory::Draft& draft, const Request& request, Response&) -> absl::Status {
            constexpr IdentityKind kind = kindOf<Request>();
            record::Identity* identity = draft.edit(kind, nameOf(request));
            if (!identity)
                return noSuchIdentity(kind, nameOf(request));
            return change(draft.now(), request, *identity);
        });
}

template <class Request, class Response> void onTag(OperationTable& table, Directory& directory)
{
    onIdentity<Request, Response>(table, directory, [](const Directory&, const Request& request,
                                                       record::Identity& identity) {
        if constexpr (requires { request.tag_keys(); })
            dropTags(request.tag_keys(), *identity.mutable_tags());
        else
            mergeTags(request.tags(), *identity.mutable_tags());
        return absl::OkStatus();
    });
}

template <class Request, class Response> void onListTags(OperationTable& table, Directory& directory)
{
    onRead<Request, Response>(
        table, directory,
        [](const Directory& now, const Request& request) -> absl::StatusOr<Response> {
            const record::Identity* identity = now.find(kindOf<Request>(), nameOf(request));
            if (!identity)
                return noSuchIdentity(kindOf<Request>(), nameOf(request));
            Response response;
            addTags(identity->tags(), response);
            response.set_is_truncated(false);
            return response;
        });
}

template <class Request, class Response, class Item>
void onList(OperationTable& table, Directory& directory, IdentityKind kind, Item item)
{
    onRead<Request, Response>(
        table, directory,
        [kind, item](const Directory& now, const Request& request) -> absl::StatusOr<Response> {
            Response response;
            fillPage(
                request, response, now.identities(kind).rows(),
                [&](const record::Identity& each) {
                    return each.path().starts_with(request.has_path_prefix() ? request.path_prefix()
                                                                             : "/");
                },
                [&](const record::Identity& each) { fill(now, each, *item(response)); });
            return response;
        });
}

absl::StatusOr<GetUserResponse> getUser(const Directory& now, const std::string& name)
{
    GetUserResponse response;
    const record::Identity* user = now.find(IdentityKind::User, name);
    if (!user)
        return noSuchIdentity(IdentityKind::User, name);
    fillWhole(now, *user, *response.mutable_user());
    return response;
}

void registerUsers(OperationTable& table, Directory& directory)
{
    onChange<CreateUserRequest, CreateUserResponse>(
        table, directory, [](Directory::Draft& draft, const auto& request, auto& response) {
            return create(draft, request, "User", [&](record::Identity& made) {
                fillWhole(draft.now(), made, *response.mutable_user());
                return absl::OkStatus();
            });
        });
    // Without a name it is about who asks.
    table.on<GetUserRequest, GetUserResponse>(
        [&directory](const CallPtr& call, const GetUserRequest& request, const auto& reply) {
            const std::string& arn = call->principalArn;
            reply(getUser(directory, request.has_user_name() ? request.user_name()
                                                             : arn.substr(arn.rfind('/') + 1)));
        });
    onList<ListUsersRequest, ListUsersResponse>(table, directory, IdentityKind::User,
                                                [](auto& response) { return response.add_users(); });
    onIdentity<UpdateUserRequest, Empty>(
        table, directory,
        [](const Directory&, const UpdateUserRequest& request, record::Identity& user) {
            if (request.has_new_user_name())
                return makeError("InvalidInput", 400,
                                 "Gantry does not rename users; create one with the new name.");
            if (request.has_new_path())
                user.set_path(request.new_path());
            return absl::OkStatus();
        });
    onChange<DeleteUserRequest, Empty>(table, directory, remove<DeleteUserRequest>);
    onTag<TagUserRequest, Empty>(table, directory);
    onTag<UntagUserRequest, Empty>(table, directory);
    onListTags<ListUserTagsRequest, ListUserTagsResponse>(table, directory);
}

void registerGroups(OperationTable& table, Directory& directory)
{
    onChange<CreateGroupRequest, CreateGroupResponse>(
        table, directory, [](Directory::Draft& draft, const auto& request, auto& response) {
            return create(draft, request, "Group", [&](record::Identity& made) {
                fill(draft.now(), made, *response.mutable_group());
                return absl::OkStatus();
            });
        });
    onRead<GetGroupRequest, GetGroupResponse>(
        table, directory,
        [](const Directory& now, const GetGroupRequest& request) -> absl::StatusOr<GetGroupResponse> {
            const record::Identity* group = now.find(IdentityKind::Group, request.group_name());
            if (!group)
                return noSuchIdentity(IdentityKind::Group, request.group_name());
            GetGroupResponse response;
            fill(now, *group, *response.mutable_group());
            fillPage(
                request, response, now.identities(IdentityKind::User).rows(),
                [&](const record::Identity& user) {
                    return std::count(user.groups().begin(), user.groups().end(), group->name()) > 0;
                },
                [&](const record::Identity& user) { fill(now, user, *response.add_users()); });
            return response;
        });
    onList<ListGroupsRequest, ListGroupsResponse>(
        table, directory, IdentityKind::Group, [](auto& response) { return response.add_groups(); });
    onChange<DeleteGroupRequest, Empty>(table, directory, remove<DeleteGroupRequest>);
    const auto membership = [](bool in) {
        return [in](Directory::Draft& draft, const auto& request, Empty&) -> absl::Status {
            const record::Identity* group =
                draft.now().find(IdentityKind::Group, request.group_name());
            if (!group)
                return noSuchIdentity(IdentityKind::Group, request.group_name());
            record::Identity* user = draft.edit(IdentityKind::User, request.user_name());
            if (!user)
                return noSuchIdentity(IdentityKind::User, request.user_name());
            auto& groups = *user->mutable_groups();
            groups.erase(std::remove(groups.begin(), groups.end(), group->name()), groups.end());
            if (in)
                *groups.Add() = group->name();
            return absl::OkStatus();
        };
    };
    onChange<AddUserToGroupRequest, Empty>(table, directory, membership(true));
    onChange<RemoveUserFromGroupRequest, Empty>(table, directory, membership(false));
    onRead<ListGroupsForUserRequest, ListGroupsForUserResponse>(
        table, directory,
        [](const Directory& now,
           const ListGroupsForUserRequest& request) -> absl::StatusOr<ListGroupsForUserResponse> {
            const record::Identity* user = now.find(IdentityKind::User, request.user_name());
            if (!user)
                return noSuchIdentity(IdentityKind::User, request.user_name());
            ListGroupsForUserResponse response;
            response.set_is_truncated(false);
            for (const std::string& name : user->groups()) {
                if (const record::Identity* group = now.find(IdentityKind::Group, name))
                    fill(now, *group, *response.add_groups());
            }
            return response;
        });
}

void registerRoles(OperationTable& table, Directory& directory)
{
    onChange<CreateRoleRequest, CreateRoleResponse>(table, directory, createRole);
    onRead<GetRoleRequest, GetRoleResponse>(
        table, directory,
        [](const Directory& now, const GetRoleRequest& request) -> absl::StatusOr<GetRoleResponse> {
            const record::Identity* role = now.find(IdentityKind::Role, request.role_name());
            if (!role)
                return noSuchIdentity(IdentityKind::Role, request.role_name());
            GetRoleResponse response;
            fillWhole(now, *role, *response.mutable_role());
            return response;
        });
    onList<ListRolesRequest, ListRolesResponse>(table, directory, IdentityKind::Role,
                                                [](auto& response) { return response.add_roles(); });
    onIdentity<UpdateRoleRequest, UpdateRoleResponse>(
        table, directory,
        [](const Directory&, const UpdateRoleRequest& request, record::Identity& role) {
            if (request.has_description())
                role.set_description(request.description());
            if (request.has_max_session_duration())
                role.set_max_session_seconds(request.max_session_duration());
            return absl::OkStatus();
        });
    onIdentity<UpdateAssumeRolePolicyRequest, Empty>(
        table, directory,
        [](const Directory&, const UpdateAssumeRolePolicyRequest& request, record::Identity& role) {
            absl::Status status = checkDocument(request.policy_document(), iam::PolicyKind::Trust,
                                                iam::Policy::kTrustCharacters);
            if (status.ok())
                role.set_trust(request.policy_document());
            return status;
        });
    onChange<DeleteRoleRequest, Empty>(table, directory, remove<DeleteRoleRequest>);
    onTag<TagRoleRequest, Empty>(table, directory);
    onTag<UntagRoleRequest, Empty>(table, directory);
    onListTags<ListRoleTagsRequest, ListRoleTagsResponse>(table, directory);
}

template <class Put, class Delete> void onBoundary(OperationTable& table, Directory& directory)
{
    onIdentity<Put, Empty>(
        table, directory,
        [](const Directory& now, const Put& request, record::Identity& identity) {
            absl::Status status = checkBoundary(now, request.permissions_boundary());
            if (status.ok())
                identity.set_boundary(request.permissions_boundary());
            return status;
        });
    onIdentity<Delete, Empty>(table, directory,
                              [](const Directory&, const Delete&, record::Identity& identity) {
                                  identity.clear_boundary();
                                  return absl::OkStatus();
                              });
}

} // namespace

void registerIamIdentities(OperationTable& table, Directory& directory)
{
    registerUsers(table, directory);
    registerGroups(table, directory);
    registerRoles(table, directory);
    onBoundary<PutUserPermissionsBoundaryRequest, DeleteUserPermissionsBoundaryRequest>(table,
                                                                                        directory);
    onBoundary<PutRolePermissionsBoundaryRequest, DeleteRolePermissionsBoundaryRequest>(table,
                                                                                        directory);
}

} // namespace gantry::api
