#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>

#include <memory>

namespace gantry::rpc {
class Channel;
class PlatformApi;
struct PlatformInfo;
} // namespace gantry::rpc

namespace gantry::ui {

// The platform's process as the console sees it. Uses the daemon that answers on the socket, or
// starts the one beside the program; starts it again, with growing pauses, when it dies; says why
// when that does not work. A daemon that the console started ends with the console unless it shall
// keep running; one that ran before is left alone.
//
//   Stopped -> Starting -> Running -> (dies) Waiting -> Starting ...
//                     \-> Failed             \-> Failed
class BackendProcess final : public QObject {
    Q_OBJECT
public:
    enum class State { Stopped, Starting, Running, Stopping, Waiting, Failed };
    Q_ENUM(State)

    struct Config {
        QString program;        // empty: gantryd beside this program, else in PATH
        QString dataDirectory;
        QString awsAddress;     // host:port
        QString socketPath;
    };
    // Why there is no platform, in words for the user.
    struct Problem {
        QString title;
        QString advice;
        QStringList log;       // the daemon's last lines
        bool portInUse = false;
    };

    BackendProcess(rpc::Channel& channel, rpc::PlatformApi& api, Config config,
                   QObject* parent = nullptr);
    ~BackendProcess() override;

    // Connects, and starts the daemon if none answers.
    void ensureRunning();
    void restart();
    void stop();
    // As ensureRunning, with the AWS API on any free port.
    void startOnFreePort();

    State state() const { return m_state; }
    const Problem& problem() const { return m_problem; }
    bool isOurs() const { return m_process->state() != QProcess::NotRunning; }
    // Whether the daemon runs on when the console quits.
    void setKeepRunning(bool keep) { m_keepRunning = keep; }
    QString logFile() const;

Q_SIGNALS:
    void stateChanged(gantry::ui::BackendProcess::State state);
    // What answers; once for each time it came up.
    void identified(const gantry::rpc::PlatformInfo& platform);
    // It is too old for this console.
    void outdated(const QString& version);

private:
    void launch();
    void connected();
    void disconnected();
    void identify();
    void finished(int exitCode, QProcess::ExitStatus status);
    void poll();
    void stopNow(bool startAgain);
    void stopped();
    void scheduleRestart();
    void deadlinePassed();
    void fail(const QString& title, const QString& advice, bool portInUse = false);
    void failFromLog(int exitCode);
    void setState(State state);
    QString findProgram() const;
    QStringList lastLogLines() const;

    rpc::Channel& m_channel;
    rpc::PlatformApi& m_api;
    Config m_config;
    std::unique_ptr<QProcess> m_process;
    QTimer m_poll;      // while another's daemon has to go
    QTimer m_backoff;   // until the next attempt
    QTimer m_deadline;  // for what a start or a stop may take
    QElapsedTimer m_runningSince;
    State m_state = State::Stopped;
    Problem m_problem;
    int m_attempts = 0;      // restarts since it last ran for a while
    bool m_startAfterStop = false;
    bool m_keepRunning = false;
};

} // namespace gantry::ui
