#include "ui/pages/functions/versions_tab.h"

#include "ui/models/function_session.h"
#include "ui/models/versions_model.h"
#include "ui/pages/functions/alias_editor.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QTableView>
#include <QTimer>

namespace gantry::ui {

using models::FunctionSession;
using models::VersionsModel;
using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kRowHeight = 32;
constexpr int kTableHeight = 220;
constexpr int kObserveMs = 2000;
constexpr int kObserved = 500; // latest invocations that the observed split is made of
} // namespace

VersionsTab::VersionsTab(const Services& services, FunctionSession& session)
    : FunctionTab(services, session), m_model(new VersionsModel(this)),
      m_bar(new widgets::MessageBar), m_observeTimer(new QTimer(this))
{
    m_bar->hide();
    m_bar->setObjectName(QStringLiteral("versionsMessage"));
    m_newAlias = new AliasEditor(QStringLiteral("New"));
    connect(m_newAlias, &AliasEditor::saveRequested, this, [this] { saveAlias(m_newAlias, true); });
    auto* content = new QWidget;
    content->setProperty("page", true);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, Theme::kMargin, 0);
    column->setSpacing(Theme::kMargin);
    column->addWidget(makePublish());
    column->addWidget(makeTable());
    column->addWidget(widgets::makeHeading(tr("Aliases")));
    m_aliases = new QVBoxLayout;
    m_aliases->setSpacing(Theme::kSpace);
    column->addLayout(m_aliases);
    column->addWidget(m_newAlias);
    column->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_bar);
    layout->addWidget(scroll, 1);
    m_observeTimer->setInterval(kObserveMs);
    connect(m_observeTimer, &QTimer::timeout, this, &VersionsTab::observe);
    connect(&session, &FunctionSession::opened, this, &VersionsTab::openFunction);
    connect(&session, &FunctionSession::versionsChanged, this, &VersionsTab::showVersions);
    showVersions();
}

QWidget* VersionsTab::makePublish()
{
    m_description = new QLineEdit;
    widgets::identify(m_description, QStringLiteral("versionDescription"),
                      tr("Description of the version to publish"));
    m_description->setPlaceholderText(tr("What is new? (optional)"));
    m_description->setMaxLength(256);
    m_description->setMaximumWidth(420);
    m_publish = widgets::makeButton(QStringLiteral("publishFromTab"), tr("Publish"),
                                    ButtonKind::Primary, QStringLiteral("version"));
    m_publish->setAccessibleName(tr("Publish this version"));
    m_publish->setToolTip(tr("Keep $LATEST as it is now as a new version (Enter)"));
    m_remove = widgets::makeButton(QStringLiteral("removeVersion"), tr("Delete version"),
                                   ButtonKind::Flat, QStringLiteral("trash"));
    connect(m_publish, &QPushButton::clicked, this, &VersionsTab::publish);
    connect(m_description, &QLineEdit::returnPressed, this, &VersionsTab::publish);
    connect(m_remove, &QPushButton::clicked, this, &VersionsTab::removeVersion);
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(widgets::makeHeading(tr("Versions")));
    row->addStretch(1);
    row->addWidget(m_remove);
    row->addWidget(m_description, 1);
    row->addWidget(m_publish);
    return bar;
}

QWidget* VersionsTab::makeTable()
{
    m_table = new QTableView;
    widgets::identify(m_table, QStringLiteral("versionTable"), tr("Versions"));
    m_table->setToolTip({});
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->setFixedHeight(kTableHeight);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setHighlightSections(false);
    static constexpr int kWidths[VersionsModel::ColumnCount] = {90, 320, 160, 100, 100, 120, 180};
    for (int column = 0; column < VersionsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    m_noVersions = widgets::makeCaption(tr(
        "No version yet. A version keeps code and configuration as they are, for aliases to lead "
        "to."));
    m_noVersions->setAlignment(Qt::AlignCenter);
    auto* over = new QVBoxLayout(m_table->viewport());
    over->addWidget(m_noVersions, 0, Qt::AlignCenter);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { m_remove->setEnabled(m_table->selectionModel()->hasSelection()); });
    return m_table;
}

void VersionsTab::activated()
{
    observe();
    m_observeTimer->start();
}

void VersionsTab::deactivated()
{
    m_observeTimer->stop();
}

void VersionsTab::openFunction()
{
    qDeleteAll(m_editors);
    m_editors.clear();
    m_newAlias->setAlias(std::nullopt);
    m_bar->hide();
    m_description->clear();
    showVersions();
}

void VersionsTab::showVersions()
{
    m_model->set(m_session.versions(), m_session.aliases());
    m_noVersions->setVisible(m_model->rowCount() == 0);
    m_remove->setEnabled(false);
    QStringList versions;
    for (int row = 0; row < m_model->rowCount(); ++row)
        versions << m_model->versionAt(row);
    versions << QStringLiteral("$LATEST");
    m_newAlias->setVersions(versions);
    QHash<QString, AliasEditor*> gone = std::exchange(m_editors, {});
    for (const rpc::Alias& alias : m_session.aliases()) {
        AliasEditor* editor = gone.take(alias.name);
        if (!editor) {
            editor = new AliasEditor(QLatin1Char('-') + alias.name);
            m_aliases->addWidget(editor);
            const QString name = alias.name;
            connect(editor, &AliasEditor::saveRequested, this,
                    [this, editor] { saveAlias(editor, false); });
            connect(editor, &AliasEditor::removeRequested, this,
                    [this, name] { removeAlias(name); });
        }
        editor->setVersions(versions);
        editor->setAlias(alias);
        m_editors.insert(alias.name, editor);
    }
    qDeleteAll(gone);
}

void VersionsTab::publish()
{
    if (!m_publish->isEnabled())
        return;
    m_publish->setEnabled(false);
    m_services.functionsApi->publishVersion(
        m_session.name(), m_description->text(), {}, this,
        [this](rpc::Result<rpc::FunctionConfiguration> result) {
            m_publish->setEnabled(true);
            if (!result)
                return m_bar->showMessage(result.error().message, Badge::Tone::Error);
            m_description->clear();
            m_session.reloadVersions();
            m_bar->showMessage(tr("Version %1 is published.").arg(result->version),
                               Badge::Tone::Success);
        });
}

void VersionsTab::removeVersion()
{
    const QString version = m_model->versionAt(m_table->currentIndex().row());
    const QStringList aliases = m_model->aliasesOf(version);
    if (!aliases.isEmpty())
        return m_bar->showMessage(tr("Version %1 is used by the alias %2: lead it elsewhere first.")
                                      .arg(version, aliases.join(QStringLiteral(", "))),
                                  Badge::Tone::Warning);
    const QString function = m_session.name();
    m_bar->showMessage(
        tr("Delete version %1 of %2? This cannot be undone.").arg(version, function),
        Badge::Tone::Warning, tr("Delete version %1").arg(version), [this, function, version] {
            m_services.functionsApi->remove(
                function, version, this, [this](rpc::Result<rpc::Nothing> result) {
                    if (!result)
                        m_bar->showMessage(result.error().message, Badge::Tone::Error);
                    m_session.reloadVersions();
                });
        });
}

void VersionsTab::saveAlias(AliasEditor* editor, bool isNew)
{
    const QPointer<AliasEditor> target(editor);
    const std::function<void(rpc::Result<rpc::Alias>)> done =
        [this, target, isNew](rpc::Result<rpc::Alias> result) {
            if (!result) {
                if (target)
                    target->showProblem(result.error().message);
                return;
            }
            if (target && isNew)
                target->setAlias(std::nullopt);
            else if (target)
                target->saved();
            m_session.reloadVersions();
            Q_EMIT messageRequested(tr("Alias %1 is saved").arg(result->name), false);
        };
    if (isNew)
        m_services.functionsApi->createAlias(m_session.name(), editor->edited(), this, done);
    else
        m_services.functionsApi->updateAlias(m_session.name(), editor->edited(), this, done);
}

void VersionsTab::removeAlias(const QString& name)
{
    m_bar->showMessage(
        tr("Delete the alias %1? Callers that use it get an error.").arg(name),
        Badge::Tone::Warning, tr("Delete alias %1").arg(name), [this, name] {
            m_services.functionsApi->removeAlias(
                m_session.name(), name, this, [this](rpc::Result<rpc::Nothing> result) {
                    if (!result)
                        m_bar->showMessage(result.error().message, Badge::Tone::Error);
                    m_session.reloadVersions();
                });
        });
}

void VersionsTab::observe()
{
    if (m_editors.isEmpty())
        return;
    m_services.monitorApi->listInvocations(
        {m_session.name(), kObserved, 0}, this,
        [this](rpc::Result<QList<rpc::InvocationSummary>> result) {
            if (!result)
                return;
            for (const rpc::Alias& alias : m_session.aliases()) {
                AliasEditor* editor = m_editors.value(alias.name);
                if (!editor || alias.weights.isEmpty())
                    continue;
                int all = 0;
                int second = 0;
                for (const rpc::InvocationSummary& invocation : *result) {
                    if (invocation.alias != alias.name)
                        continue;
                    ++all;
                    second += invocation.version == alias.weights.firstKey() ? 1 : 0;
                }
                editor->setObserved(all > 0 ? std::optional(double(second) / all) : std::nullopt);
            }
        });
}

} // namespace gantry::ui
