#include "ui/pages/queue/queued_event_view.h"

#include "ui/models/event_queue_model.h"
#include "ui/models/format.h"
#include "ui/models/json_text.h"
#include "ui/pages/queue/queue_tone.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

QString timeText(qint64 unixMs)
{
    return unixMs == 0 ? QStringLiteral("–")
                       : QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs),
                                            QStringLiteral("d MMM yyyy HH:mm:ss"));
}

} // namespace

QueuedEventView::QueuedEventView(QWidget* parent)
    : QFrame(parent), m_title(widgets::makeHeading({}, this)), m_state(new widgets::Badge),
      m_facts(new widgets::FactGrid(this)), m_problem(widgets::makeCaption({}, this)),
      m_payload(new widgets::JsonView(QStringLiteral("queuedPayload"), tr("Payload of the event"),
                                      widgets::JsonView::Mode::Read, this))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("queuedEventView"));
    m_problem->setObjectName(QStringLiteral("queuedProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* close = widgets::makeIconButton(QStringLiteral("closeQueuedEvent"),
                                          QStringLiteral("close"), tr("Close the event"), this);
    connect(close, &QToolButton::clicked, this, &QueuedEventView::closeRequested);
    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addSpacing(Theme::kSpace);
    head->addWidget(m_state);
    head->addStretch();
    head->addWidget(close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_facts);
    column->addWidget(m_problem);
    column->addWidget(widgets::makeHeading(tr("Payload"), this));
    column->addWidget(m_payload, 1);
}

void QueuedEventView::setEvent(const rpc::QueuedEvent& event)
{
    if (event.id != m_event.id)
        m_payload->setText({});
    m_event = event;
    m_title->setText(event.qualifier.isEmpty()
                         ? event.functionName
                         : QStringLiteral("%1:%2").arg(event.functionName, event.qualifier));
    m_state->set(models::stateText(event.state), toneOf(event.state));
    m_facts->set(tr("Request ID"), event.requestId);
    m_facts->set(tr("Target"), event.targetArn.isEmpty() ? tr("the function") : event.targetArn);
    m_facts->set(tr("Accepted"), timeText(event.acceptedMs));
    const bool dead = event.state == rpc::QueuedState::Dead;
    m_facts->set(tr("Next try"), dead ? tr("none, gave up %1").arg(timeText(event.diedMs))
                                      : timeText(event.dueMs));
    m_facts->set(tr("Attempts"), models::formatCount(event.attempts));
    m_facts->set(tr("Throttled or held up"), models::formatCount(event.setbacks));
    m_facts->set(tr("Size"), models::formatBytes(event.payloadBytes));
    m_facts->set(tr("Reason"), event.condition.isEmpty() ? QStringLiteral("–") : event.condition);
    const QString problem = event.errorType.isEmpty()
                                ? QString()
                                : QStringLiteral("%1: %2").arg(event.errorType, event.errorMessage);
    showProblem(problem);
}

void QueuedEventView::showPayload(const QByteArray& payload)
{
    m_payload->setText(models::formatJson(QString::fromUtf8(payload)));
}

void QueuedEventView::showProblem(const QString& problem)
{
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
}

} // namespace gantry::ui
