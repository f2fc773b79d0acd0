#pragma once

#include "ui/rpc/functions_types.h"
#include "ui/rpc/platform_types.h"
#include "ui/rpc/result.h"

#include <QObject>

#include <memory>
#include <optional>
#include <vector>

namespace gantry::rpc {
class FunctionsApi;
class PlatformApi;
} // namespace gantry::rpc

namespace gantry::models {

class FunctionsModel;

// The one function that the detail page has open: its configuration, versions and aliases as the
// platform knows them, read anew whenever the platform says that the function changed. Also the
// price table, which every tab needs. Answers to questions about another function are dropped.
class FunctionSession final : public QObject {
    Q_OBJECT
public:
    FunctionSession(rpc::FunctionsApi& functions, rpc::PlatformApi& platform,
                    const FunctionsModel& model, QObject* parent = nullptr);
    ~FunctionSession() override;

    // Forgets the one before; an empty name opens none.
    void open(const QString& name);
    const QString& name() const { return m_name; }

    // Set once loaded.
    const std::optional<rpc::FunctionDetails>& details() const { return m_details; }
    const std::optional<rpc::Error>& error() const { return m_error; }
    const std::vector<rpc::FunctionConfiguration>& versions() const { return m_versions; }
    const std::vector<rpc::Alias>& aliases() const { return m_aliases; }
    const std::optional<rpc::PriceTable>& prices() const { return m_prices; }
    const QString& awsEndpoint() const { return m_awsEndpoint; }

    void reload();
    void reloadVersions();
    // Prices and endpoint, unless they are known.
    void loadPlatform();

Q_SIGNALS:
    void opened();          // another function; nothing is loaded yet
    void detailsChanged();  // details() or error()
    void versionsChanged(); // versions() or aliases()
    void pricesChanged();
    void removed(); // the function is gone

private:
    rpc::FunctionsApi& m_functions;
    rpc::PlatformApi& m_platform;
    QString m_name;
    std::unique_ptr<QObject> m_calls; // context of the calls for m_name
    std::optional<rpc::FunctionDetails> m_details;
    std::optional<rpc::Error> m_error;
    std::vector<rpc::FunctionConfiguration> m_versions;
    std::vector<rpc::Alias> m_aliases;
    std::optional<rpc::PriceTable> m_prices;
    QString m_awsEndpoint;
};

} // namespace gantry::models
