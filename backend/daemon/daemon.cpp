#include "backend/daemon/daemon.h"

#include "backend/base/version.h"
#include "backend/daemon/parts.h"

#include <utility>

namespace gantry {

Daemon::Daemon(boost::asio::io_context& io, DaemonOptions options)
    : m_parts(std::make_unique<Parts>(io, std::move(options)))
{
}

Daemon::~Daemon() = default;

absl::Status Daemon::start()
{
    for (const auto step :
         {&Parts::openStorage, &Parts::openKeys, &Parts::openIdentities, &Parts::openVault,
          &Parts::openAudit, &Parts::openSandbox, &Parts::openFunctions,
          &Parts::openInvoke, &Parts::openQueues, &Parts::openQueue, &Parts::openAlarms,
          &Parts::openFindings, &Parts::openTuning}) {
        if (auto status = ((*m_parts).*step)(); !status.ok())
            return status;
    }
    m_parts->registerOperations();
    if (auto status = m_parts->openDoors(); !status.ok())
        return status;
    // Functions call back: not before the doors are open.
    m_parts->keepAllPromises();
    m_parts->rotator->start();
    m_parts->vault->startClock();
    m_parts->queue->start();
    m_parts->alarms->start();
    m_parts->findings->start();
    m_parts->residentSet.start();
    return absl::OkStatus();
}

std::string Daemon::banner() const
{
    const api::PlatformDetails details = m_parts->details();
    const std::string https =
        m_parts->tlsPort ? absl::StrCat("\n  HTTPS         https://localhost:", m_parts->tlsPort) : "";
    return absl::StrCat("gantryd ", kVersion, "\n  AWS endpoint  ", details.awsEndpoint, https, "\n  credentials   ",
                        details.credentialsFile, " (profile gantry)\n  console       unix:", m_parts->options.grpcSocket,
                        "\n  isolation     ", details.engine, ": ", details.engineReason, "\n");
}

void Daemon::shutdown(std::function<void()> done)
{
    m_parts->queues->stop();
    m_parts->http->close();
    m_parts->queue->stop();
    m_parts->keepAlive->keep();
    m_parts->dispatcher->shutdown([this, done = std::move(done)] {
        m_parts->grpc->shutdown();
        done();
    });
}

} // namespace gantry
