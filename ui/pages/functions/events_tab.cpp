#include "ui/pages/functions/events_tab.h"

#include "ui/models/function_session.h"
#include "ui/models/functions_model.h"
#include "ui/pages/functions/async_card.h"
#include "ui/pages/functions/layers_card.h"
#include "ui/pages/functions/test_tab.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QScrollArea>
#include <QVBoxLayout>

namespace gantry::ui {

using models::FunctionSession;
using widgets::Theme;

EventsTab::EventsTab(const Services& services, FunctionSession& session)
    : FunctionTab(services, session),
      m_async(new AsyncCard(*services.channel, *services.functions)),
      m_layers(new LayersCard(*services.channel))
{
    setObjectName(QStringLiteral("eventsTab"));
    auto* content = new QWidget;
    content->setProperty("page", true);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, Theme::kMargin, 0);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_async);
    column->addWidget(m_layers);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->addWidget(scroll, 1);
    connect(m_async, &AsyncCard::saved, &session, &FunctionSession::reload);
    connect(&session, &FunctionSession::versionsChanged, this, &EventsTab::offerQualifiers);
    connect(&session, &FunctionSession::opened, this, &EventsTab::openFunction);
    connect(&session, &FunctionSession::detailsChanged, this, &EventsTab::showDetails);
}

void EventsTab::activated()
{
    m_active = true;
    m_opened.clear();
    m_layers->loadLibrary();
    showDetails();
}

// The one that is shown may be gone.
void EventsTab::offerQualifiers()
{
    const QVariant shown = m_async->qualifiers().currentData();
    fillQualifiers(m_async->qualifiers(), m_session);
    if (m_async->qualifiers().currentData() != shown)
        m_async->loadEvents();
}

void EventsTab::openFunction()
{
    m_opened.clear();
}

void EventsTab::showDetails()
{
    if (!m_active || !m_session.details())
        return;
    const rpc::FunctionConfiguration& function = m_session.details()->configuration;
    offerQualifiers();
    m_layers->open(function.name, function.runtime, function.layers, function.revisionId);
    if (m_opened == function.name)
        return;
    m_opened = function.name;
    m_async->open(function.name, function.arn);
}

} // namespace gantry::ui
