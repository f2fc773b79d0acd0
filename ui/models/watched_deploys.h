#pragma once

#include "ui/models/deploy_job.h"

#include <QHash>
#include <QObject>
#include <QString>

#include <memory>

namespace gantry::rpc {
class FunctionsApi;
}

namespace gantry::models {

class FolderWatcher;

// "Redeploy on save": which functions follow which folders, remembered over restarts of the console.
// A change while a deploy is under way is deployed after it.
class WatchedDeploys final : public QObject {
    Q_OBJECT
public:
    explicit WatchedDeploys(rpc::FunctionsApi& api, QObject* parent = nullptr);
    ~WatchedDeploys() override;

    // Takes up the folders of the last session.
    void restore();

    void watch(const QString& function, const QString& folder);
    void stop(const QString& function);
    QString folderOf(const QString& function) const;  // empty: not watched

Q_SIGNALS:
    void watchChanged(const QString& function);
    void deployStarted(const QString& function);
    void deployed(const QString& function, const gantry::models::DeployJob::Outcome& outcome);
    void problem(const QString& function, const QString& text);

private:
    struct Watch;

    void add(const QString& function, const QString& folder);
    void deploy(const QString& function);
    void save() const;

    rpc::FunctionsApi& m_api;
    QHash<QString, std::shared_ptr<Watch>> m_watches;
};

} // namespace gantry::models
