#include "ui/models/debug_run.h"

#include "ui/rpc/debug_api.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace gantry::models {

namespace {

constexpr const char* kHost = "127.0.0.1";
constexpr const char* kRemoteRoot = "/var/task";
constexpr const char* kLocalRoot = "${workspaceFolder}";

} // namespace

DebugRun::DebugRun(rpc::DebugApi& api, QObject* parent) : QObject(parent), m_api(api) {}

DebugRun::~DebugRun() = default;

void DebugRun::start(const rpc::InvokeRequest& request)
{
    m_function = request.function;
    m_state = State::Starting;
    m_stream = m_api.invoke(
        request, [this](const rpc::DebugEvent& event) { take(event); },
        [this](const rpc::Error& error) {
            if (!isRunning())
                return;
            m_error = error;
            finish(State::Failed);
        });
    Q_EMIT changed();
}

void DebugRun::stop()
{
    if (isRunning())
        finish(State::Stopped);
}

void DebugRun::clear()
{
    m_stream.reset();
    m_state = State::Idle;
}

void DebugRun::take(const rpc::DebugEvent& event)
{
    if (event.awaited) {
        m_address = *event.awaited;
        m_state = State::Awaiting;
        Q_EMIT changed();
    }
    if (event.reply) {
        m_reply = *event.reply;
        finish(State::Finished);
    }
}

void DebugRun::finish(State state)
{
    m_stream.reset();
    m_state = state;
    Q_EMIT changed();
}

QString launchConfiguration(const QString& function, const rpc::DebuggerAddress& address)
{
    QJsonObject entry{{QStringLiteral("name"), QStringLiteral("Gantry: ") + function},
                      {QStringLiteral("request"), QStringLiteral("attach")}};
    if (address.protocol == QLatin1String("debugpy")) {
        entry[QStringLiteral("type")] = QStringLiteral("debugpy");
        entry[QStringLiteral("connect")] = QJsonObject{
            {QStringLiteral("host"), QLatin1String(kHost)}, {QStringLiteral("port"), address.port}};
        entry[QStringLiteral("pathMappings")] =
            QJsonArray{QJsonObject{{QStringLiteral("localRoot"), QLatin1String(kLocalRoot)},
                                   {QStringLiteral("remoteRoot"), QLatin1String(kRemoteRoot)}}};
    } else if (address.protocol == QLatin1String("jdwp")) {
        entry[QStringLiteral("type")] = QStringLiteral("java");
        entry[QStringLiteral("hostName")] = QLatin1String(kHost);
        entry[QStringLiteral("port")] = address.port;
    } else {
        entry[QStringLiteral("type")] = QStringLiteral("node");
        entry[QStringLiteral("address")] = QLatin1String(kHost);
        entry[QStringLiteral("port")] = address.port;
        entry[QStringLiteral("localRoot")] = QLatin1String(kLocalRoot);
        entry[QStringLiteral("remoteRoot")] = QLatin1String(kRemoteRoot);
        entry[QStringLiteral("skipFiles")] =
            QJsonArray{QStringLiteral("<node_internals>/**"), QStringLiteral("/var/runtime/**")};
    }
    return QString::fromUtf8(QJsonDocument(entry).toJson()).trimmed();
}

QString otherDebuggers(const rpc::DebuggerAddress& address)
{
    const auto tr = [](const char* text) {
        return QCoreApplication::translate("gantry::models::DebugRun", text);
    };
    if (address.protocol == QLatin1String("inspector"))
        return tr("Or open chrome://inspect in Chrome, or run: node inspect 127.0.0.1:%1")
            .arg(address.port);
    if (address.protocol == QLatin1String("jdwp"))
        return tr("Or run: jdb -attach 127.0.0.1:%1").arg(address.port);
    return {};
}

} // namespace gantry::models
