#pragma once

#include "ui/models/deploy_job.h"
#include "ui/rpc/channel.h"
#include "ui/rpc/platform_types.h"

#include <QObject>
#include <QStringList>

#include <memory>
#include <vector>

namespace gantry::rpc {
class FunctionsApi;
class PlatformApi;
} // namespace gantry::rpc

namespace gantry::models {

struct Blueprint;

// `gantry --demo`: deploys the starter functions that are not there yet and keeps a gentle load on
// them, so that every chart lives. The load ends with the console.
class Demo final : public QObject {
    Q_OBJECT
public:
    Demo(rpc::Channel& channel, rpc::FunctionsApi& functions, rpc::PlatformApi& platform,
         QObject* parent = nullptr);
    ~Demo() override;

Q_SIGNALS:
    void failed(const QString& text);  // one of the functions cannot be part of it

private:
    void connected();
    void next();
    void deploy(const Blueprint& blueprint);
    void load(const Blueprint& blueprint);

    rpc::Channel& m_channel;
    rpc::FunctionsApi& m_functions;
    rpc::PlatformApi& m_platform;
    QList<rpc::RuntimeInfo> m_runtimes;
    std::vector<const Blueprint*> m_waiting;
    std::unique_ptr<DeployJob> m_job;
    std::vector<std::unique_ptr<rpc::Stream>> m_loads;
};

} // namespace gantry::models
