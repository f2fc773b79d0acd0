#include "ui/models/concurrency_board.h"

#include <algorithm>

namespace gantry::models {

namespace {
constexpr int kRetryMs = 1000;
constexpr int kFramesPerSecond = 4;
} // namespace

ConcurrencyBoard::ConcurrencyBoard(rpc::Channel& channel, QObject* parent)
    : QObject(parent), m_channel(channel), m_api(channel)
{
    m_retry.setInterval(kRetryMs);
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &ConcurrencyBoard::open);
    connect(&channel, &rpc::Channel::stateChanged, this, [this] {
        if (m_wanted && m_channel.isConnected())
            open();
        else
            setLive(false);
    });
}

void ConcurrencyBoard::start()
{
    m_wanted = true;
    open();
}

void ConcurrencyBoard::stop()
{
    m_wanted = false;
    m_retry.stop();
    m_stream.reset();
}

void ConcurrencyBoard::open()
{
    if (!m_wanted || !m_channel.isConnected())
        return;
    m_stream = m_api.watch(
        kFramesPerSecond, [this](rpc::ConcurrencyFrame frame) { take(std::move(frame)); },
        [this](const rpc::Error&) {
            setLive(false);
            m_retry.start();
        });
}

void ConcurrencyBoard::take(rpc::ConcurrencyFrame frame)
{
    m_frame = std::move(frame);
    setLive(true);
    Q_EMIT updated();
}

void ConcurrencyBoard::setLive(bool live)
{
    if (m_live == live)
        return;
    m_live = live;
    Q_EMIT liveChanged(live);
}

const rpc::FunctionConcurrency* ConcurrencyBoard::function(const QString& name) const
{
    const auto found =
        std::find_if(m_frame.functions.cbegin(), m_frame.functions.cend(),
                     [&name](const auto& function) { return function.name == name; });
    return found == m_frame.functions.cend() ? nullptr : &*found;
}

int ConcurrencyBoard::mostReservable(const QString& name) const
{
    const rpc::FunctionConcurrency* own = function(name);
    const int taken = own ? own->taken() : 0;
    return std::max({m_frame.unreservedLimit + taken - m_frame.leastUnreserved, taken, 0});
}

void ConcurrencyBoard::reserve(const QString& functionName, std::optional<int> concurrency)
{
    m_api.reserve(functionName, concurrency, this,
                  report(!concurrency ? tr("%1 reserves no concurrency any more").arg(functionName)
                         : *concurrency == 0
                             ? tr("%1 is stopped: every call is throttled").arg(functionName)
                             : tr("%1 reserves %2").arg(functionName).arg(*concurrency)));
}

void ConcurrencyBoard::provision(const QString& functionName, const QString& qualifier,
                                 int concurrency)
{
    m_api.provision(
        functionName, qualifier, concurrency, this,
        report(concurrency == 0
                   ? tr("Nothing is provisioned for %1:%2 any more").arg(functionName, qualifier)
                   : tr("Provisioning %1 for %2:%3")
                         .arg(concurrency)
                         .arg(functionName, qualifier)));
}

void ConcurrencyBoard::endEnvironment(const QString& id)
{
    m_api.endEnvironment(id, this, report(tr("The environment has ended")));
}

std::function<void(rpc::Result<rpc::Nothing>)> ConcurrencyBoard::report(const QString& what)
{
    return [this, what](const rpc::Result<rpc::Nothing>& result) {
        if (result)
            Q_EMIT done(what);
        else
            Q_EMIT failed(result.error().message);
    };
}

} // namespace gantry::models
