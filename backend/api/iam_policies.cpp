#include "backend/api/iam_topics.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>

// Managed policies and their versions.
namespace gantry::api {
namespace {

using namespace aws::iam;
using google::protobuf::Empty;

constexpr int kMaxVersions = 5;

bool isAws(const record::ManagedPolicy& policy)
{
    return policy.arn().starts_with("arn:aws:iam::aws:");
}

// How many identities have the policy: attached, and as their boundary.
std::pair<int, int> uses(const Directory& now, const std::string& arn)
{
    std::pair<int, int> count{0, 0};
    for (const auto kind : {IdentityKind::User, IdentityKind::Group, IdentityKind::Role}) {
        for (const auto& [name, identity] : now.identities(kind).rows()) {
            const auto& attached = identity->attached();
            count.first += std::find(attached.begin(), attached.end(), arn) != attached.end();
            count.second += identity->boundary() == arn;
        }
    }
    return count;
}

void fill(const Directory& now, const record::ManagedPolicy& from, Policy& out)
{
    out.set_policy_name(from.name());
    out.set_policy_id(from.id());
    out.set_arn(from.arn());
    out.set_path(from.path());
    out.set_default_version_id(from.default_version());
    const auto [attached, bounding] = uses(now, from.arn());
    out.set_attachment_count(attached);
    out.set_permissions_boundary_usage_count(bounding);
    out.set_is_attachable(true);
    setSeconds(*out.mutable_create_date(), from.created_ms());
    setSeconds(*out.mutable_update_date(), from.updated_ms());
}

void fill(const record::ManagedPolicy& policy, const record::PolicyVersion& from, bool whole,
          PolicyVersion& out)
{
    out.set_version_id(from.id());
    out.set_is_default_version(from.id() == policy.default_version());
    setSeconds(*out.mutable_create_date(), from.created_ms());
    if (whole)
        out.set_document(encodedDocument(from.document()));
}

record::PolicyVersion& addVersion(record::ManagedPolicy& policy, const std::string& document,
                                  std::int64_t now)
{
    record::PolicyVersion& version = *policy.add_versions();
    policy.set_last_version(policy.last_version() + 1);
    version.set_id(absl::StrCat("v", policy.last_version()));
    version.set_document(document);
    version.set_created_ms(now);
    policy.set_updated_ms(now);
    return version;
}

absl::Status createPolicy(Directory::Draft& draft, const CreatePolicyRequest& request,
                          CreatePolicyResponse& response)
{
    const std::string path = request.has_path() ? request.path() : "/";
    const std::string arn = absl::StrCat("arn:aws:iam::", draft.now().account().id(), ":policy",
                                         path, request.policy_name());
    if (draft.now().policies().find(arn))
        return makeError("EntityAlreadyExists", 409,
                         absl::StrCat("A policy called ", request.policy_name(),
                                      " already exists. Duplicate names are not allowed."));
    if (absl::Status status = checkDocument(request.policy_document(), iam::PolicyKind::Identity,
                                            iam::Policy::kManagedCharacters);
        !status.ok())
        return status;
    record::ManagedPolicy& made = draft.addPolicy(arn);
    made.set_name(request.policy_name());
    made.set_path(path);
    made.set_description(request.description());
    mergeTags(request.tags(), *made.mutable_tags());
    made.set_default_version(
        addVersion(made, request.policy_document(), draft.now().nowMs()).id());
    fill(draft.now(), made, *response.mutable_policy());
    addTags(made.tags(), *response.mutable_policy());
    return absl::OkStatus();
}

// The policy to change; AWS's own cannot be.
absl::StatusOr<record::ManagedPolicy*> own(Directory::Draft& draft, const std::string& arn)
{
    const record::ManagedPolicy* known = draft.now().policies().find(arn);
    if (!known)
        return noSuchPolicy(arn);
    if (isAws(*known))
        return makeError("AccessDenied", 403,
                         absl::StrCat("Policy ", arn, " is one of AWS's: it cannot be changed."));
    return draft.editPolicy(arn);
}

absl::Status createVersion(Directory::Draft& draft, const CreatePolicyVersionRequest& request,
                           CreatePolicyVersionResponse& response)
{
    const auto policy = own(draft, request.policy_arn());
    if (!policy.ok())
        return policy.status();
    if ((*policy)->versions_size() >= kMaxVersions)
        return makeError("LimitExceeded", 409,
                         absl::StrCat("A managed policy can have up to ", kMaxVersions,
                                      " versions. Before you create a new version, you must delete "
                                      "an existing version."));
    if (absl::Status status = checkDocument(request.policy_document(), iam::PolicyKind::Identity,
                                            iam::Policy::kManagedCharacters);
        !status.ok())
        return status;
    const record::PolicyVersion& version =
        addVersion(**policy, request.policy_document(), draft.now().nowMs());
    if (request.set_as_default())
        (*policy)->set_default_version(version.id());
    fill(**policy, version, false, *response.mutable_policy_version());
    return absl::OkStatus();
}

auto findVersion(record::ManagedPolicy& policy, const std::string& id)
{
    return std::find_if(policy.mutable_versions()->begin(), policy.mutable_versions()->end(),
                        [&](const record::PolicyVersion& each) { return each.id() == id; });
}

absl::Status noSuchVersion(const std::string& arn, const std::string& id)
{
    return makeError("NoSuchEntity", 404,
                     absl::StrCat("Policy ", arn, " version ", id, " does not exist."));
}

absl::Status deleteVersion(Directory::Draft& draft, const DeletePolicyVersionRequest& request,
                           Empty&)
{
    const auto policy = own(draft, request.policy_arn());
    if (!policy.ok())
        return policy.status();
    const auto found = findVersion(**policy, request.version_id());
    if (found == (*policy)->mutable_versions()->end())
        return noSuchVersion(request.policy_arn(), request.version_id());
    if (request.version_id() == (*policy)->default_version())
        return makeError("DeleteConflict", 409, "Cannot delete the default version of a policy.");
    (*policy)->mutable_versions()->erase(found);
    return absl::OkStatus();
}

absl::Status setDefault(Directory::Draft& draft, const SetDefaultPolicyVersionRequest& request,
                        Empty&)
{
    const auto policy = own(draft, request.policy_arn());
    if (!policy.ok())
        return policy.status();
    if (findVersion(**policy, request.version_id()) == (*policy)->mutable_versions()->end())
        return noSuchVersion(request.policy_arn(), request.version_id());
    (*policy)->set_default_version(request.version_id());
    (*policy)->set_updated_ms(draft.now().nowMs());
    return absl::OkStatus();
}

absl::Status deletePolicy(Directory::Draft& draft, const DeletePolicyRequest& request, Empty&)
{
    const auto policy = own(draft, request.policy_arn());
    if (!policy.ok())
        return policy.status();
    if (uses(draft.now(), request.policy_arn()) != std::pair(0, 0))
        return makeError("DeleteConflict", 409, "Cannot delete a policy attached to entities.");
    if ((*policy)->versions_size() > 1)
        return makeError("DeleteConflict", 409,
                         "This policy has more than one version. Before you delete a policy, you "
                         "must delete the policy's versions. The default version is deleted with "
                         "the policy.");
    draft.erasePolicy(request.policy_arn());
    return absl::OkStatus();
}

// "Description is not included in the response to the ListPolicies operation" (Policy in the IAM
// reference); the console shows it in its list.
ListPoliciesResponse listPolicies(const Directory& now, const ListPoliciesRequest& request,
                                  bool described)
{
    ListPoliciesResponse response;
    fillPage(
        request, response, now.policies().rows(),
        [&](const record::ManagedPolicy& policy) {
            const auto [attached, bounding] = uses(now, policy.arn());
            return (request.scope() != "Local" || !isAws(policy)) &&
                   (request.scope() != "AWS" || isAws(policy)) &&
                   (!request.only_attached() || attached + bounding > 0) &&
                   (!request.has_path_prefix() ||
                    policy.path().starts_with(request.path_prefix()));
        },
        [&](const record::ManagedPolicy& policy) {
            fill(now, policy, *response.add_policies());
            if (described)
                response.mutable_policies()->rbegin()->set_description(policy.description());
        });
    return response;
}

ListEntitiesForPolicyResponse entities(const Directory& now,
                                       const ListEntitiesForPolicyRequest& request)
{
    ListEntitiesForPolicyResponse response;
    response.set_is_truncated(false);
    const bool boundary = request.policy_usage_filter() == "PermissionsBoundary";
    const auto each = [&](IdentityKind kind, auto add) {
        for (const auto& [key, identity] : now.identities(kind).rows()) {
            const auto& attached = identity->attached();
            const bool has =
                boundary ? identity->boundary() == request.policy_arn()
                         : std::find(attached.begin(), attached.end(), request.policy_arn()) !=
                               attached.end();
            if (has)
                add(*identity);
        }
    };
    each(IdentityKind::User, [&](const record::Identity& user) {
        auto& added = *response.add_policy_users();
        added.set_user_name(user.name());
        added.set_user_id(user.id());
    });
    each(IdentityKind::Group, [&](const record::Identity& group) {
        auto& added = *response.add_policy_groups();
        added.set_group_name(group.name());
        added.set_group_id(group.id());
    });
    each(IdentityKind::Role, [&](const record::Identity& role) {
        auto& added = *response.add_policy_roles();
        added.set_role_name(role.name());
        added.set_role_id(role.id());
    });
    return response;
}

// read(Response&, policy) of the policy that the request names.
template <class Request, class Response, class Read>
void onPolicy(OperationTable& table, Directory& directory, Read read)
{
    onRead<Request, Response>(
        table, directory,
        [read](const Directory& now, const Request& request) -> absl::StatusOr<Response> {
            const record::ManagedPolicy* policy = now.policies().find(request.policy_arn());
            if (!policy)
                return noSuchPolicy(request.policy_arn());
            Response response;
            if (absl::Status status = read(now, request, *policy, response); !status.ok())
                return status;
            return response;
        });
}

absl::Status getVersion(const Directory&, const GetPolicyVersionRequest& request,
                        const record::ManagedPolicy& policy, GetPolicyVersionResponse& response)
{
    for (const record::PolicyVersion& version : policy.versions()) {
        if (version.id() == request.version_id()) {
            fill(policy, version, true, *response.mutable_policy_version());
            return absl::OkStatus();
        }
    }
    return noSuchVersion(request.policy_arn(), request.version_id());
}

template <class Request> void onTag(OperationTable& table, Directory& directory)
{
    onChange<Request, Empty>(table, directory,
                             [](Directory::Draft& draft, const Request& request, Empty&) {
                                 const auto policy = own(draft, request.policy_arn());
                                 if (!policy.ok())
                                     return policy.status();
                                 if constexpr (requires { request.tag_keys(); })
                                     dropTags(request.tag_keys(), *(*policy)->mutable_tags());
                                 else
                                     mergeTags(request.tags(), *(*policy)->mutable_tags());
                                 return absl::OkStatus();
                             });
}

} // namespace

void registerIamPolicies(OperationTable& table, Directory& directory)
{
    onChange<CreatePolicyRequest, CreatePolicyResponse>(table, directory, createPolicy);
    onPolicy<GetPolicyRequest, GetPolicyResponse>(
        table, directory,
        [](const Directory& now, const auto&, const record::ManagedPolicy& policy, auto& response) {
            fill(now, policy, *response.mutable_policy());
            response.mutable_policy()->set_description(policy.description());
            addTags(policy.tags(), *response.mutable_policy());
            return absl::OkStatus();
        });
    table.on<ListPoliciesRequest, ListPoliciesResponse>(
        [&directory](const CallPtr& call, const auto& request, const auto& reply) {
            reply(listPolicies(directory, request, call->console));
        });
    onChange<DeletePolicyRequest, Empty>(table, directory, deletePolicy);
    onChange<CreatePolicyVersionRequest, CreatePolicyVersionResponse>(table, directory,
                                                                      createVersion);
    onPolicy<GetPolicyVersionRequest, GetPolicyVersionResponse>(table, directory, getVersion);
    onPolicy<ListPolicyVersionsRequest, ListPolicyVersionsResponse>(
        table, directory,
        [](const Directory&, const auto&, const record::ManagedPolicy& policy, auto& response) {
            for (int i = policy.versions_size() - 1; i >= 0; --i)
                fill(policy, policy.versions(i), false, *response.add_versions());
            response.set_is_truncated(false);
            return absl::OkStatus();
        });
    onChange<DeletePolicyVersionRequest, Empty>(table, directory, deleteVersion);
    onChange<SetDefaultPolicyVersionRequest, Empty>(table, directory, setDefault);
    onRead<ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse>(table, directory, entities);
    onTag<TagPolicyRequest>(table, directory);
    onTag<UntagPolicyRequest>(table, directory);
    onPolicy<ListPolicyTagsRequest, ListPolicyTagsResponse>(
        table, directory,
        [](const Directory&, const auto&, const record::ManagedPolicy& policy, auto& response) {
            addTags(policy.tags(), response);
            response.set_is_truncated(false);
            return absl::OkStatus();
        });
}

} // namespace gantry::api
