#include "ui/models/configuration_save.h"

#include "ui/rpc/functions_api.h"

namespace gantry::models {

ConfigurationSave::ConfigurationSave(rpc::FunctionsApi& api, rpc::FunctionConfiguration function,
                                     ConfigurationValues before, ConfigurationValues after,
                                     QObject* parent)
    : QObject(parent), m_api(api), m_function(std::move(function)), m_before(std::move(before)),
      m_after(std::move(after))
{
}

void ConfigurationSave::start()
{
    saveConfiguration();
}

void ConfigurationSave::saveConfiguration()
{
    const rpc::ConfigurationChange change = changeBetween(m_before, m_after, m_function.revisionId);
    if (isEmpty(change))
        return saveArchitecture();
    m_api.updateConfiguration(m_function.name, change, this,
                              [this](rpc::Result<rpc::FunctionConfiguration> result) {
                                  if (!result)
                                      return Q_EMIT failed(result.error());
                                  m_function = *result;
                                  saveArchitecture();
                              });
}

void ConfigurationSave::saveArchitecture()
{
    if (m_before.architecture == m_after.architecture)
        return saveTags();
    m_api.getPackage(m_function.name, {}, this, [this](rpc::Result<rpc::Package> package) {
        if (package)
            uploadAgain(package->zip);
        else
            Q_EMIT failed(package.error());
    });
}

void ConfigurationSave::uploadAgain(const QByteArray& zip)
{
    m_api.updateCode(m_function.name, {zip, m_after.architecture, m_function.revisionId}, this,
                     [this](rpc::Result<rpc::FunctionConfiguration> result) {
                         if (result)
                             saveTags();
                         else
                             Q_EMIT failed(result.error());
                     });
}

void ConfigurationSave::saveTags()
{
    rpc::StringMap changed;
    for (auto it = m_after.tags.begin(); it != m_after.tags.end(); ++it) {
        if (!m_before.tags.contains(it.key()) || m_before.tags.value(it.key()) != it.value())
            changed.insert(it.key(), it.value());
    }
    if (changed.isEmpty())
        return removeTags();
    m_api.tag(m_function.arn, changed, this, [this](rpc::Result<rpc::Nothing> result) {
        if (result)
            removeTags();
        else
            Q_EMIT failed(result.error());
    });
}

void ConfigurationSave::removeTags()
{
    QStringList gone;
    for (auto it = m_before.tags.begin(); it != m_before.tags.end(); ++it) {
        if (!m_after.tags.contains(it.key()))
            gone << it.key();
    }
    if (gone.isEmpty())
        return Q_EMIT saved();
    m_api.untag(m_function.arn, gone, this, [this](rpc::Result<rpc::Nothing> result) {
        if (result)
            Q_EMIT saved();
        else
            Q_EMIT failed(result.error());
    });
}

} // namespace gantry::models
