#pragma once

#include "ui/rpc/concurrency_api.h"

#include <QFrame>
#include <QTimer>

class QLabel;

namespace gantry::ui {

// What SnapStart gave the published versions of a function: for each, the init that a cold start
// would take beside the latest restore, or why there is none. Follows the platform while seen.
class SnapStartCard final : public QFrame {
    Q_OBJECT
public:
    explicit SnapStartCard(rpc::Channel& channel, QWidget* parent = nullptr);

    void setFunction(const QString& name, bool enabled);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void load();
    void showSnapshots(const QList<rpc::Snapshot>& snapshots);
    void addVersion(const rpc::Snapshot& snapshot);

    rpc::ConcurrencyApi m_api;
    QTimer m_timer;
    QString m_name;
    bool m_enabled = false;
    QLabel* m_empty = nullptr;
    QWidget* m_versions = nullptr;
    QList<rpc::Snapshot> m_shown;
};

} // namespace gantry::ui
