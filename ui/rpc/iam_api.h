#pragma once

#include "ui/rpc/access_types.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <functional>

namespace gantry::rpc {

// Roles, users, groups and policies: IAM's own operations. Answers come on the GUI thread unless
// context is gone by then.
class IamApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit IamApi(Channel& channel) : m_channel(channel) {}

    void listIdentities(IdentityKind kind, QObject* context, Done<QList<IdentityInfo>> done);
    // local: without AWS's own.
    void listPolicies(bool local, QObject* context, Done<QList<PolicyInfo>> done);
    // Its own policies and those attached to it.
    void heldPolicies(IdentityKind kind, const QString& name, QObject* context,
                      Done<QList<HeldPolicy>> done);

    void document(const QString& policyArn, QObject* context, Done<QString> done);
    void ownDocument(IdentityKind kind, const QString& name, const QString& policy,
                     QObject* context, Done<QString> done);
    void putOwn(IdentityKind kind, const QString& name, const QString& policy,
                const QString& document, QObject* context, Done<Nothing> done);
    void removeOwn(IdentityKind kind, const QString& name, const QString& policy, QObject* context,
                   Done<Nothing> done);
    void attach(IdentityKind kind, const QString& name, const QString& policyArn, QObject* context,
                Done<Nothing> done);
    void detach(IdentityKind kind, const QString& name, const QString& policyArn, QObject* context,
                Done<Nothing> done);

    void createPolicy(const QString& name, const QString& document, QObject* context,
                      Done<Nothing> done);
    // A new version, which is the default from then on.
    void savePolicy(const QString& arn, const QString& document, QObject* context,
                    Done<Nothing> done);
    void removePolicy(const QString& arn, QObject* context, Done<Nothing> done);

    // trust: of a role.
    void create(IdentityKind kind, const QString& name, const QString& trust, QObject* context,
                Done<Nothing> done);
    void remove(IdentityKind kind, const QString& name, QObject* context, Done<Nothing> done);
    void setTrust(const QString& role, const QString& document, QObject* context,
                  Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
