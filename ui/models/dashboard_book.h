#pragma once

#include "ui/models/dashboard.h"
#include "ui/rpc/dashboards_api.h"

#include <QObject>
#include <QTimer>

#include <map>

namespace gantry::models {

// The own dashboards, which the platform keeps. What is edited is saved by itself a moment later.
class DashboardBook final : public QObject {
    Q_OBJECT
public:
    template <class T> using Done = std::function<void(rpc::Result<T>)>;

    explicit DashboardBook(rpc::Channel& channel, QObject* parent = nullptr);

    const QStringList& names() const { return m_names; }
    bool isLoaded() const { return m_loaded; }
    bool has(const QString& name) const { return m_names.contains(name); }
    void refresh();
    void load(const QString& name, QObject* context, Done<Dashboard> done);
    // Now; the name is in names() when it is done.
    void save(const QString& name, const Dashboard& dashboard, Done<rpc::Nothing> done);
    void remove(const QString& name, Done<rpc::Nothing> done);
    // Soon: the last of several in a row. Again and again until the platform has taken it.
    void saveSoon(const QString& name, const Dashboard& dashboard);
    bool isSaving() const { return !m_unsaved.empty(); }
    // Why the last attempt failed; empty when it did not.
    const QString& problem() const { return m_problem; }
    void flush();

Q_SIGNALS:
    void changed();       // names()
    void savingChanged(); // isSaving(), problem()

private:
    void noteSaved(const QString& name, const Dashboard& sent, const rpc::Result<rpc::Nothing>& result);

    rpc::DashboardsApi m_api;
    QStringList m_names;
    bool m_loaded = false;
    std::map<QString, Dashboard> m_unsaved;
    QString m_problem;
    QTimer m_saveTimer;
};

} // namespace gantry::models
