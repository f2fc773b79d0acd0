#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QList>
#include <QString>

#include <functional>

class QObject;

namespace gantry::rpc {

// A statement of the policy of a function or of a layer version: who may do what with it.
struct Grant {
    QString id;
    bool allows = true;
    QString who;    // *, a service (s3.amazonaws.com), an account or an ARN
    QString action; // lambda:InvokeFunction; several are joined by commas
    QString source; // ARN that it must come from; empty: any
    QString more;   // further conditions, as JSON
};

struct NewGrant {
    QString id;
    QString who;
    QString action;
    QString source;        // ARN
    QString sourceAccount; // of a source without an account in its ARN
    QString urlAuth;       // NONE or AWS_IAM: for lambda:InvokeFunctionUrl
};

// The resource-based policies of functions and layers, statement by statement. function: with the
// version or alias behind a colon, when it is for one. Answers come on the GUI thread; one whose
// context is gone is dropped.
class GrantsApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit GrantsApi(Channel& channel) : m_channel(channel) {}

    // None when there is no policy.
    void ofFunction(const QString& function, QObject* context, Done<QList<Grant>> done);
    void add(const QString& function, const NewGrant& grant, QObject* context, Done<Nothing> done);
    void remove(const QString& function, const QString& id, QObject* context, Done<Nothing> done);

    void ofLayer(const QString& layer, qint64 version, QObject* context, Done<QList<Grant>> done);
    // who: * or an account.
    void share(const QString& layer, qint64 version, const QString& id, const QString& who,
               QObject* context, Done<Nothing> done);
    void unshare(const QString& layer, qint64 version, const QString& id, QObject* context,
                 Done<Nothing> done);

private:
    Channel& m_channel;
};

// The statements of a policy document; none of a text that is none.
QList<Grant> grantsOf(const QByteArray& policy);

} // namespace gantry::rpc
