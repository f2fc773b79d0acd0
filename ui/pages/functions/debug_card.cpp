#include "ui/pages/functions/debug_card.h"

#include "ui/models/debug_run.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

DebugCard::DebugCard(QWidget* parent)
    : QWidget(parent), m_title(widgets::makeHeading({})), m_text(widgets::makeCaption({})),
      m_other(widgets::makeCaption({})),
      m_configuration(new widgets::JsonView(QStringLiteral("debugConfiguration"),
                                            tr("Configuration for the debugger"),
                                            widgets::JsonView::Mode::Read))
{
    m_title->setObjectName(QStringLiteral("debugTitle"));
    m_text->setObjectName(QStringLiteral("debugText"));
    m_other->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_copy = widgets::makeButton(QStringLiteral("copyDebugConfiguration"), tr("Copy configuration"),
                                 widgets::ButtonKind::Normal, QStringLiteral("copy"));
    m_copy->setToolTip(tr("For the list “configurations” in .vscode/launch.json"));
    m_stop = widgets::makeButton(QStringLiteral("stopDebugging"), tr("Stop"),
                                 widgets::ButtonKind::Danger, QStringLiteral("stop"));
    m_stop->setToolTip(tr("End the invocation"));
    connect(m_copy, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(m_configuration->text());
        Q_EMIT copied();
    });
    connect(m_stop, &QPushButton::clicked, this, &DebugCard::stopRequested);

    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(m_title, 1);
    head->addWidget(m_copy);
    head->addWidget(m_stop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(head);
    column->addWidget(m_text);
    column->addWidget(m_configuration, 1);
    column->addWidget(m_other);
}

void DebugCard::show(const models::DebugRun& run)
{
    const bool awaiting = run.state() == models::DebugRun::State::Awaiting;
    m_title->setText(awaiting ? tr("Waiting for a debugger at 127.0.0.1:%1").arg(run.address().port)
                              : tr("Starting an environment to debug…"));
    m_text->setText(tr("The function's code is loaded once a debugger has attached, so set your "
                       "breakpoints first. This invocation has no time-out; it is neither billed "
                       "nor counted in the metrics."));
    m_configuration->setVisible(awaiting);
    m_copy->setVisible(awaiting);
    if (!awaiting)
        return m_other->clear();
    m_configuration->setText(models::launchConfiguration(run.function(), run.address()));
    const QString other = models::otherDebuggers(run.address());
    m_other->setText(other);
    m_other->setVisible(!other.isEmpty());
}

} // namespace gantry::ui
