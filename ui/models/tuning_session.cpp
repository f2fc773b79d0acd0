#include "ui/models/tuning_session.h"

#include "ui/models/format.h"
#include "ui/rpc/tuning_api.h"

#include <algorithm>
#include <cmath>

namespace gantry::models {

namespace {
constexpr int kFollowMs = 2000;
}

TuningSession::TuningSession(rpc::TuningApi& api, QObject* parent) : QObject(parent), m_api(api)
{
    m_follow.setInterval(kFollowMs);
    connect(&m_follow, &QTimer::timeout, this, &TuningSession::followAlias);
}

TuningSession::~TuningSession() = default;

void TuningSession::setFunction(const QString& name)
{
    if (name == m_function)
        return;
    m_function = name;
    m_history.clear();
    if (!isRunning()) {
        m_run.reset();
        m_compared.reset();
        m_chosen = -1;
        Q_EMIT changed();
    }
    Q_EMIT historyChanged();
    refreshHistory();
}

void TuningSession::start(const rpc::TuningOptions& options)
{
    m_run.reset();
    m_chosen = -1;
    m_stopping = false;
    m_follow.stop();
    m_stream = m_api.start(
        m_function, options, [this](const rpc::TuningRun& run) { take(run); },
        [this](const rpc::Error& error) {
            const bool running = m_run && m_run->state == rpc::TuningState::Running;
            m_stream.reset();
            if (!error.name.isEmpty() && (running || !m_run)) {
                if (running) {
                    m_run->state = rpc::TuningState::Failed;
                    m_run->message = error.message;
                }
                report(tr("Tuning %1").arg(m_function), error);
            }
            Q_EMIT changed();
            refreshHistory();
        });
    Q_EMIT changed();
}

void TuningSession::take(const rpc::TuningRun& run)
{
    m_run = run;
    if (run.state != rpc::TuningState::Running)
        m_stopping = false;
    Q_EMIT changed();
}

void TuningSession::stop()
{
    if (!isRunning() || !m_run)
        return;
    m_stopping = true;
    Q_EMIT changed();
    m_api.stop(m_run->id, this, [this](const rpc::Result<rpc::Nothing>& result) {
        if (!result)
            report(tr("Stopping the tuning"), result.error());
    });
}

void TuningSession::open(const QString& id)
{
    if (isRunning())
        return;
    m_api.get(id, this, [this](const rpc::Result<rpc::TuningRun>& result) {
        if (!result)
            return report(tr("Opening the run"), result.error());
        if (isRunning())
            return;
        m_run = *result;
        m_chosen = -1;
        Q_EMIT changed();
    });
}

void TuningSession::compare(const QString& id)
{
    if (id.isEmpty()) {
        m_compared.reset();
        Q_EMIT changed();
        return;
    }
    m_api.get(id, this, [this](const rpc::Result<rpc::TuningRun>& result) {
        if (!result)
            return report(tr("Opening the run"), result.error());
        m_compared = *result;
        Q_EMIT changed();
    });
}

void TuningSession::remove(const QString& id)
{
    m_api.remove(id, this, [this, id](const rpc::Result<rpc::Nothing>& result) {
        if (!result)
            return report(tr("Deleting the run"), result.error());
        if (m_run && m_run->id == id)
            m_run.reset();
        if (m_compared && m_compared->id == id)
            m_compared.reset();
        Q_EMIT changed();
        refreshHistory();
    });
}

void TuningSession::refreshHistory()
{
    m_api.list(m_function, this,
               [this, name = m_function](const rpc::Result<QList<rpc::TuningRun>>& result) {
                   if (!result || name != m_function)
                       return; // without a platform the shell says so
                   m_history = *result;
                   Q_EMIT historyChanged();
               });
}

int TuningSession::chosen() const
{
    if (!m_run)
        return -1;
    if (m_chosen >= 0 && m_chosen < m_run->estimates.size())
        return m_chosen;
    return m_run->pick.index;
}

void TuningSession::choose(int index)
{
    m_chosen = index;
    Q_EMIT changed();
}

int TuningSession::pickForBalance(double weight) const
{
    if (!m_run || m_run->balanced.isEmpty())
        return -1;
    const auto last = m_run->balanced.size() - 1;
    const auto at = std::clamp<qsizetype>(qRound64(weight * double(last)), 0, last);
    return m_run->balanced[at].index;
}

void TuningSession::apply(const QString& alias, double shiftMinutes)
{
    const int index = chosen();
    if (!m_run || index < 0)
        return;
    const int memoryMb = m_run->estimates[index].memoryMb;
    m_api.apply(m_run->id, memoryMb, alias, shiftMinutes, this,
                [this, id = m_run->id](const rpc::Result<rpc::TuningApplication>& result) {
                    if (!result)
                        return report(tr("Applying the size"), result.error());
                    if (m_run && m_run->id == id)
                        m_run->application = *result;
                    Q_EMIT changed();
                    Q_EMIT happened(tr("%1 now has %2; published as version %3.")
                                        .arg(m_function, formatMemory(result->memoryMb),
                                             result->version));
                    if (!result->alias.isEmpty() && result->aliasWeight < 1)
                        m_follow.start();
                    refreshHistory();
                });
}

void TuningSession::followAlias()
{
    if (!m_run)
        return m_follow.stop();
    m_api.get(m_run->id, this, [this](const rpc::Result<rpc::TuningRun>& result) {
        if (!result || !m_run || result->id != m_run->id)
            return m_follow.stop();
        m_run->application = result->application;
        const rpc::TuningApplication& now = m_run->application;
        if (now.undone || now.aliasWeight >= 1 || !now.message.isEmpty())
            m_follow.stop();
        Q_EMIT changed();
    });
}

void TuningSession::undo()
{
    if (!m_run)
        return;
    m_follow.stop();
    m_api.undo(m_run->id, this,
               [this, id = m_run->id](const rpc::Result<rpc::TuningApplication>& result) {
                   if (!result)
                       return report(tr("Undoing"), result.error());
                   if (m_run && m_run->id == id)
                       m_run->application = *result;
                   Q_EMIT changed();
                   Q_EMIT happened(tr("%1 has %2 again.")
                                       .arg(m_function, formatMemory(result->previousMemoryMb)));
                   refreshHistory();
               });
}

void TuningSession::importText(const QString& text)
{
    m_api.importRun(m_function, text, this, [this](const rpc::Result<rpc::TuningRun>& result) {
        if (!result)
            return report(tr("Opening the result"), result.error());
        if (!isRunning()) {
            m_run = *result;
            m_chosen = -1;
            Q_EMIT changed();
        }
        refreshHistory();
    });
}

void TuningSession::exportRun(bool asLink)
{
    if (!m_run)
        return;
    m_api.exportRun(m_run->id, this,
                    [this, asLink](const rpc::Result<rpc::TuningExport>& result) {
                        if (!result)
                            return report(tr("Exporting the run"), result.error());
                        Q_EMIT exported(asLink ? result->link : result->json, asLink);
                    });
}

void TuningSession::report(const QString& what, const rpc::Error& error)
{
    if (!error.unavailable)
        Q_EMIT failed(tr("%1 failed: %2").arg(what, error.message));
}

QString surenessText(double sure)
{
    const int percent = static_cast<int>(std::floor(sure * 100));
    return percent >= 99 ? TuningSession::tr("over 99 %") : TuningSession::tr("%1 %").arg(percent);
}

} // namespace gantry::models
