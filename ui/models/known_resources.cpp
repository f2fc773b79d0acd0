#include "ui/models/known_resources.h"

#include "ui/models/functions_model.h"

namespace gantry::models {

KnownResources::KnownResources(rpc::Channel& channel, const FunctionsModel* functions,
                               QObject* parent)
    : QObject(parent), m_platform(channel), m_iam(channel), m_vault(channel), m_logs(channel),
      m_layers(channel), m_functions(functions)
{
}

QString KnownResources::arn(const QString& service, const QString& resource) const
{
    return QStringLiteral("arn:aws:%1:%2:%3:%4").arg(service, m_region, m_account, resource);
}

QStringList KnownResources::regions() const
{
    QStringList regions{m_region};
    for (const KnownResource& resource : m_all)
        regions.append(resource.arn.section(QLatin1Char(':'), 3, 3));
    regions.removeAll(QString());
    regions.removeDuplicates();
    return regions;
}

QList<KnownResource> KnownResources::ofKind(const QString& kind) const
{
    QList<KnownResource> found;
    for (const KnownResource& resource : m_all) {
        if (resource.kind == kind)
            found.append(resource);
    }
    return found;
}

void KnownResources::set(const QString& kind, const QList<KnownResource>& resources)
{
    m_all.removeIf([&kind](const KnownResource& each) { return each.kind == kind; });
    m_all.append(resources);
    Q_EMIT changed();
}

void KnownResources::addFunctions()
{
    QList<KnownResource> functions;
    for (const QString& name : m_functions ? m_functions->names() : QStringList())
        functions.append({tr("Function"), name, arn(QStringLiteral("lambda"), QStringLiteral("function:") + name)});
    set(tr("Function"), functions);
}

void KnownResources::refresh()
{
    m_platform.getPlatform(this, [this](const rpc::Result<rpc::PlatformInfo>& platform) {
        if (!platform)
            return;
        m_account = platform->accountId;
        m_region = platform->region;
        addFunctions();
        refreshIdentities();
        refreshLogs();
        refreshVault();
        refreshLayers();
    });
}

void KnownResources::refreshIdentities()
{
    m_iam.listIdentities(
        rpc::IdentityKind::Role, this, [this](const rpc::Result<QList<rpc::IdentityInfo>>& roles) {
            if (!roles)
                return;
            QList<KnownResource> found;
            for (const rpc::IdentityInfo& role : *roles)
                found.append({tr("Role"), role.name, role.arn});
            set(tr("Role"), found);
        });
}

void KnownResources::refreshLogs()
{
    m_logs.listGroups(this, [this](const rpc::Result<QStringList>& groups) {
        if (!groups)
            return;
        QList<KnownResource> found;
        for (const QString& group : *groups)
            found.append({tr("Log group"), group,
                          arn(QStringLiteral("logs"), QStringLiteral("log-group:%1:*").arg(group))});
        set(tr("Log group"), found);
    });
}

void KnownResources::refreshVault()
{
    m_vault.listSecrets(this, [this](const rpc::Result<QList<rpc::SecretInfo>>& secrets) {
        if (!secrets)
            return;
        QList<KnownResource> found;
        for (const rpc::SecretInfo& secret : *secrets)
            found.append({tr("Secret"), secret.name, secret.arn});
        set(tr("Secret"), found);
    });
    m_vault.listParameters(this, [this](const rpc::Result<QList<rpc::ParameterInfo>>& parameters) {
        if (!parameters)
            return;
        QList<KnownResource> found;
        for (const rpc::ParameterInfo& parameter : *parameters) {
            // The "/" that a name begins with is the one of the ARN.
            const QString name = parameter.name.startsWith(QLatin1Char('/')) ? parameter.name.mid(1)
                                                                            : parameter.name;
            found.append({tr("Parameter"), parameter.name,
                          arn(QStringLiteral("ssm"), QStringLiteral("parameter/") + name)});
        }
        set(tr("Parameter"), found);
    });
    m_vault.listKeys(this, [this](const rpc::Result<QList<rpc::KeyInfo>>& keys) {
        if (!keys)
            return;
        QList<KnownResource> found;
        for (const rpc::KeyInfo& key : *keys)
            found.append({tr("Key"), key.aliases.value(0, key.id), key.arn});
        set(tr("Key"), found);
    });
}

void KnownResources::refreshLayers()
{
    m_layers.list(this, [this](const rpc::Result<std::vector<rpc::LayerVersion>>& layers) {
        if (!layers)
            return;
        QList<KnownResource> found;
        for (const rpc::LayerVersion& layer : *layers)
            found.append({tr("Layer"), layer.layer, layer.arn});
        set(tr("Layer"), found);
    });
}

} // namespace gantry::models
