#include "ui/models/watched_deploys.h"

#include "ui/models/folder_watcher.h"

#include <QSettings>

#include <utility>

namespace gantry::models {
namespace {
constexpr auto kGroup = "watchedFolders";
}

struct WatchedDeploys::Watch {
    explicit Watch(const QString& folder) : watcher(folder) {}
    FolderWatcher watcher;
    std::unique_ptr<DeployJob> job;  // while one is under way
    bool again = false;
};

WatchedDeploys::WatchedDeploys(rpc::FunctionsApi& api, QObject* parent) : QObject(parent), m_api(api) {}

WatchedDeploys::~WatchedDeploys() = default;

void WatchedDeploys::restore()
{
    QSettings settings;
    settings.beginGroup(QLatin1String(kGroup));
    for (const QString& function : settings.childKeys())
        add(function, settings.value(function).toString());
}

void WatchedDeploys::watch(const QString& function, const QString& folder)
{
    add(function, folder);
    save();
    Q_EMIT watchChanged(function);
}

void WatchedDeploys::stop(const QString& function)
{
    if (m_watches.remove(function) == 0)
        return;
    save();
    Q_EMIT watchChanged(function);
}

QString WatchedDeploys::folderOf(const QString& function) const
{
    const auto watch = m_watches.value(function);
    return watch ? watch->watcher.folder() : QString();
}

void WatchedDeploys::add(const QString& function, const QString& folder)
{
    const auto watch = std::make_shared<Watch>(folder);
    m_watches[function] = watch;
    connect(&watch->watcher, &FolderWatcher::changed, this, [this, function] { deploy(function); });
    connect(&watch->watcher, &FolderWatcher::problem, this,
            [this, function](const QString& text) { Q_EMIT problem(function, text); });
}

void WatchedDeploys::deploy(const QString& function)
{
    const auto watch = m_watches.value(function);
    if (!watch)
        return;
    if (watch->job) {
        watch->again = true;
        return;
    }
    DeployPlan plan;
    plan.source = watch->watcher.folder();
    plan.function.name = function;
    plan.function.architecture.clear();
    plan.update = true;
    watch->job = std::make_unique<DeployJob>(m_api, plan);
    connect(watch->job.get(), &DeployJob::finished, this,
            [this, function, weak = std::weak_ptr(watch)](const DeployJob::Outcome& outcome) {
                const auto watch = weak.lock();
                watch->job.release()->deleteLater();  // it is the sender
                Q_EMIT deployed(function, outcome);
                if (std::exchange(watch->again, false))
                    deploy(function);
            });
    Q_EMIT deployStarted(function);
    watch->job->start();
}

void WatchedDeploys::save() const
{
    QSettings settings;
    settings.remove(QLatin1String(kGroup));
    settings.beginGroup(QLatin1String(kGroup));
    for (auto it = m_watches.begin(); it != m_watches.end(); ++it)
        settings.setValue(it.key(), it.value()->watcher.folder());
}

} // namespace gantry::models
