#include "ui/models/function_session.h"

#include "ui/models/functions_model.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/platform_api.h"

namespace gantry::models {

FunctionSession::FunctionSession(rpc::FunctionsApi& functions, rpc::PlatformApi& platform,
                                 const FunctionsModel& model, QObject* parent)
    : QObject(parent), m_functions(functions), m_platform(platform)
{
    connect(&model, &FunctionsModel::functionChanged, this, [this](const QString& name) {
        if (name != m_name)
            return;
        reload();
        reloadVersions();
    });
    // The platform answers, or answers again: what was read before is of before.
    connect(&model, &FunctionsModel::currentChanged, this, [this, &model] {
        if (!model.isCurrent() || m_name.isEmpty())
            return;
        reload();
        reloadVersions();
        loadPlatform();
    });
    connect(&model, &FunctionsModel::functionRemoved, this, [this](const QString& name) {
        if (name == m_name)
            Q_EMIT removed();
    });
}

FunctionSession::~FunctionSession() = default;

void FunctionSession::open(const QString& name)
{
    m_name = name;
    m_calls = std::make_unique<QObject>();
    m_details.reset();
    m_error.reset();
    m_versions.clear();
    m_aliases.clear();
    Q_EMIT opened();
    if (name.isEmpty())
        return;
    reload();
    reloadVersions();
    loadPlatform();
}

void FunctionSession::reload()
{
    if (m_name.isEmpty())
        return;
    m_functions.get(m_name, {}, m_calls.get(), [this](rpc::Result<rpc::FunctionDetails> result) {
        m_error.reset();
        if (result)
            m_details = *result;
        else
            m_error = result.error();
        Q_EMIT detailsChanged();
    });
}

void FunctionSession::reloadVersions()
{
    if (m_name.isEmpty())
        return;
    m_functions.listVersions(m_name, m_calls.get(),
                             [this](rpc::Result<std::vector<rpc::FunctionConfiguration>> result) {
                                 if (!result)
                                     return;
                                 m_versions = *result;
                                 Q_EMIT versionsChanged();
                             });
    m_functions.listAliases(m_name, m_calls.get(),
                            [this](rpc::Result<std::vector<rpc::Alias>> result) {
                                if (!result)
                                    return;
                                m_aliases = *result;
                                Q_EMIT versionsChanged();
                            });
}

void FunctionSession::loadPlatform()
{
    if (m_prices)
        return;
    m_platform.getPrices(this, [this](rpc::Result<rpc::PriceTable> result) {
        if (!result)
            return;
        m_prices = *result;
        Q_EMIT pricesChanged();
    });
    m_platform.getPlatform(this, [this](rpc::Result<rpc::PlatformInfo> result) {
        if (result)
            m_awsEndpoint = result->awsEndpoint;
    });
}

} // namespace gantry::models
