#include "backend/api/iam_topics.h"

#include <google/protobuf/empty.pb.h>

#include <algorithm>

// The policies that identities have: documents of their own, and managed ones attached to them.
namespace gantry::api {
namespace {

using namespace aws::iam;
using google::protobuf::Empty;

// Quota "managed policies attached to an identity".
constexpr int kMaxAttached = 10;

constexpr std::size_t inlineCharacters(IdentityKind kind)
{
    return kind == IdentityKind::User    ? iam::Policy::kUserInlineCharacters
           : kind == IdentityKind::Group ? iam::Policy::kGroupInlineCharacters
                                         : iam::Policy::kRoleInlineCharacters;
}

absl::Status noSuchInline(const std::string& name)
{
    return makeError("NoSuchEntity", 404,
                     absl::StrCat("The policy with name ", name, " cannot be found."));
}

template <class Request>
absl::StatusOr<const record::Identity*> identityOf(const Directory& now, const Request& request)
{
    const record::Identity* identity = now.find(kindOf<Request>(), nameOf(request));
    if (!identity)
        return noSuchIdentity(kindOf<Request>(), nameOf(request));
    return identity;
}

template <class Request>
absl::Status putInline(Directory::Draft& draft, const Request& request, Empty&)
{
    constexpr IdentityKind kind = kindOf<Request>();
    record::Identity* identity = draft.edit(kind, nameOf(request));
    if (!identity)
        return noSuchIdentity(kind, nameOf(request));
    if (absl::Status status = checkDocument(request.policy_document(), iam::PolicyKind::Identity,
                                            inlineCharacters(kind));
        !status.ok())
        return status;
    record::NamedDocument* slot = nullptr;
    for (record::NamedDocument& own : *identity->mutable_inline_policies())
        slot = own.name() == request.policy_name() ? &own : slot;
    if (!slot)
        slot = identity->add_inline_policies();
    slot->set_name(request.policy_name());
    slot->set_document(request.policy_document());
    return absl::OkStatus();
}

template <class Request>
absl::Status deleteInline(Directory::Draft& draft, const Request& request, Empty&)
{
    record::Identity* identity = draft.edit(kindOf<Request>(), nameOf(request));
    if (!identity)
        return noSuchIdentity(kindOf<Request>(), nameOf(request));
    auto& own = *identity->mutable_inline_policies();
    const auto found = std::find_if(own.begin(), own.end(), [&](const auto& each) {
        return each.name() == request.policy_name();
    });
    if (found == own.end())
        return noSuchInline(request.policy_name());
    own.erase(found);
    return absl::OkStatus();
}

template <class Request, class Response>
absl::StatusOr<Response> getInline(const Directory& now, const Request& request)
{
    const auto identity = identityOf(now, request);
    if (!identity.ok())
        return identity.status();
    for (const record::NamedDocument& own : (*identity)->inline_policies()) {
        if (own.name() != request.policy_name())
            continue;
        Response response;
        if constexpr (requires { response.set_role_name(""); })
            response.set_role_name((*identity)->name());
        else if constexpr (requires { response.set_user_name(""); })
            response.set_user_name((*identity)->name());
        else
            response.set_group_name((*identity)->name());
        response.set_policy_name(own.name());
        response.set_policy_document(encodedDocument(own.document()));
        return response;
    }
    return noSuchInline(request.policy_name());
}

template <class Request, class Response>
absl::StatusOr<Response> listInline(const Directory& now, const Request& request)
{
    const auto identity = identityOf(now, request);
    if (!identity.ok())
        return identity.status();
    Response response;
    response.set_is_truncated(false);
    for (const record::NamedDocument& own : (*identity)->inline_policies())
        response.add_policy_names(own.name());
    return response;
}

template <class Request>
absl::Status attach(Directory::Draft& draft, const Request& request, Empty&)
{
    record::Identity* identity = draft.edit(kindOf<Request>(), nameOf(request));
    if (!identity)
        return noSuchIdentity(kindOf<Request>(), nameOf(request));
    if (!draft.now().policies().find(request.policy_arn()))
        return noSuchPolicy(request.policy_arn());
    const auto& attached = identity->attached();
    if (std::count(attached.begin(), attached.end(), request.policy_arn()) > 0)
        return absl::OkStatus();
    if (attached.size() >= kMaxAttached)
        return makeError("LimitExceeded", 409,
                         absl::StrCat("Cannot exceed quota for PoliciesPerIdentity: ",
                                      kMaxAttached));
    identity->add_attached(request.policy_arn());
    return absl::OkStatus();
}

template <class Request>
absl::Status detach(Directory::Draft& draft, const Request& request, Empty&)
{
    record::Identity* identity = draft.edit(kindOf<Request>(), nameOf(request));
    if (!identity)
        return noSuchIdentity(kindOf<Request>(), nameOf(request));
    auto& attached = *identity->mutable_attached();
    const auto found = std::find(attached.begin(), attached.end(), request.policy_arn());
    if (found == attached.end())
        return makeError("NoSuchEntity", 404,
                         absl::StrCat("Policy ", request.policy_arn(), " was not found."));
    attached.erase(found);
    return absl::OkStatus();
}

template <class Request, class Response>
absl::StatusOr<Response> listAttached(const Directory& now, const Request& request)
{
    const auto identity = identityOf(now, request);
    if (!identity.ok())
        return identity.status();
    Response response;
    response.set_is_truncated(false);
    for (const std::string& arn : (*identity)->attached()) {
        auto& added = *response.add_attached_policies();
        added.set_policy_arn(arn);
        added.set_policy_name(arn.substr(arn.rfind('/') + 1));
    }
    return response;
}

template <class Put, class Get, class GetResponse, class List, class ListResponse, class Delete>
void onInline(OperationTable& table, Directory& directory)
{
    onChange<Put, Empty>(table, directory, putInline<Put>);
    onRead<Get, GetResponse>(table, directory, getInline<Get, GetResponse>);
    onRead<List, ListResponse>(table, directory, listInline<List, ListResponse>);
    onChange<Delete, Empty>(table, directory, deleteInline<Delete>);
}

template <class Attach, class Detach, class List, class ListResponse>
void onManaged(OperationTable& table, Directory& directory)
{
    onChange<Attach, Empty>(table, directory, attach<Attach>);
    onChange<Detach, Empty>(table, directory, detach<Detach>);
    onRead<List, ListResponse>(table, directory, listAttached<List, ListResponse>);
}

} // namespace

void registerIamAttachments(OperationTable& table, Directory& directory)
{
    onInline<PutUserPolicyRequest, GetUserPolicyRequest, GetUserPolicyResponse,
             ListUserPoliciesRequest, ListUserPoliciesResponse, DeleteUserPolicyRequest>(table,
                                                                                         directory);
    onInline<PutGroupPolicyRequest, GetGroupPolicyRequest, GetGroupPolicyResponse,
             ListGroupPoliciesRequest, ListGroupPoliciesResponse, DeleteGroupPolicyRequest>(
        table, directory);
    onInline<PutRolePolicyRequest, GetRolePolicyRequest, GetRolePolicyResponse,
             ListRolePoliciesRequest, ListRolePoliciesResponse, DeleteRolePolicyRequest>(table,
                                                                                         directory);
    onManaged<AttachUserPolicyRequest, DetachUserPolicyRequest, ListAttachedUserPoliciesRequest,
              ListAttachedUserPoliciesResponse>(table, directory);
    onManaged<AttachGroupPolicyRequest, DetachGroupPolicyRequest, ListAttachedGroupPoliciesRequest,
              ListAttachedGroupPoliciesResponse>(table, directory);
    onManaged<AttachRolePolicyRequest, DetachRolePolicyRequest, ListAttachedRolePoliciesRequest,
              ListAttachedRolePoliciesResponse>(table, directory);
}

} // namespace gantry::api
