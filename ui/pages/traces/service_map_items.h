#pragma once

#include "ui/rpc/traces_types.h"

#include <QGraphicsObject>
#include <QGraphicsSceneMouseEvent>
#include <QPainterPath>

// What the service map draws.
namespace gantry::ui {

class ServiceItem final : public QGraphicsObject {
    Q_OBJECT
public:
    static constexpr qreal kWidth = 200;
    static constexpr qreal kHeight = 68;

    explicit ServiceItem(rpc::ServiceNode service);

    void setService(rpc::ServiceNode service);
    const rpc::ServiceNode& service() const { return m_service; }

    QRectF boundingRect() const override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

Q_SIGNALS:
    void activated();

protected:
    void mouseReleaseEvent(QGraphicsSceneMouseEvent* event) override;
    void mousePressEvent(QGraphicsSceneMouseEvent* event) override { event->accept(); }
    void hoverEnterEvent(QGraphicsSceneHoverEvent* event) override;
    void hoverLeaveEvent(QGraphicsSceneHoverEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void paintShares(QPainter& painter) const;

    rpc::ServiceNode m_service;
    bool m_hovered = false;
};

class CallItem final : public QGraphicsItem {
public:
    CallItem(const ServiceItem& from, const ServiceItem& to, rpc::CallCounts counts);

    void setRate(double callsPerSecond, bool failing);
    double rate() const { return m_rate; }
    bool isMoving() const { return m_rate > 0 || !m_dots.isEmpty(); }
    const ServiceItem& from() const { return m_from; }
    const ServiceItem& to() const { return m_to; }
    void setCounts(const rpc::CallCounts& counts);
    const rpc::CallCounts& counts() const { return m_counts; }
    const QPainterPath& path() const { return m_path; }
    // Moves the dots on.
    void advanceBy(double seconds);

    QRectF boundingRect() const override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

private:
    const ServiceItem& m_from;
    const ServiceItem& m_to;
    rpc::CallCounts m_counts;
    QPainterPath m_path;
    double m_rate = 0;
    bool m_failing = false;
    double m_due = 0;     // of the next dot, in dots
    QList<double> m_dots; // how far each is, from 0 to 1
};

// How long a call takes, on its curve; keeps clear of the other labels.
class CallLabel final : public QGraphicsItem {
public:
    CallLabel(const CallItem& call, const QList<CallLabel*>& others);

    QRectF boundingRect() const override;
    void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

private:
    QString text() const;

    const CallItem& m_call;
    QSizeF m_size;
};

} // namespace gantry::ui
