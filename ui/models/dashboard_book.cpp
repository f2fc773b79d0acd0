#include "ui/models/dashboard_book.h"

#include <algorithm>

namespace gantry::models {

namespace {

constexpr int kSaveAfterMs = 300;
constexpr int kRetryMs = 3000;

} // namespace

DashboardBook::DashboardBook(rpc::Channel& channel, QObject* parent)
    : QObject(parent), m_api(channel)
{
    m_saveTimer.setSingleShot(true);
    connect(&m_saveTimer, &QTimer::timeout, this, &DashboardBook::flush);
    connect(&channel, &rpc::Channel::stateChanged, this, [this](rpc::Channel::State state) {
        if (state == rpc::Channel::State::Connected)
            refresh();
    });
    if (channel.isConnected())
        refresh();
}

void DashboardBook::refresh()
{
    m_api.list(this, [this](const rpc::Result<QStringList>& names) {
        if (!names || (m_loaded && m_names == *names))
            return;
        m_loaded = true;
        m_names = *names;
        Q_EMIT changed();
    });
}

void DashboardBook::load(const QString& name, QObject* context, Done<Dashboard> done)
{
    // What is not saved yet is newer than what the platform has.
    if (const auto unsaved = m_unsaved.find(name); unsaved != m_unsaved.end())
        return done(unsaved->second);
    m_api.get(name, context, [name, done = std::move(done)](const rpc::Result<QByteArray>& body) {
        if (!body)
            return done(body.error());
        QString problem;
        auto dashboard = readDashboard(*body, &problem);
        if (!dashboard)
            return done(rpc::Error{{}, tr("The dashboard %1 cannot be shown. %2").arg(name, problem)});
        done(*std::move(dashboard));
    });
}

void DashboardBook::save(const QString& name, const Dashboard& dashboard, Done<rpc::Nothing> done)
{
    m_api.put(name, writeDashboard(dashboard), this,
              [this, name, done = std::move(done)](const rpc::Result<rpc::Nothing>& result) {
                  if (result && !m_names.contains(name)) {
                      m_names.append(name);
                      std::sort(m_names.begin(), m_names.end());
                      Q_EMIT changed();
                  }
                  done(result);
              });
}

void DashboardBook::remove(const QString& name, Done<rpc::Nothing> done)
{
    m_unsaved.erase(name);
    m_api.remove(name, this, [this, name, done = std::move(done)](const rpc::Result<rpc::Nothing>& result) {
        if (result && m_names.removeAll(name) > 0)
            Q_EMIT changed();
        done(result);
    });
}

void DashboardBook::saveSoon(const QString& name, const Dashboard& dashboard)
{
    m_unsaved[name] = dashboard;
    m_saveTimer.start(kSaveAfterMs);
    Q_EMIT savingChanged();
}

void DashboardBook::flush()
{
    m_saveTimer.stop();
    for (const auto& [name, dashboard] : m_unsaved)
        save(name, dashboard, [this, name, dashboard](const rpc::Result<rpc::Nothing>& result) {
            noteSaved(name, dashboard, result);
        });
}

void DashboardBook::noteSaved(const QString& name, const Dashboard& sent,
                              const rpc::Result<rpc::Nothing>& result)
{
    m_problem = result ? QString() : result.error().message;
    // What changed meanwhile waits for its own turn.
    const auto unsaved = m_unsaved.find(name);
    if (result && unsaved != m_unsaved.end() && unsaved->second == sent)
        m_unsaved.erase(unsaved);
    else if (!result && !m_saveTimer.isActive())
        m_saveTimer.start(kRetryMs);
    Q_EMIT savingChanged();
}

} // namespace gantry::models
