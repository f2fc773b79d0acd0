#include "ui/rpc/channel.h"

#include "ui/rpc/call.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <atomic>
#include <thread>

namespace gantry::rpc {

namespace {

Channel::State toState(grpc_connectivity_state state)
{
    switch (state) {
    case GRPC_CHANNEL_READY: return Channel::State::Connected;
    case GRPC_CHANNEL_CONNECTING: return Channel::State::Connecting;
    default: return Channel::State::Disconnected;
    }
}

grpc::ChannelArguments channelArguments()
{
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 400);
    // A reopened channel must not inherit the waiting time of the one before.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // Deployment packages come and go in one message (at most 50 MB zipped).
    arguments.SetMaxReceiveMessageSize(80 * 1024 * 1024);
    arguments.SetMaxSendMessageSize(80 * 1024 * 1024);
    return arguments;
}

} // namespace

// gRPC has no callback for connectivity, only a blocking wait; this thread does the waiting. The
// wait is cut into slices so that the thread can be joined.
class Channel::Watcher final {
public:
    Watcher(std::shared_ptr<grpc::Channel> channel, std::function<void(State)> report)
        : m_thread([this, channel = std::move(channel), report = std::move(report)] {
              watch(*channel, report);
          })
    {
    }
    ~Watcher()
    {
        m_stop = true;
        m_thread.join();
    }

private:
    void watch(grpc::Channel& channel, const std::function<void(State)>& report)
    {
        constexpr auto kSlice = std::chrono::milliseconds(150);
        grpc_connectivity_state last = channel.GetState(true);
        report(toState(last));
        while (!m_stop) {
            channel.WaitForStateChange(last, std::chrono::system_clock::now() + kSlice);
            // Asking with true also makes an idle channel connect again.
            const grpc_connectivity_state now = channel.GetState(true);
            if (toState(now) != toState(last))
                report(toState(now));
            last = now;
        }
    }

    std::atomic<bool> m_stop{false};
    std::thread m_thread;
};

Channel::Channel(QObject* parent) : QObject(parent)
{
    guiThread();
}

Channel::~Channel() = default;

void Channel::open(const QString& socketPath)
{
    m_watcher.reset();
    setState(State::Disconnected);
    m_transport = std::make_shared<Transport>();
    m_transport->channel =
        grpc::CreateCustomChannel("unix:" + socketPath.toStdString(),
                                  grpc::InsecureChannelCredentials(), channelArguments());
    const QPointer<QObject> self(this);
    // Reports of a channel that was left meanwhile are dropped.
    const std::weak_ptr<Transport> current = m_transport;
    m_watcher = std::make_unique<Watcher>(m_transport->channel, [this, self, current](State state) {
        postGuarded(self, [this, current, state] {
            if (current.lock() == m_transport)
                setState(state);
        });
    });
}

void Channel::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    Q_EMIT stateChanged(state);
}

} // namespace gantry::rpc
