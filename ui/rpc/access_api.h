#pragma once

#include "ui/rpc/access_types.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <functional>

namespace gantry::rpc {

// What the platform knows about permissions beyond IAM's own operations, and the audit log. Answers
// come on the GUI thread unless context is gone by then.
class AccessApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit AccessApi(Channel& channel) : m_channel(channel) {}

    void simulate(const SimulationQuestion& question, QObject* context, Done<Simulation> done);
    void validate(const QString& document, PolicyUse use, QObject* context,
                  Done<PolicyCheck> done);
    void findings(QObject* context, Done<QList<Finding>> done);
    void use(const QString& principalArn, QObject* context, Done<AccessUse> done);
    void generate(const QString& principalArn, bool withDenied, QObject* context,
                  Done<GeneratedPolicy> done);
    void preview(const QString& principalArn, const QString& document, QObject* context,
                 Done<PolicyPreview> done);

    void auditEntries(const AuditQuestion& question, QObject* context, Done<AuditPage> done);
    void verifyAudit(QObject* context, Done<AuditCheck> done);
    // All of it, as JSON lines.
    void exportAudit(QObject* context, Done<QByteArray> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
