#include "ui/pages/functions/configuration_tab.h"

#include "ui/models/configuration_save.h"
#include "ui/models/function_session.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/functions/concurrency_section.h"
#include "ui/pages/functions/configuration_form.h"
#include "ui/pages/functions/runtime_card.h"
#include "ui/pages/functions/snapstart_card.h"
#include "ui/rpc/platform_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>

namespace gantry::ui {

using models::FunctionSession;
using widgets::Badge;
using widgets::Theme;

namespace {
constexpr int kContentWidth = 880;
} // namespace

ConfigurationTab::ConfigurationTab(const Services& services, FunctionSession& session)
    : FunctionTab(services, session), m_form(new ConfigurationForm),
      m_concurrency(new ConcurrencySection(*services.channel, *services.functionsApi)),
      m_snapshots(new SnapStartCard(*services.channel)),
      m_runtime(new RuntimeCard(*services.channel)), m_settings(*services.channel),
      m_vault(*services.channel), m_bar(new widgets::MessageBar)
{
    m_bar->hide();
    m_bar->setObjectName(QStringLiteral("configurationMessage"));
    auto* sections = new QWidget;
    sections->setMaximumWidth(kContentWidth);
    auto* column = new QVBoxLayout(sections);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_form);
    column->addWidget(m_snapshots);
    column->addWidget(m_concurrency);
    column->addWidget(m_runtime);
    auto* content = new QWidget;
    content->setProperty("page", true);
    auto* inside = new QHBoxLayout(content);
    inside->setContentsMargins(0, 0, Theme::kMargin, Theme::kMargin);
    inside->addWidget(sections, 1);
    inside->addStretch(0);
    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll = scroll;
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_bar);
    layout->addWidget(scroll, 1);
    layout->addWidget(makeFooter());

    connect(m_concurrency, &ConcurrencySection::messageRequested, this,
            &FunctionTab::messageRequested);
    connect(m_form, &ConfigurationForm::changed, this, &ConfigurationTab::updateFooter);
    connect(m_form, &ConfigurationForm::tuneRequested, this, [this] {
        Q_EMIT openRequested(QStringLiteral("tuning/") + m_session.name());
    });
    connect(m_form, &ConfigurationForm::pastedRequested, this, [this] {
        Q_EMIT openRequested(QStringLiteral("secrets/found/") + m_session.name());
    });
    connect(&session, &FunctionSession::opened, this, &ConfigurationTab::openFunction);
    connect(&session, &FunctionSession::detailsChanged, this, &ConfigurationTab::takeDetails);
    connect(&session, &FunctionSession::pricesChanged, this, &ConfigurationTab::showPricing);
    openFunction();
    takeDetails();
}

QWidget* ConfigurationTab::makeFooter()
{
    m_status = widgets::makeCaption({});
    m_status->setObjectName(QStringLiteral("configurationStatus"));
    m_status->setWordWrap(false);
    m_revert = widgets::makeButton(QStringLiteral("revertConfiguration"), tr("Revert"));
    m_revert->setToolTip(tr("Back to what the function has"));
    m_save = widgets::makeButton(QStringLiteral("saveConfiguration"), tr("Save"),
                                 widgets::ButtonKind::Primary, QStringLiteral("save"));
    m_save->setToolTip(tr("Save the configuration (Ctrl+S)"));
    connect(m_revert, &QPushButton::clicked, this, &ConfigurationTab::showBase);
    connect(m_save, &QPushButton::clicked, this, &ConfigurationTab::save);
    auto* action = new QAction(this);
    action->setShortcut(QKeySequence::Save);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(action, &QAction::triggered, this, &ConfigurationTab::save);
    addAction(action);
    auto* footer = new QWidget;
    auto* row = new QHBoxLayout(footer);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_save);
    row->addWidget(m_revert);
    row->addWidget(m_status);
    row->addStretch(1);
    return footer;
}

void ConfigurationTab::activated()
{
    showPricing();
    loadRuntimes();
    loadLogGroups();
    loadKeys();
}

void ConfigurationTab::openFunction()
{
    delete m_job;
    m_job = nullptr;
    m_base.reset();
    m_bar->hide();
    m_scroll->setEnabled(false);
    m_concurrency->setFunction(m_session.name());
    m_snapshots->setFunction(m_session.name(), false);
    m_form->setPasted({});
    updateFooter();
}

void ConfigurationTab::takeDetails()
{
    if (!m_session.details() || m_job)
        return;
    const rpc::FunctionConfiguration& now = m_session.details()->configuration;
    m_runtime->open(now.name, now.runtimeBuildArn);
    m_form->setTenantIsolation(now.tenantIsolation);
    m_snapshots->setFunction(now.name, now.snapStart);
    loadPasted();
    if (!m_base || !isDirty()) {
        const models::ConfigurationValues values = models::valuesOf(*m_session.details());
        const bool same = m_base && values == m_baseValues;
        m_base = now;
        m_baseValues = values;
        m_scroll->setEnabled(true);
        if (!same) // else a line that the user has just begun would go
            showBase();
    } else if (now.revisionId != m_base->revisionId) {
        m_bar->showMessage(
            tr("The function was changed elsewhere while you edit. Your edits are kept, "
               "but saving them needs the new state first."),
            Badge::Tone::Warning, tr("Load the new state"), [this] {
                m_base.reset();
                takeDetails();
            });
    }
}

void ConfigurationTab::showBase()
{
    if (!m_base)
        return;
    m_form->setValues(m_baseValues);
    showPricing();
    updateFooter();
}

bool ConfigurationTab::isDirty() const
{
    return m_base && m_form->values() != m_baseValues;
}

void ConfigurationTab::updateFooter()
{
    const bool dirty = isDirty();
    const bool valid = m_form->isValid();
    m_save->setEnabled(dirty && valid && !m_job);
    m_revert->setEnabled(dirty && !m_job);
    m_status->setText(m_job    ? tr("Saving…")
                      : !dirty ? QString()
                      : valid  ? tr("Changes are not saved yet.")
                               : tr("Something above needs your attention."));
}

void ConfigurationTab::showPricing()
{
    constexpr qint64 kWindowMs = models::LiveMetrics::kSpanMs;
    std::optional<double> meanMs;
    if (m_services.liveMetrics) {
        const qint64 now = m_services.liveMetrics->nowMs();
        const models::MetricsTotals totals =
            m_services.liveMetrics->function(m_session.name()).totals(now - kWindowMs, now + 1000);
        if (totals.invocations > 0)
            meanMs = totals.durationMeanMs();
    }
    m_form->setPricing(m_session.prices(), meanMs);
}

void ConfigurationTab::loadRuntimes()
{
    if (m_hasRuntimes)
        return;
    m_services.platformApi->listRuntimes(this, [this](rpc::Result<QList<rpc::RuntimeInfo>> result) {
        if (!result)
            return;
        m_hasRuntimes = true;
        m_form->setRuntimes(*result);
    });
}

void ConfigurationTab::loadLogGroups()
{
    m_settings.logGroups(this, [this](const rpc::Result<QStringList>& groups) {
        if (groups)
            m_form->setLogGroups(*groups);
    });
}

void ConfigurationTab::loadKeys()
{
    m_vault.listKeys(this, [this](const rpc::Result<QList<rpc::KeyInfo>>& keys) {
        if (keys)
            m_form->setKeys(*keys);
    });
}

void ConfigurationTab::loadPasted()
{
    const QString name = m_session.name();
    m_vault.listPasted(name, this, [this, name](const rpc::Result<rpc::PastedSecrets>& found) {
        if (!found || m_session.name() != name)
            return;
        QStringList variables;
        for (const rpc::PastedSecret& each : found->found) {
            if (!each.variable.isEmpty())
                variables << each.variable;
        }
        m_form->setPasted(variables);
    });
}

void ConfigurationTab::save()
{
    if (!m_save->isEnabled())
        return;
    m_job = new models::ConfigurationSave(*m_services.functionsApi, *m_base, m_baseValues,
                                          m_form->values(), this);
    connect(m_job, &models::ConfigurationSave::saved, this, &ConfigurationTab::saved);
    connect(m_job, &models::ConfigurationSave::failed, this, &ConfigurationTab::failed);
    m_bar->hide();
    m_scroll->setEnabled(false);
    updateFooter();
    m_job->start();
}

void ConfigurationTab::saved()
{
    m_job->deleteLater();
    m_job = nullptr;
    m_base.reset(); // what is read next is the new base
    m_session.reload();
    Q_EMIT messageRequested(tr("Configuration of %1 is saved").arg(m_session.name()), false);
}

void ConfigurationTab::failed(const rpc::Error& error)
{
    m_job->deleteLater();
    m_job = nullptr;
    m_scroll->setEnabled(true);
    updateFooter();
    if (error.name == QLatin1String("PreconditionFailedException")) {
        m_bar->showMessage(tr("Not saved: the function was changed elsewhere since you opened it. "
                              "Your edits are kept until you load the new state."),
                           Badge::Tone::Warning, tr("Load the new state"), [this] {
                               m_base.reset();
                               m_session.reload();
                           });
    } else if (!m_form->showProblem(error.message)) {
        m_bar->showMessage(tr("Not saved. %1: %2").arg(error.name, error.message),
                           Badge::Tone::Error);
    }
}

} // namespace gantry::ui
