#include "ui/rpc/iam_api.h"

#include "aws/iam.pb.h"
#include "ui/rpc/call.h"

#include <QUrl>

#include <memory>

namespace gantry::rpc {

namespace {

namespace iam = aws::iam;

QString text(const std::string& value) { return QString::fromStdString(value); }

QDateTime time(const google::protobuf::Timestamp& value)
{
    return value.seconds() > 0 ? QDateTime::fromSecsSinceEpoch(value.seconds()) : QDateTime();
}

// IAM answers documents percent-encoded, whatever the transport.
QString document(const std::string& value)
{
    const QByteArray bytes = QByteArray::fromStdString(value);
    return QString::fromUtf8(bytes.startsWith('%') ? QByteArray::fromPercentEncoding(bytes) : bytes);
}

template <class Response> Nothing toNothing(const Response&) { return {}; }

// Every kind of identity has operations of its own, alike but for the member with the name.
template <class Request> void setName(Request& request, const QString& name)
{
    if constexpr (requires { request.set_role_name(std::string()); })
        request.set_role_name(name.toStdString());
    else if constexpr (requires { request.set_user_name(std::string()); })
        request.set_user_name(name.toStdString());
    else
        request.set_group_name(name.toStdString());
}

template <class Request> Request named(const QString& name)
{
    Request request;
    setName(request, name);
    return request;
}

template <class Request>
void act(Channel& channel, const Request& request, QObject* context,
         std::function<void(Result<Nothing>)> done)
{
    call<google::protobuf::Empty>(channel, request, context, toNothing<google::protobuf::Empty>,
                                  std::move(done));
}

template <class Response, class Request, class Item>
void listAll(Channel& channel, Request request, QObject* context,
             QList<Item> (*take)(const Response&), std::function<void(Result<QList<Item>>)> done,
             const std::shared_ptr<QList<Item>>& items = std::make_shared<QList<Item>>())
{
    using Page = std::pair<QList<Item>, std::string>;
    std::function<void(Result<Page>)> onPage = [&channel, request, context, take, done,
                                                items](const Result<Page>& page) mutable {
        if (!page)
            return done(page.error());
        items->append(page->first);
        if (page->second.empty())
            return done(*items);
        request.set_marker(page->second);
        listAll<Response>(channel, request, context, take, done, items);
    };
    call<Response>(
        channel, request, context,
        [take](const Response& response) { return Page{take(response), response.marker()}; },
        std::move(onPage));
}

template <class Message> IdentityInfo identityOf(IdentityKind kind, const Message& from)
{
    IdentityInfo to;
    to.kind = kind;
    to.arn = text(from.arn());
    to.path = text(from.path());
    to.created = time(from.create_date());
    return to;
}

QList<IdentityInfo> toRoles(const iam::ListRolesResponse& response)
{
    QList<IdentityInfo> items;
    for (const iam::Role& role : response.roles()) {
        IdentityInfo item = identityOf(IdentityKind::Role, role);
        item.name = text(role.role_name());
        item.description = text(role.description());
        item.trust = document(role.assume_role_policy_document());
        item.boundary = text(role.permissions_boundary().permissions_boundary_arn());
        item.lastUsed = time(role.role_last_used().last_used_date());
        items.append(item);
    }
    return items;
}

QList<IdentityInfo> toUsers(const iam::ListUsersResponse& response)
{
    QList<IdentityInfo> items;
    for (const iam::User& user : response.users()) {
        IdentityInfo item = identityOf(IdentityKind::User, user);
        item.name = text(user.user_name());
        item.boundary = text(user.permissions_boundary().permissions_boundary_arn());
        items.append(item);
    }
    return items;
}

QList<IdentityInfo> toGroups(const iam::ListGroupsResponse& response)
{
    QList<IdentityInfo> items;
    for (const iam::Group& group : response.groups()) {
        IdentityInfo item = identityOf(IdentityKind::Group, group);
        item.name = text(group.group_name());
        items.append(item);
    }
    return items;
}

QList<PolicyInfo> toPolicies(const iam::ListPoliciesResponse& response)
{
    QList<PolicyInfo> items;
    for (const iam::Policy& policy : response.policies()) {
        PolicyInfo item;
        item.name = text(policy.policy_name());
        item.arn = text(policy.arn());
        item.description = text(policy.description());
        item.aws = item.arn.startsWith(QLatin1String("arn:aws:iam::aws:"));
        item.attachments = policy.attachment_count();
        item.updated = time(policy.update_date());
        items.append(item);
    }
    return items;
}

template <class Response> QList<HeldPolicy> toOwn(const Response& response)
{
    QList<HeldPolicy> items;
    for (const std::string& name : response.policy_names())
        items.append(HeldPolicy{text(name), {}});
    return items;
}

template <class Response> QList<HeldPolicy> toAttached(const Response& response)
{
    QList<HeldPolicy> items;
    for (const iam::AttachedPolicy& policy : response.attached_policies())
        items.append(HeldPolicy{text(policy.policy_name()), text(policy.policy_arn())});
    return items;
}

template <class OwnRequest, class OwnResponse, class AttachedRequest, class AttachedResponse>
void listHeld(Channel& channel, const QString& name, QObject* context,
              const IamApi::Done<QList<HeldPolicy>>& done)
{
    listAll<OwnResponse>(
        channel, named<OwnRequest>(name), context, &toOwn<OwnResponse>,
        std::function<void(Result<QList<HeldPolicy>>)>(
            [&channel, name, context, done](const Result<QList<HeldPolicy>>& own) {
                if (!own)
                    return done(own.error());
                listAll<AttachedResponse>(
                    channel, named<AttachedRequest>(name), context, &toAttached<AttachedResponse>,
                    std::function<void(Result<QList<HeldPolicy>>)>(
                        [done, own = *own](const Result<QList<HeldPolicy>>& attached) {
                            attached ? done(own + *attached) : done(attached.error());
                        }));
            }));
}

template <class Request, class Response>
void getOwn(Channel& channel, const QString& name, const QString& policy, QObject* context,
            IamApi::Done<QString> done)
{
    auto request = named<Request>(name);
    request.set_policy_name(policy.toStdString());
    call<Response>(
        channel, request, context,
        [](const Response& response) { return document(response.policy_document()); },
        std::move(done));
}

template <class Request>
void putOwnOf(Channel& channel, const QString& name, const QString& policy,
              const QString& document, QObject* context, IamApi::Done<Nothing> done)
{
    auto request = named<Request>(name);
    request.set_policy_name(policy.toStdString());
    request.set_policy_document(document.toStdString());
    act(channel, request, context, std::move(done));
}

template <class Request>
void removeOwnOf(Channel& channel, const QString& name, const QString& policy, QObject* context,
                 IamApi::Done<Nothing> done)
{
    auto request = named<Request>(name);
    request.set_policy_name(policy.toStdString());
    act(channel, request, context, std::move(done));
}

// Attaches or detaches.
template <class Request>
void withArn(Channel& channel, const QString& name, const QString& arn, QObject* context,
             IamApi::Done<Nothing> done)
{
    auto request = named<Request>(name);
    request.set_policy_arn(arn.toStdString());
    act(channel, request, context, std::move(done));
}

} // namespace

void IamApi::listIdentities(IdentityKind kind, QObject* context, Done<QList<IdentityInfo>> done)
{
    if (kind == IdentityKind::Role)
        return listAll(m_channel, iam::ListRolesRequest(), context, &toRoles, std::move(done));
    if (kind == IdentityKind::User)
        return listAll(m_channel, iam::ListUsersRequest(), context, &toUsers, std::move(done));
    listAll(m_channel, iam::ListGroupsRequest(), context, &toGroups, std::move(done));
}

void IamApi::listPolicies(bool local, QObject* context, Done<QList<PolicyInfo>> done)
{
    iam::ListPoliciesRequest request;
    request.set_scope(local ? "Local" : "All");
    listAll(m_channel, request, context, &toPolicies, std::move(done));
}

void IamApi::heldPolicies(IdentityKind kind, const QString& name, QObject* context,
                          Done<QList<HeldPolicy>> done)
{
    if (kind == IdentityKind::Role)
        return listHeld<iam::ListRolePoliciesRequest, iam::ListRolePoliciesResponse,
                        iam::ListAttachedRolePoliciesRequest,
                        iam::ListAttachedRolePoliciesResponse>(m_channel, name, context, done);
    if (kind == IdentityKind::User)
        return listHeld<iam::ListUserPoliciesRequest, iam::ListUserPoliciesResponse,
                        iam::ListAttachedUserPoliciesRequest,
                        iam::ListAttachedUserPoliciesResponse>(m_channel, name, context, done);
    listHeld<iam::ListGroupPoliciesRequest, iam::ListGroupPoliciesResponse,
             iam::ListAttachedGroupPoliciesRequest, iam::ListAttachedGroupPoliciesResponse>(
        m_channel, name, context, done);
}

void IamApi::document(const QString& policyArn, QObject* context, Done<QString> done)
{
    iam::GetPolicyRequest request;
    request.set_policy_arn(policyArn.toStdString());
    std::function<void(Result<std::string>)> onVersion =
        [this, policyArn, context, done = std::move(done)](const Result<std::string>& version) {
            if (!version)
                return done(version.error());
            iam::GetPolicyVersionRequest wanted;
            wanted.set_policy_arn(policyArn.toStdString());
            wanted.set_version_id(*version);
            call<iam::GetPolicyVersionResponse>(
                m_channel, wanted, context,
                [](const iam::GetPolicyVersionResponse& response) {
                    return rpc::document(response.policy_version().document());
                },
                done);
        };
    call<iam::GetPolicyResponse>(
        m_channel, request, context,
        [](const iam::GetPolicyResponse& response) {
            return response.policy().default_version_id();
        },
        std::move(onVersion));
}

void IamApi::ownDocument(IdentityKind kind, const QString& name, const QString& policy,
                         QObject* context, Done<QString> done)
{
    if (kind == IdentityKind::Role)
        return getOwn<iam::GetRolePolicyRequest, iam::GetRolePolicyResponse>(
            m_channel, name, policy, context, std::move(done));
    if (kind == IdentityKind::User)
        return getOwn<iam::GetUserPolicyRequest, iam::GetUserPolicyResponse>(
            m_channel, name, policy, context, std::move(done));
    getOwn<iam::GetGroupPolicyRequest, iam::GetGroupPolicyResponse>(m_channel, name, policy,
                                                                    context, std::move(done));
}

void IamApi::putOwn(IdentityKind kind, const QString& name, const QString& policy,
                    const QString& document, QObject* context, Done<Nothing> done)
{
    if (kind == IdentityKind::Role)
        return putOwnOf<iam::PutRolePolicyRequest>(m_channel, name, policy, document, context,
                                                   std::move(done));
    if (kind == IdentityKind::User)
        return putOwnOf<iam::PutUserPolicyRequest>(m_channel, name, policy, document, context,
                                                   std::move(done));
    putOwnOf<iam::PutGroupPolicyRequest>(m_channel, name, policy, document, context,
                                         std::move(done));
}

void IamApi::removeOwn(IdentityKind kind, const QString& name, const QString& policy,
                       QObject* context, Done<Nothing> done)
{
    if (kind == IdentityKind::Role)
        return removeOwnOf<iam::DeleteRolePolicyRequest>(m_channel, name, policy, context,
                                                         std::move(done));
    if (kind == IdentityKind::User)
        return removeOwnOf<iam::DeleteUserPolicyRequest>(m_channel, name, policy, context,
                                                         std::move(done));
    removeOwnOf<iam::DeleteGroupPolicyRequest>(m_channel, name, policy, context, std::move(done));
}

void IamApi::attach(IdentityKind kind, const QString& name, const QString& policyArn,
                    QObject* context, Done<Nothing> done)
{
    if (kind == IdentityKind::Role)
        return withArn<iam::AttachRolePolicyRequest>(m_channel, name, policyArn, context,
                                                     std::move(done));
    if (kind == IdentityKind::User)
        return withArn<iam::AttachUserPolicyRequest>(m_channel, name, policyArn, context,
                                                     std::move(done));
    withArn<iam::AttachGroupPolicyRequest>(m_channel, name, policyArn, context, std::move(done));
}

void IamApi::detach(IdentityKind kind, const QString& name, const QString& policyArn,
                    QObject* context, Done<Nothing> done)
{
    if (kind == IdentityKind::Role)
        return withArn<iam::DetachRolePolicyRequest>(m_channel, name, policyArn, context,
                                                     std::move(done));
    if (kind == IdentityKind::User)
        return withArn<iam::DetachUserPolicyRequest>(m_channel, name, policyArn, context,
                                                     std::move(done));
    withArn<iam::DetachGroupPolicyRequest>(m_channel, name, policyArn, context, std::move(done));
}

void IamApi::createPolicy(const QString& name, const QString& document, QObject* context,
                          Done<Nothing> done)
{
    iam::CreatePolicyRequest request;
    request.set_policy_name(name.toStdString());
    request.set_policy_document(document.toStdString());
    call<iam::CreatePolicyResponse>(m_channel, request, context,
                                    toNothing<iam::CreatePolicyResponse>, std::move(done));
}

void IamApi::savePolicy(const QString& arn, const QString& document, QObject* context,
                        Done<Nothing> done)
{
    iam::CreatePolicyVersionRequest request;
    request.set_policy_arn(arn.toStdString());
    request.set_policy_document(document.toStdString());
    request.set_set_as_default(true);
    call<iam::CreatePolicyVersionResponse>(m_channel, request, context,
                                           toNothing<iam::CreatePolicyVersionResponse>,
                                           std::move(done));
}

void IamApi::removePolicy(const QString& arn, QObject* context, Done<Nothing> done)
{
    iam::DeletePolicyRequest request;
    request.set_policy_arn(arn.toStdString());
    act(m_channel, request, context, std::move(done));
}

void IamApi::create(IdentityKind kind, const QString& name, const QString& trust, QObject* context,
                    Done<Nothing> done)
{
    if (kind == IdentityKind::User)
        return call<iam::CreateUserResponse>(m_channel, named<iam::CreateUserRequest>(name),
                                             context, toNothing<iam::CreateUserResponse>,
                                             std::move(done));
    if (kind == IdentityKind::Group)
        return call<iam::CreateGroupResponse>(m_channel, named<iam::CreateGroupRequest>(name),
                                              context, toNothing<iam::CreateGroupResponse>,
                                              std::move(done));
    auto request = named<iam::CreateRoleRequest>(name);
    request.set_assume_role_policy_document(trust.toStdString());
    call<iam::CreateRoleResponse>(m_channel, request, context, toNothing<iam::CreateRoleResponse>,
                                  std::move(done));
}

void IamApi::remove(IdentityKind kind, const QString& name, QObject* context, Done<Nothing> done)
{
    if (kind == IdentityKind::Role)
        return act(m_channel, named<iam::DeleteRoleRequest>(name), context, std::move(done));
    if (kind == IdentityKind::User)
        return act(m_channel, named<iam::DeleteUserRequest>(name), context, std::move(done));
    act(m_channel, named<iam::DeleteGroupRequest>(name), context, std::move(done));
}

void IamApi::setTrust(const QString& role, const QString& document, QObject* context,
                      Done<Nothing> done)
{
    auto request = named<iam::UpdateAssumeRolePolicyRequest>(role);
    request.set_policy_document(document.toStdString());
    act(m_channel, request, context, std::move(done));
}

} // namespace gantry::rpc
