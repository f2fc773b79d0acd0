#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"
#include "ui/rpc/vault_types.h"

#include <functional>

namespace gantry::rpc {

// Secrets, parameters and keys as the console sees them. Answers come on the GUI thread unless
// context is gone by then.
class VaultApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit VaultApi(Channel& channel) : m_channel(channel) {}

    // All of them, deleted ones that can be restored among them; pages are put together.
    void listSecrets(QObject* context, Done<QList<SecretInfo>> done);
    void describeSecret(const QString& id, QObject* context, Done<SecretInfo> done);
    void secretValue(const QString& id, const QString& versionId, QObject* context,
                     Done<SecretValue> done);
    void createSecret(const QString& name, const QString& description, const QString& value,
                      QObject* context, Done<QString> done); // the ARN
    void putSecretValue(const QString& id, const QString& value, QObject* context,
                        Done<Nothing> done);
    void removeSecret(const QString& id, int days, QObject* context, Done<Nothing> done);
    void restoreSecret(const QString& id, QObject* context, Done<Nothing> done);
    // function and days: what to rotate with from now on; both empty: as before. Rotates now.
    void rotateSecret(const QString& id, const QString& function, int days, QObject* context,
                      Done<Nothing> done);
    void cancelRotation(const QString& id, QObject* context, Done<Nothing> done);
    void listRotations(const QString& id, QObject* context, Done<QList<RotationInfo>> done);
    void listUses(const QString& name, QObject* context, Done<QList<SecretUse>> done);

    // Of one function, or of all of them.
    void listPasted(const QString& function, QObject* context, Done<PastedSecrets> done);
    void moveToSecret(const PastedSecret& from, const QString& secretName, QObject* context,
                      Done<MovedSecret> done);
    // Those that can be undone, the last first.
    void listMoved(QObject* context, Done<QList<MovedSecret>> done);
    void undoMove(const MovedSecret& moved, QObject* context, Done<Nothing> done);

    void listParameters(QObject* context, Done<QList<ParameterInfo>> done);
    void parameterValue(const QString& name, QObject* context, Done<SecretValue> done);
    void putParameter(const QString& name, const QString& type, const QString& value,
                      QObject* context, Done<Nothing> done);
    void removeParameter(const QString& name, QObject* context, Done<Nothing> done);

    void listKeys(QObject* context, Done<QList<KeyInfo>> done);
    void createKey(const QString& description, QObject* context, Done<QString> done); // its id
    void setKeyEnabled(const QString& id, bool enabled, QObject* context, Done<Nothing> done);
    void scheduleKeyDeletion(const QString& id, int days, QObject* context, Done<Nothing> done);
    void cancelKeyDeletion(const QString& id, QObject* context, Done<Nothing> done);

    void getVault(QObject* context, Done<VaultInfo> done);
    void rotateMasterKey(QObject* context, Done<VaultInfo> done);
private:
    Channel& m_channel;
};

} // namespace gantry::rpc
