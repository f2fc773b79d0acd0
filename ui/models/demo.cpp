#include "ui/models/demo.h"

#include "ui/models/blueprints.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/platform_api.h"

namespace gantry::models {
namespace {
constexpr qint64 kLongestLoadMs = 3'600'000;  // what one load may take; see RunLoadRequest
constexpr int kConcurrency = 2;
} // namespace

Demo::Demo(rpc::Channel& channel, rpc::FunctionsApi& functions, rpc::PlatformApi& platform, QObject* parent)
    : QObject(parent), m_channel(channel), m_functions(functions), m_platform(platform)
{
    connect(&m_channel, &rpc::Channel::stateChanged, this, [this](rpc::Channel::State state) {
        m_loads.clear();
        if (state == rpc::Channel::State::Connected)
            connected();
    });
    if (m_channel.state() == rpc::Channel::State::Connected)
        connected();
}

Demo::~Demo() = default;

void Demo::connected()
{
    m_waiting.clear();
    for (const Blueprint& blueprint : blueprints()) {
        if (blueprint.demoRatePerSecond > 0)
            m_waiting.push_back(&blueprint);
    }
    m_platform.listRuntimes(this, [this](const rpc::Result<QList<rpc::RuntimeInfo>>& result) {
        if (!result)
            return;
        m_runtimes = *result;
        next();
    });
}

// One after the other: the load of the first moves the charts while the last is being deployed.
void Demo::next()
{
    if (m_waiting.empty())
        return;
    const Blueprint* blueprint = m_waiting.front();
    m_waiting.erase(m_waiting.begin());
    m_functions.get(blueprint->id, {}, this, [this, blueprint](const rpc::Result<rpc::FunctionDetails>& result) {
        if (result) {
            load(*blueprint);
            next();
        } else {
            deploy(*blueprint);
        }
    });
}

void Demo::deploy(const Blueprint& blueprint)
{
    DeployPlan plan;
    plan.inputs = blueprint.inputs();
    plan.function = functionFrom(blueprint, m_runtimes);
    if (plan.function.runtime.isEmpty()) {
        Q_EMIT failed(tr("%1 needs a runtime of the family %2, which this host does not have.")
                          .arg(blueprint.title, blueprint.family));
        next();
        return;
    }
    m_job = std::make_unique<DeployJob>(m_functions, plan);
    connect(m_job.get(), &DeployJob::finished, this, [this, &blueprint](const DeployJob::Outcome& outcome) {
        m_job.release()->deleteLater();  // it is the sender
        if (outcome.deployed)
            load(blueprint);
        else
            Q_EMIT failed(tr("%1 was not deployed. %2").arg(blueprint.title, outcome.error));
        next();
    });
    m_job->start();
}

void Demo::load(const Blueprint& blueprint)
{
    rpc::LoadRequest request;
    request.function = blueprint.id;
    request.payload = blueprint.event;
    request.concurrency = kConcurrency;
    request.ratePerSecond = blueprint.demoRatePerSecond;
    request.durationMs = kLongestLoadMs;
    m_loads.push_back(m_functions.runLoad(request, [](const rpc::LoadProgress&) {}, [](const rpc::Error&) {}));
}

} // namespace gantry::models
