#include "ui/pages/alarms/alarms_page.h"

#include "ui/pages/alarms/alarm_detail.h"
#include "ui/pages/alarms/alarm_dialog.h"
#include "ui/pages/alarms/alarm_state_delegate.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QVBoxLayout>

namespace gantry::ui {

using models::AlarmsModel;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 34;

} // namespace

Page* makeAlarmsPage(const Services& services, QWidget* parent)
{
    return new AlarmsPage(services, parent);
}

AlarmsPage::AlarmsPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_watch(*services.channel), m_new(new QAction(tr("New alarm…"), this))
{
    setObjectName(QStringLiteral("alarmsPage"));
    m_new->setObjectName(QStringLiteral("newAlarmAction"));
    connect(m_new, &QAction::triggered, this, [this] { openDialog()->open(); });
    m_header = new widgets::SectionHeader(tr("Alarms"), widgets::SectionHeader::Level::Page, this);
    auto* create = widgets::makeButton(QStringLiteral("newAlarm"), tr("New alarm"),
                                       widgets::ButtonKind::Primary, QStringLiteral("plus"), this);
    create->setToolTip(tr("Make an alarm on a metric"));
    connect(create, &QPushButton::clicked, m_new, &QAction::trigger);
    m_header->addControl(create);
    buildTable();
    auto* stacked = new QWidget;
    m_stack = new QStackedLayout(stacked);
    m_stack->addWidget(makeEmpty());
    m_stack->addWidget(makeContent());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addWidget(stacked, 1);
    connect(&m_watch, &models::AlarmWatch::changed, this, &AlarmsPage::take);
    take();
}

void AlarmsPage::buildTable()
{
    m_table = new QTableView;
    widgets::identify(m_table, QStringLiteral("alarmsTable"), tr("List of alarms"));
    m_table->setModel(&m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setItemDelegateForColumn(AlarmsModel::State, new AlarmStateDelegate(m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    static constexpr int kWidths[AlarmsModel::ColumnCount] = {96, 180, 190, 190, 130, 200};
    for (int column = 0; column < AlarmsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setStretchLastSection(true);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &AlarmsPage::openCurrent);
    connect(m_table, &QTableView::clicked, this, &AlarmsPage::openCurrent);
}

QWidget* AlarmsPage::makeContent()
{
    m_detail = new AlarmDetail;
    m_detail->setMinimumWidth(380);
    m_detail->hide();
    connect(m_detail, &AlarmDetail::closeRequested, m_detail, &QWidget::hide);
    connect(m_detail, &AlarmDetail::deleteRequested, this, &AlarmsPage::askToDelete);
    connect(m_detail, &AlarmDetail::editRequested, this,
            [this](const rpc::AlarmSettings& settings) {
                AlarmDialog* dialog = openDialog();
                dialog->edit(settings);
                dialog->open();
            });
    connect(m_detail, &AlarmDetail::actionsToggled, this, [this](const QString& name, bool enabled) {
        m_watch.api().setActionsEnabled(
            name, enabled, this, [this](const rpc::Result<rpc::Nothing>& done) {
                if (!done)
                    Q_EMIT messageRequested(done.error().message, true);
            });
    });
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setObjectName(QStringLiteral("alarmsSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_table);
    splitter->addWidget(m_detail);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    return splitter;
}

widgets::EmptyState* AlarmsPage::makeEmpty()
{
    auto* empty = new widgets::EmptyState;
    empty->setIcon(QStringLiteral("alarm"));
    empty->setTitle(tr("No alarms"));
    empty->setText(tr("An alarm watches a metric, and tells you, a function or a webhook when it is beyond a "
                      "threshold or unlike its usual self. Alarms made with the AWS CLI or an SDK are listed "
                      "here too."));
    QPushButton* first =
        empty->addAction(QStringLiteral("firstAlarm"), tr("Make an alarm"), QStringLiteral("plus"));
    connect(first, &QPushButton::clicked, m_new, &QAction::trigger);
    return empty;
}

void AlarmsPage::activated()
{
    m_active = true;
    loadHistory();
}

void AlarmsPage::take()
{
    const QString current = m_detail->isHidden() ? QString() : m_detail->name();
    m_model.take(m_watch.alarms());
    showCounts();
    if (!m_wanted.isEmpty() && m_model.rowOf(m_wanted) >= 0) {
        select(std::exchange(m_wanted, {}));
    } else if (!current.isEmpty()) {
        select(current);
    }
}

void AlarmsPage::showCounts()
{
    const int alarmed = m_model.count(rpc::AlarmState::Alarm);
    const int all = m_model.rowCount();
    m_header->setSubtitle(all == 0       ? QString()
                          : alarmed == 0 ? tr("%1, none in alarm").arg(all == 1 ? tr("1 alarm") : tr("%1 alarms").arg(all))
                                         : tr("%1 of %2 in alarm").arg(alarmed).arg(all));
    m_stack->setCurrentIndex(all == 0 ? 0 : 1);
}

void AlarmsPage::select(const QString& name)
{
    const int row = m_model.rowOf(name);
    if (row < 0) {
        m_detail->hide();
        return;
    }
    if (m_table->currentIndex().row() == row && m_detail->name() == name)
        openCurrent();
    else
        m_table->selectRow(row);
}

void AlarmsPage::openCurrent()
{
    const QModelIndex current = m_table->currentIndex();
    if (!current.isValid() || current.row() >= m_model.rowCount())
        return;
    m_detail->setAlarm(m_model.at(current.row()));
    m_detail->show();
    loadHistory();
    Q_EMIT routeChanged(m_detail->name());
}

void AlarmsPage::loadHistory()
{
    if (!m_active || m_detail->isHidden())
        return;
    m_watch.api().history(
        m_detail->name(), this,
        [this, name = m_detail->name()](const rpc::Result<QList<rpc::AlarmHistoryItem>>& items) {
            if (items && name == m_detail->name())
                m_detail->showHistory(*items);
        });
}

void AlarmsPage::show(const QString& subRoute)
{
    const QStringList parts = subRoute.split(QLatin1Char('/'));
    if (parts.first() == QLatin1String("new")) {
        AlarmDialog* dialog = openDialog();
        if (parts.size() == 3)
            dialog->choose(parts.at(1) == QLatin1String("-") ? QString() : parts.at(1), parts.at(2));
        dialog->open();
        Q_EMIT routeChanged({}); // going back does not open it again
    } else if (!subRoute.isEmpty()) {
        m_wanted = subRoute;
        take();
    }
}

AlarmDialog* AlarmsPage::openDialog()
{
    auto* dialog = new AlarmDialog(m_services, m_watch.api(), this);
    connect(dialog, &AlarmDialog::saved, this, [this](const QString& name) {
        m_wanted = name;
        take();
    });
    return dialog;
}

void AlarmsPage::askToDelete(const QString& name)
{
    auto* box = new QMessageBox(QMessageBox::Question, tr("Delete alarm"),
                                tr("Delete the alarm “%1”? Nobody will be told any more.").arg(name),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(tr("Delete"), QMessageBox::DestructiveRole);
    confirm->setObjectName(QStringLiteral("confirmDeleteAlarm"));
    connect(confirm, &QAbstractButton::clicked, this, [this, name] { remove(name); });
    box->open();
}

void AlarmsPage::remove(const QString& name)
{
    m_watch.api().remove(name, this, [this](const rpc::Result<rpc::Nothing>& done) {
        if (!done)
            Q_EMIT messageRequested(done.error().message, true);
    });
}

} // namespace gantry::ui
