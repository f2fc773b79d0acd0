#include "ui/pages/functions/function_list.h"

#include "ui/models/aws_cli.h"
#include "ui/models/format.h"
#include "ui/models/functions_filter.h"
#include "ui/models/functions_model.h"
#include "ui/pages/functions/bulk_delete.h"
#include "ui/pages/functions/function_table.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSaveFile>
#include <QStackedWidget>
#include <QToolButton>

namespace gantry::ui {

using models::FunctionsModel;
using widgets::Theme;

FunctionList::FunctionList(const Services& services, QWidget* parent)
    : QWidget(parent), m_services(services),
      m_filter(new models::FunctionsFilter(*services.functions, this))
{
    makeActions();
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_content = makeContent());
    m_stack->addWidget(m_welcome = makeWelcome());
    m_stack->addWidget(makeWaiting());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    setFocusProxy(m_table);

    const FunctionsModel* model = services.functions;
    connect(model, &FunctionsModel::loadedChanged, this, &FunctionList::showState);
    connect(model, &FunctionsModel::currentChanged, this, &FunctionList::showState);
    connect(m_filter, &QAbstractItemModel::rowsInserted, this, &FunctionList::showState);
    connect(m_filter, &QAbstractItemModel::rowsRemoved, this, &FunctionList::showState);
    connect(m_filter, &QAbstractItemModel::modelReset, this, &FunctionList::showCount);
    connect(services.channel, &rpc::Channel::stateChanged, this, &FunctionList::showState);
    showState();
}

void FunctionList::makeActions()
{
    const auto make = [this](const char* name, const QString& text, const char* icon,
                             const QKeySequence& key, auto slot) {
        auto* action = new QAction(Theme::current().icon(QLatin1String(icon)), text, this);
        action->setObjectName(QLatin1String(name));
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(widgets::toolTipFor(*action));
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        return action;
    };
    // Ctrl+N is the window's, on every page.
    m_new = make("newFunction", tr("New function"), "plus", {},
                 [this] { Q_EMIT newRequested(); });
    m_open = make("openFunction", tr("Open"), "functions", {},
                  [this] { Q_EMIT openRequested(m_table->currentName(), {}); });
    m_test = make("testFunction", tr("Test"), "test", Qt::CTRL | Qt::Key_T,
                  [this] { Q_EMIT openRequested(m_table->currentName(), QStringLiteral("test")); });
    m_copyArn = make("copyFunctionArn", tr("Copy ARN"), "copy", {}, [this] { copyArn(); });
    m_copyCommand = make("copyFunctionCommand", tr("Copy as AWS CLI command"), "terminal", {},
                         [this] { copyCommand(); });
    m_delete = make("deleteFunctions", tr("Delete selected functions"), "trash",
                    QKeySequence::Delete, [this] { askDelete(); });
    m_export = make("exportFunctions", tr("Export as CSV"), "export", {}, [this] { exportCsv(); });
    m_find = make("findFunctions", tr("Find functions"), "search", QKeySequence::Find, [this] {
        m_search->setFocus();
        m_search->selectAll();
    });
}

QList<QAction*> FunctionList::commands() const
{
    return {m_find, m_export};
}

QWidget* FunctionList::makeContent()
{
    m_table = new FunctionTable(*m_filter);
    connect(m_table, &QTableView::activated, m_open, &QAction::trigger);
    connect(m_table, &QWidget::customContextMenuRequested, this, &FunctionList::showContextMenu);
    connect(m_table, &FunctionTable::selectedChanged, this, &FunctionList::updateActions);
    m_confirm = new widgets::MessageBar;
    m_confirm->setObjectName(QStringLiteral("functionsConfirm"));
    m_confirm->hide();

    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(makeToolbar());
    column->addWidget(m_confirm);
    column->addWidget(m_table, 1);
    updateActions();
    return content;
}

QWidget* FunctionList::makeToolbar()
{
    m_header = new widgets::SectionHeader(tr("Functions"), widgets::SectionHeader::Level::Page);
    auto* create = widgets::makeButton(QStringLiteral("newFunctionButton"), tr("New function"),
                                       widgets::ButtonKind::Primary, QStringLiteral("plus"));
    create->setToolTip(widgets::toolTipFor(*m_new));
    connect(create, &QPushButton::clicked, m_new, &QAction::trigger);
    m_header->addControl(create);

    m_search = new widgets::SearchField(
        QStringLiteral("functionSearch"),
        tr("Filter: name, tag:team, runtime:python, arch:arm64, state:failed"));
    m_search->setAccessibleName(tr("Filter functions"));
    m_search->setToolTip(
        tr("Filter functions (Ctrl+F)\nWords of the name, tag:KEY=VALUE, runtime:, "
           "arch:, state:, handler:"));
    m_search->setMinimumWidth(460);
    connect(m_search, &QLineEdit::textChanged, m_filter, &models::FunctionsFilter::setFilter);
    connect(m_search, &QLineEdit::returnPressed, this, [this] {
        m_table->setFocus();
        m_table->setCurrentIndex(m_filter->index(0, 0));
    });
    m_count = widgets::makeCaption({});
    m_count->setObjectName(QStringLiteral("functionCount"));
    m_count->setWordWrap(false);
    auto* columns = widgets::makeIconButton(QStringLiteral("functionColumns"),
                                            QStringLiteral("settings"), tr("Choose columns"));
    columns->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(columns);
    columns->setMenu(menu);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] { m_table->fillColumnMenu(menu); });

    auto* toolbar = new QWidget;
    auto* column = new QVBoxLayout(toolbar);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_search);
    row->addSpacing(Theme::kSpace);
    row->addWidget(m_count);
    row->addStretch(1);
    row->addWidget(widgets::makeActionButton(m_delete));
    row->addWidget(widgets::makeActionButton(m_export));
    row->addWidget(columns);
    column->addLayout(row);
    return toolbar;
}

QWidget* FunctionList::makeWelcome()
{
    auto* welcome = new widgets::EmptyState;
    welcome->setIcon(QStringLiteral("functions"));
    welcome->setTitle(tr("Bring your first function"));
    welcome->setText(
        tr("It runs here in an isolated environment, and every call shows its duration "
           "and its cost."));
    welcome->setDropHint(tr("Drop a folder of Python, JavaScript or Ruby here"));
    connect(welcome->addAction(QStringLiteral("welcomeNew"), tr("New function"),
                               QStringLiteral("plus")),
            &QPushButton::clicked, this, &FunctionList::newRequested);
    connect(welcome->addAction(QStringLiteral("welcomeBlueprint"), tr("Start from a blueprint"),
                               QStringLiteral("code")),
            &QPushButton::clicked, this, &FunctionList::newRequested);
    return welcome;
}

QWidget* FunctionList::makeWaiting()
{
    m_waiting = new widgets::EmptyState;
    auto* start = m_waiting->addAction(QStringLiteral("startPlatformFromFunctions"),
                                       tr("Start the platform"), QStringLiteral("play"));
    connect(start, &QPushButton::clicked, this, &FunctionList::startRequested);
    m_start = start;
    return m_waiting;
}

void FunctionList::showState()
{
    const FunctionsModel& model = *m_services.functions;
    const bool connected = m_services.channel->state() == rpc::Channel::State::Connected;
    if (model.rowCount() > 0) {
        m_stack->setCurrentWidget(m_content);
    } else if (model.isCurrent()) {
        m_stack->setCurrentWidget(m_welcome);
    } else {
        m_waiting->setIcon(connected ? QStringLiteral("functions") : QStringLiteral("power"));
        m_waiting->setTitle(connected ? tr("Reading the functions…")
                                      : tr("The platform is not running"));
        m_waiting->setText(connected ? QString()
                                     : tr("Functions are listed here as soon as it answers."));
        m_start->setVisible(!connected);
        m_stack->setCurrentWidget(m_waiting);
    }
    m_header->setSubtitle(
        connected ? QString() : tr("As they were: the platform does not answer at the moment."));
    showCount();
}

void FunctionList::showCount()
{
    const int all = m_services.functions->rowCount();
    const int shown = m_filter->rowCount();
    m_count->setText(
        all == 1 && shown == 1 ? tr("1 function")
        : shown == all         ? tr("%1 functions").arg(models::formatCount(all))
                       : tr("%1 of %2").arg(models::formatCount(shown), models::formatCount(all)));
}

void FunctionList::updateActions()
{
    const qsizetype count = m_table->selectionModel()->selectedRows().size();
    for (QAction* action : {m_open, m_test, m_copyArn, m_copyCommand})
        action->setEnabled(count == 1);
    m_delete->setEnabled(count > 0);
}

void FunctionList::showContextMenu(const QPoint& at)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addActions({m_open, m_test});
    menu->addSeparator();
    menu->addActions({m_copyArn, m_copyCommand});
    menu->addSeparator();
    menu->addAction(m_delete);
    menu->popup(m_table->viewport()->mapToGlobal(at));
}

void FunctionList::copyArn()
{
    if (const auto* function = m_services.functions->find(m_table->currentName())) {
        QGuiApplication::clipboard()->setText(function->arn);
        Q_EMIT messageRequested(tr("Copied %1").arg(function->arn), false);
    }
}

void FunctionList::copyCommand()
{
    const QString command =
        models::awsCliCommand(m_awsEndpoint, QStringLiteral("get-function"),
                              {{QStringLiteral("function-name"), m_table->currentName()}});
    QGuiApplication::clipboard()->setText(command);
    Q_EMIT messageRequested(tr("Copied “%1”").arg(command), false);
}

void FunctionList::askDelete()
{
    constexpr qsizetype kNamed = 8;
    const QStringList names = m_table->selectedNames();
    const int count = static_cast<int>(names.size());
    QString text = names.mid(0, kNamed).join(QStringLiteral(", "));
    if (count > kNamed)
        text = tr("%1 and %2 more").arg(text).arg(count - kNamed);
    m_confirm->showMessage(
        tr("Delete %1? Code, versions and aliases go with it; this cannot be undone.").arg(text),
        widgets::Badge::Tone::Warning,
        count == 1 ? tr("Delete 1 function") : tr("Delete %1 functions").arg(count),
        [this, names] { deleteFunctions(names); });
}

void FunctionList::deleteFunctions(const QStringList& names)
{
    auto* job = new BulkDelete(*m_services.functionsApi, names, this);
    connect(job, &BulkDelete::finished, this,
            [this](const QStringList& deleted, const QStringList& problems) {
                const bool good = problems.isEmpty();
                Q_EMIT messageRequested(
                    good ? tr("Deleted %1").arg(deleted.join(QStringLiteral(", ")))
                         : tr("Could not delete %1").arg(problems.join(QStringLiteral("; "))),
                    !good);
            });
    job->start();
}

void FunctionList::exportCsv()
{
    auto* dialog = new QFileDialog(this, tr("Export functions"), QStringLiteral("functions.csv"),
                                   tr("CSV files (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    connect(dialog, &QFileDialog::fileSelected, this, &FunctionList::writeCsv);
    dialog->open();
}

void FunctionList::writeCsv(const QString& path)
{
    QSaveFile file(path);
    const QByteArray csv = m_table->toCsv();
    const bool good =
        file.open(QIODevice::WriteOnly) && file.write(csv) == csv.size() && file.commit();
    Q_EMIT messageRequested(good ? tr("Exported to %1").arg(path)
                                 : tr("%1 could not be written: %2").arg(path, file.errorString()),
                            !good);
}

} // namespace gantry::ui
