#pragma once

#include "ui/rpc/traces_types.h"

#include <QElapsedTimer>
#include <QGraphicsView>
#include <QTimer>

namespace gantry::ui {

class ServiceItem;
class CallItem;

// The services and their calls, callers to the left. Dots travel along the calls that were made within
// the last seconds, as many as there were.
class ServiceMap final : public QGraphicsView {
    Q_OBJECT
public:
    explicit ServiceMap(QWidget* parent = nullptr);

    void setServices(const QList<rpc::ServiceNode>& services);
    // The calls of the last seconds; by name and type, as ids are those of one answer.
    void setTraffic(const QList<rpc::ServiceNode>& recent, double seconds);
    // Runs the dots while there is traffic.
    void setActive(bool active);
    bool isMoving() const { return m_clock.isActive(); }
    // Calls a second that the dots stand for.
    double rateBetween(const QString& from, const QString& to) const;

Q_SIGNALS:
    void serviceActivated(const QString& name, const QString& type);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void fit();
    void advance();
    void updateClock();

    QGraphicsScene m_scene;
    QList<rpc::ServiceNode> m_services;
    QList<ServiceItem*> m_items;
    QList<CallItem*> m_calls;
    QTimer m_clock;
    QElapsedTimer m_elapsed;
    bool m_active = false;
};

} // namespace gantry::ui
