#pragma once

#include <QDateTime>
#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::rpc {

enum class IdentityKind { Role, User, Group };

struct IdentityInfo {
    IdentityKind kind = IdentityKind::Role;
    QString name, arn, path, description;
    QDateTime created;
    QDateTime lastUsed; // invalid: never, or not known
    QString trust;      // of a role: its trust policy
    QString boundary;   // ARN
};

struct PolicyInfo {
    QString name, arn, description;
    bool aws = false; // AWS's own: nobody may change it
    int attachments = 0;
    QDateTime updated;
};

// A policy that an identity has: attached (with an ARN) or its own.
struct HeldPolicy {
    QString name, arn;
};

enum class PolicyUse { Identity, Resource, Trust };

struct PolicyIssue {
    enum Severity { Error, Warning, Suggestion };
    Severity severity = Error;
    int line = 0;
    QString element, message;
};

struct PolicyCheck {
    QList<PolicyIssue> issues;
    int characters = 0, limit = 0;
};

struct ContextValue {
    QString key;
    QStringList values;
    bool many = false;
};

struct SimulationQuestion {
    QStringList principals, actions, resources;
    QList<ContextValue> context;
    bool brief = false;
};

struct SimulatedPolicy {
    QString name, source, document;
};

struct StatementOutcome {
    int policy = 0, statement = 0;
    QString label, explanation;
    bool applies = false;
};

struct SimulatedDecision {
    QString principal, action, resource, reason;
    bool allowed = false, explicitDeny = false;
    int policy = -1, statement = 0; // that decided
    QList<StatementOutcome> outcomes;
    QStringList missingKeys;
};

struct Simulation {
    QList<SimulatedPolicy> policies;
    QList<SimulatedDecision> decisions;
};

enum class AuditDecision { Unknown, Allowed, Denied, Rejected };

struct AuditEntry {
    qint64 sequence = 0, count = 0;
    QDateTime time;
    QString requestId, door, principal, accessKeyId, action, resource, reason, policy,
        policySource, statement, sourceIp, userAgent, hash;
    AuditDecision decision = AuditDecision::Unknown;
    QList<ContextValue> context;
    QStringList also; // what else the call needed and had, "action on resource"
};

struct AuditQuestion {
    QString text;
    QList<AuditDecision> decisions;
    QString principal; // role/NAME
    qint64 before = 0;
};

struct AuditPage {
    QList<AuditEntry> entries;
    bool more = false;
    qint64 kept = 0;
};

struct AuditCheck {
    bool intact = false;
    qint64 entries = 0, firstBroken = 0, first = 0, last = 0;
    QString problem, headHash;
};

struct Finding {
    enum Kind { ExternalAccess, UnusedPermission, UnusedRole, BroadPermission, UnreadablePolicy };
    Kind kind = ExternalAccess;
    QString resource, principal, condition, detail, statement;
    QStringList actions;
    bool isPublic = false;
};

struct UsedAccess {
    QString action, resource;
    bool allowed = false;
    qint64 count = 0;
    QDateTime last;
};

struct GrantedAccess {
    QString policy, statement, action;
    QStringList resources;
    bool allows = false, notAction = false;
    qint64 count = 0;
    QDateTime lastUsed; // invalid: never
};

struct AccessUse {
    QList<UsedAccess> used;
    QList<GrantedAccess> granted;
    QDateTime since;
};

struct GeneratedPolicy {
    QString document, current;
    qint64 calls = 0;
};

struct PreviewedCall {
    UsedAccess call;
    bool allowedThen = false;
    QString reason;
};

struct PolicyPreview {
    QList<PreviewedCall> calls;
    qint64 wouldBeDenied = 0;
};

} // namespace gantry::rpc
