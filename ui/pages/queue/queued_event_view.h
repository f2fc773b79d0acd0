#pragma once

#include "ui/rpc/queue_types.h"

#include <QFrame>

class QLabel;

namespace gantry::widgets {
class Badge;
class FactGrid;
class JsonView;
} // namespace gantry::widgets

namespace gantry::ui {

// One asynchronous event in full: its state, its history in numbers, and the payload.
class QueuedEventView final : public QFrame {
    Q_OBJECT
public:
    explicit QueuedEventView(QWidget* parent = nullptr);

    qint64 eventId() const { return m_event.id; }
    void setEvent(const rpc::QueuedEvent& event);
    void showPayload(const QByteArray& payload);
    void showProblem(const QString& problem);

Q_SIGNALS:
    void closeRequested();

private:
    rpc::QueuedEvent m_event;
    QLabel* m_title;
    widgets::Badge* m_state;
    widgets::FactGrid* m_facts;
    QLabel* m_problem;
    widgets::JsonView* m_payload;
};

} // namespace gantry::ui
