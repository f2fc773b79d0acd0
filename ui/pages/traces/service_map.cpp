#include "ui/pages/traces/service_map.h"

#include "ui/models/service_layout.h"
#include "ui/pages/traces/service_map_items.h"
#include "ui/widgets/theme.h"

#include <QKeyEvent>

#include <algorithm>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr qreal kColumn = ServiceItem::kWidth + 130;
constexpr qreal kRow = ServiceItem::kHeight + 34;
constexpr int kFrameMs = 40;

bool sameShape(const QList<rpc::ServiceNode>& a, const QList<rpc::ServiceNode>& b)
{
    const auto same = [](const rpc::ServiceNode& x, const rpc::ServiceNode& y) {
        return x.id == y.id && x.name == y.name && x.type == y.type &&
               std::equal(x.edges.begin(), x.edges.end(), y.edges.begin(), y.edges.end(),
                          [](const auto& e, const auto& f) { return e.to == f.to; });
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

} // namespace

ServiceMap::ServiceMap(QWidget* parent) : QGraphicsView(parent)
{
    setScene(&m_scene);
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setViewportUpdateMode(QGraphicsView::BoundingRectViewportUpdate);
    setDragMode(QGraphicsView::NoDrag);
    m_scene.setBackgroundBrush(Theme::current().color(Theme::Surface));
    m_clock.setInterval(kFrameMs);
    connect(&m_clock, &QTimer::timeout, this, &ServiceMap::advance);
}

void ServiceMap::setServices(const QList<rpc::ServiceNode>& services)
{
    setAccessibleDescription(tr("%1 services").arg(services.size()));
    if (sameShape(services, m_services)) { // numbers only: what moves goes on
        m_services = services;
        for (qsizetype i = 0; i < services.size(); ++i)
            m_items[i]->setService(services[i]);
        qsizetype at = 0;
        for (const rpc::ServiceNode& service : services) {
            for (const rpc::ServiceEdge& edge : service.edges) {
                if (at < m_calls.size() && m_calls[at]->to().service().id == edge.to)
                    m_calls[at++]->setCounts(edge.counts);
            }
        }
        m_scene.update(); // the labels
        return;
    }
    m_services = services;
    m_calls.clear();
    m_items.clear();
    m_scene.clear();
    const QHash<int, QPoint> places = models::layOutServices(services);
    QHash<int, int> heights; // services in a column
    int tallest = 0;
    for (const QPoint& place : places) {
        int& height = heights[place.x()];
        height = std::max(height, place.y() + 1);
        tallest = std::max(tallest, height);
    }
    QHash<int, ServiceItem*> items;
    for (const rpc::ServiceNode& service : services) {
        const QPoint place = places.value(service.id);
        auto* item = new ServiceItem(service);
        const qreal down = qreal(tallest - heights.value(place.x())) / 2;
        item->setPos(place.x() * kColumn, (place.y() + down) * kRow);
        m_scene.addItem(item);
        m_items.append(item);
        items.insert(service.id, item);
        connect(item, &ServiceItem::activated, this, [this, item] {
            Q_EMIT serviceActivated(item->service().name, item->service().type);
        });
    }
    QList<CallLabel*> labels;
    for (const rpc::ServiceNode& service : services) {
        for (const rpc::ServiceEdge& edge : service.edges) {
            if (!items.contains(edge.to))
                continue;
            auto* call = new CallItem(*items.value(service.id), *items.value(edge.to), edge.counts);
            m_scene.addItem(call);
            m_calls.append(call);
            labels.append(new CallLabel(*call, labels));
            m_scene.addItem(labels.last());
        }
    }
    m_scene.setSceneRect(m_scene.itemsBoundingRect().adjusted(-24, -24, 24, 24));
    fit();
    updateClock();
}

void ServiceMap::setTraffic(const QList<rpc::ServiceNode>& recent, double seconds)
{
    const auto named = [](const rpc::ServiceNode& service) { return service.name + u'\n' + service.type; };
    QHash<int, QString> names;
    for (const rpc::ServiceNode& service : recent)
        names.insert(service.id, named(service));
    QHash<QString, rpc::CallCounts> calls;
    for (const rpc::ServiceNode& service : recent) {
        for (const rpc::ServiceEdge& edge : service.edges)
            calls.insert(named(service) + u'\n' + names.value(edge.to), edge.counts);
    }
    for (CallItem* call : std::as_const(m_calls)) {
        const rpc::CallCounts counts =
            calls.value(named(call->from().service()) + u'\n' + named(call->to().service()));
        call->setRate(double(counts.total()) / seconds, counts.faults > 0);
    }
    updateClock();
}

double ServiceMap::rateBetween(const QString& from, const QString& to) const
{
    double rate = 0;
    for (const CallItem* call : m_calls) {
        if (call->from().service().name == from && call->to().service().name == to)
            rate = std::max(rate, call->rate());
    }
    return rate;
}

void ServiceMap::setActive(bool active)
{
    m_active = active;
    updateClock();
}

void ServiceMap::updateClock()
{
    const bool traffic = std::any_of(m_calls.begin(), m_calls.end(),
                                     [](const CallItem* call) { return call->rate() > 0; });
    if (!m_active) {
        m_clock.stop();
    } else if (traffic && !m_clock.isActive()) {
        m_elapsed.restart();
        m_clock.start();
    }
}

// The last dots arrive before it rests.
void ServiceMap::advance()
{
    const double seconds = std::min(double(m_elapsed.restart()) / 1000, 0.25);
    bool moving = false;
    for (CallItem* call : std::as_const(m_calls)) {
        call->advanceBy(seconds);
        moving = moving || call->isMoving();
    }
    if (!moving)
        m_clock.stop();
}

void ServiceMap::fit()
{
    const QRectF all = m_scene.sceneRect();
    if (all.isEmpty())
        return;
    const qreal scale = std::min({1.0, viewport()->width() / all.width(),
                                  viewport()->height() / all.height()});
    setTransform(QTransform::fromScale(std::max(scale, 0.4), std::max(scale, 0.4)));
    centerOn(all.center());
}

void ServiceMap::resizeEvent(QResizeEvent* event)
{
    QGraphicsView::resizeEvent(event);
    fit();
}

void ServiceMap::changeEvent(QEvent* event)
{
    QGraphicsView::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        m_scene.setBackgroundBrush(Theme::current().color(Theme::Surface));
        m_scene.update();
    }
}

void ServiceMap::keyPressEvent(QKeyEvent* event)
{
    const auto* item = dynamic_cast<const ServiceItem*>(m_scene.focusItem());
    if (item && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter))
        Q_EMIT serviceActivated(item->service().name, item->service().type);
    else
        QGraphicsView::keyPressEvent(event);
}

} // namespace gantry::ui
