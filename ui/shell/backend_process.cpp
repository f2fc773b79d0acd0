#include "ui/shell/backend_process.h"

#include "ui/rpc/channel.h"
#include "ui/rpc/platform_api.h"
#include "ui/rpc/version.h"
#include "ui/shell/unix_socket.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include <unistd.h>

namespace gantry::ui {

namespace {

constexpr int kStartDeadlineMs = 20000;
constexpr int kStopDeadlineMs = 15000;
constexpr int kPollMs = 200;
constexpr int kFirstPauseMs = 250;
constexpr int kLongestPauseMs = 8000;
constexpr int kMaxAttempts = 6;
constexpr qint64 kStableMs = 30000;  // having run so long, the next death is a new story
constexpr int kQuitWaitMs = 5000;
constexpr qsizetype kLogLines = 200;
constexpr qint64 kLogTailBytes = 64 * 1024;

} // namespace

BackendProcess::BackendProcess(rpc::Channel& channel, rpc::PlatformApi& api, Config config,
                               QObject* parent)
    : QObject(parent), m_channel(channel), m_api(api), m_config(std::move(config)),
      m_process(std::make_unique<QProcess>())
{
    m_poll.setInterval(kPollMs);
    m_backoff.setSingleShot(true);
    m_deadline.setSingleShot(true);
    connect(&m_poll, &QTimer::timeout, this, &BackendProcess::poll);
    connect(&m_backoff, &QTimer::timeout, this, &BackendProcess::ensureRunning);
    connect(&m_deadline, &QTimer::timeout, this, &BackendProcess::deadlinePassed);
    connect(&m_channel, &rpc::Channel::stateChanged, this, [this](rpc::Channel::State state) {
        if (state == rpc::Channel::State::Connected)
            connected();
        else
            disconnected();
    });
    connect(m_process.get(), &QProcess::finished, this, &BackendProcess::finished);
    connect(m_process.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            fail(tr("The platform could not be started"),
                 tr("%1: %2").arg(m_process->program(), m_process->errorString()));
        }
    });
    // Ctrl+C in the terminal is for the console, which then stops the daemon in order.
    m_process->setChildProcessModifier([] { ::setsid(); });
}

BackendProcess::~BackendProcess()
{
    disconnect(m_process.get(), nullptr, this, nullptr);
    if (!isOurs())
        return;
    if (m_keepRunning) {
        // A QProcess kills its process when it goes, so it is left to the end of the program.
        static_cast<void>(m_process.release());
        return;
    }
    m_process->terminate();
    if (!m_process->waitForFinished(kQuitWaitMs))
        m_process->kill();
}

void BackendProcess::ensureRunning()
{
    if (m_channel.transport() == nullptr)
        m_channel.open(m_config.socketPath);
    m_problem = {};
    if (isOurs() || socketAnswers(QFile::encodeName(m_config.socketPath))) {
        if (m_channel.isConnected()) {
            connected();
            return;
        }
        setState(State::Starting);
        m_deadline.start(kStartDeadlineMs);
        return;
    }
    launch();
}

void BackendProcess::startOnFreePort()
{
    m_config.awsAddress = m_config.awsAddress.section(QLatin1Char(':'), 0, -2) + QStringLiteral(":0");
    m_attempts = 0;
    ensureRunning();
}

QString BackendProcess::findProgram() const
{
    if (!m_config.program.isEmpty())
        return m_config.program;
    const QString beside = QCoreApplication::applicationDirPath() + QStringLiteral("/gantryd");
    if (QFileInfo(beside).isExecutable())
        return beside;
    return QStandardPaths::findExecutable(QStringLiteral("gantryd"));
}

QString BackendProcess::logFile() const
{
    return m_config.dataDirectory + QStringLiteral("/gantryd.log");
}

void BackendProcess::launch()
{
    const QString program = findProgram();
    if (program.isEmpty()) {
        fail(tr("The platform is not installed"),
             tr("gantryd is neither beside this program nor in PATH. Build or install it, or start "
                "one elsewhere and use --grpc unix:PATH."));
        return;
    }
    if (!QDir().mkpath(m_config.dataDirectory)) {
        fail(tr("The data folder cannot be made"),
             tr("%1 is not writable. Choose another one with --data-dir.").arg(m_config.dataDirectory));
        return;
    }
    QFile::setPermissions(m_config.dataDirectory,
                          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    QFile::remove(logFile());
    m_process->setStandardOutputFile(logFile(), QIODevice::Append);
    m_process->setStandardErrorFile(logFile(), QIODevice::Append);
    m_process->setStandardInputFile(QProcess::nullDevice());
    setState(State::Starting);
    m_deadline.start(kStartDeadlineMs);
    m_process->start(program, {QStringLiteral("--data-dir"), m_config.dataDirectory,
                               QStringLiteral("--aws"), m_config.awsAddress,
                               QStringLiteral("--grpc"),
                               QStringLiteral("unix:") + m_config.socketPath});
}

void BackendProcess::connected()
{
    if (m_state == State::Stopping)
        return;
    m_deadline.stop();
    m_backoff.stop();
    m_poll.stop();
    m_runningSince.start();
    setState(State::Running);
    identify();
}

void BackendProcess::identify()
{
    m_api.getPlatform(this, [this](const rpc::Result<rpc::PlatformInfo>& result) {
        if (result) {
            Q_EMIT identified(*result);
            if (result->apiLevel < rpc::kNeededApiLevel)
                Q_EMIT outdated(result->version);
        } else if (result.error().name == QLatin1String("NotImplemented")) {
            Q_EMIT outdated(tr("unknown"));
        }
    });
}

void BackendProcess::disconnected()
{
    // The end of our own process is told by finished().
    if (m_state == State::Running && !isOurs())
        m_poll.start();
}

void BackendProcess::poll()
{
    if (socketAnswers(QFile::encodeName(m_config.socketPath)))
        return;
    m_poll.stop();
    if (m_state == State::Stopping)
        stopped();
    else if (m_state == State::Running)
        scheduleRestart();
}

void BackendProcess::finished(int exitCode, QProcess::ExitStatus)
{
    if (m_state == State::Stopping)
        stopped();
    else if (m_state == State::Failed)
        return;
    else if (m_state == State::Starting && m_attempts == 0)
        failFromLog(exitCode);  // a wrong set-up does not mend itself
    else if (m_attempts >= kMaxAttempts)
        failFromLog(exitCode);
    else
        scheduleRestart();
}

void BackendProcess::scheduleRestart()
{
    if (m_runningSince.isValid() && m_runningSince.elapsed() > kStableMs)
        m_attempts = 0;
    m_runningSince.invalidate();
    m_deadline.stop();
    const int pause = qMin(kLongestPauseMs, kFirstPauseMs << m_attempts);
    ++m_attempts;
    setState(State::Waiting);
    m_backoff.start(pause);
}

void BackendProcess::restart()
{
    m_attempts = 0;
    if (m_state == State::Running || m_state == State::Starting)
        stopNow(true);
    else if (m_state != State::Stopping)
        ensureRunning();
    else
        m_startAfterStop = true;
}

void BackendProcess::stop()
{
    if (m_state == State::Running || m_state == State::Starting) {
        stopNow(false);
        return;
    }
    m_startAfterStop = false;
    m_backoff.stop();
    if (m_state == State::Waiting)
        setState(State::Stopped);
}

void BackendProcess::stopNow(bool startAgain)
{
    m_startAfterStop = startAgain;
    setState(State::Stopping);
    m_deadline.start(kStopDeadlineMs);
    if (isOurs()) {
        m_process->terminate();
        return;
    }
    m_api.shutdown(this, [this](const rpc::Result<rpc::Nothing>& result) {
        if (!result && !result.error().unavailable && m_state == State::Stopping) {
            m_poll.stop();
            m_deadline.stop();
            fail(tr("The platform does not stop"), result.error().message);
        }
    });
    m_poll.start();
}

void BackendProcess::stopped()
{
    m_deadline.stop();
    setState(State::Stopped);
    if (m_startAfterStop)
        ensureRunning();
}

void BackendProcess::deadlinePassed()
{
    if (m_state == State::Stopping && isOurs()) {
        m_process->kill();  // finished() goes on from here
    } else if (m_state == State::Stopping) {
        m_poll.stop();
        fail(tr("The platform does not stop"),
             tr("It was not started by this console and did not end when asked. End it by hand."));
    } else if (m_state == State::Starting) {
        fail(tr("The platform does not answer"),
             tr("It runs, but nothing answers on %1.").arg(m_config.socketPath));
    }
}

void BackendProcess::failFromLog(int exitCode)
{
    const QString log = lastLogLines().join(QLatin1Char('\n'));
    // The daemon's words; see cannotListen() in backend/wire/http_server.cpp.
    const bool inUse = log.contains(QLatin1String("Another program listens on ") + m_config.awsAddress);
    const QString port = m_config.awsAddress.section(QLatin1Char(':'), -1);
    if (inUse) {
        fail(tr("Port %1 is in use").arg(port),
             tr("Another program listens on %1. End it, or let the platform use a free port; the "
                "Platform page shows which.")
                 .arg(m_config.awsAddress),
             true);
        return;
    }
    const bool cameUp = m_attempts > 0;
    fail(cameUp ? tr("The platform keeps ending") : tr("The platform did not start"),
         tr("It ended with code %1. Its last words are below; the whole log is %2.")
             .arg(exitCode)
             .arg(logFile()));
}

void BackendProcess::fail(const QString& title, const QString& advice, bool portInUse)
{
    m_deadline.stop();
    m_backoff.stop();
    m_attempts = 0;
    m_problem = {title, advice, lastLogLines(), portInUse};
    // Also when it failed before: the reason is another one.
    m_state = State::Failed;
    Q_EMIT stateChanged(m_state);
}

QStringList BackendProcess::lastLogLines() const
{
    QFile file(logFile());
    if (!file.open(QIODevice::ReadOnly))
        return {};
    file.seek(qMax<qint64>(0, file.size() - kLogTailBytes));
    QStringList lines =
        QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    if (lines.size() > kLogLines)
        lines = lines.mid(lines.size() - kLogLines);
    return lines;
}

void BackendProcess::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    Q_EMIT stateChanged(state);
}

} // namespace gantry::ui
