#pragma once

#include "ui/rpc/iam_api.h"
#include "ui/rpc/layers_api.h"
#include "ui/rpc/logs_api.h"
#include "ui/rpc/platform_api.h"
#include "ui/rpc/vault_api.h"

#include <QList>
#include <QObject>
#include <QString>

namespace gantry::models {

class FunctionsModel;

struct KnownResource {
    QString kind, name, arn;
};

// What there is on this platform that a policy can name: functions, layers, secrets, parameters, keys,
// log groups, roles.
class KnownResources final : public QObject {
    Q_OBJECT
public:
    // functions may be null.
    KnownResources(rpc::Channel& channel, const FunctionsModel* functions,
                   QObject* parent = nullptr);

    void refresh();
    const QList<KnownResource>& all() const { return m_all; }
    QList<KnownResource> ofKind(const QString& kind) const;
    const QString& account() const { return m_account; }
    // The platform's first, then those that ARNs of what there is name.
    QStringList regions() const;

Q_SIGNALS:
    void changed();

private:
    void set(const QString& kind, const QList<KnownResource>& resources);
    QString arn(const QString& service, const QString& resource) const;
    void addFunctions();
    void refreshIdentities();
    void refreshLogs();
    void refreshVault();
    void refreshLayers();

    rpc::PlatformApi m_platform;
    rpc::IamApi m_iam;
    rpc::VaultApi m_vault;
    rpc::LogsApi m_logs;
    rpc::LayersApi m_layers;
    const FunctionsModel* m_functions;
    QString m_account, m_region;
    QList<KnownResource> m_all;
};

} // namespace gantry::models
