#pragma once

#include "ui/models/configuration_draft.h"
#include "ui/rpc/result.h"

#include <QObject>

#include <optional>

namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::models {

// Saves what was changed, one operation after the other: configuration, then the architecture
// (which the API changes with the code, so the same package is uploaded again), then the tags.
// Stops at the first error. Destroying it leaves the rest undone.
class ConfigurationSave final : public QObject {
    Q_OBJECT
public:
    ConfigurationSave(rpc::FunctionsApi& api, rpc::FunctionConfiguration function,
                      ConfigurationValues before, ConfigurationValues after,
                      QObject* parent = nullptr);

    void start();

Q_SIGNALS:
    void saved();
    void failed(const gantry::rpc::Error& error);

private:
    void saveConfiguration();
    void saveArchitecture();
    void uploadAgain(const QByteArray& zip);
    void saveTags();
    void removeTags();

    rpc::FunctionsApi& m_api;
    rpc::FunctionConfiguration m_function;
    ConfigurationValues m_before;
    ConfigurationValues m_after;
};

} // namespace gantry::models
