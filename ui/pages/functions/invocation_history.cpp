#include "ui/pages/functions/invocation_history.h"

#include "ui/models/invocations_model.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QTimer>

namespace gantry::ui {

using models::InvocationsModel;
using widgets::Theme;

namespace {
constexpr int kFollowMs = 2000;
constexpr int kLimit = 100;
constexpr int kRowHeight = 30;
} // namespace

InvocationHistory::InvocationHistory(rpc::MonitorApi& api, QWidget* parent)
    : QWidget(parent), m_api(api), m_model(new InvocationsModel(this)), m_timer(new QTimer(this))
{
    m_open = widgets::makeButton(QStringLiteral("openInvocation"), tr("Show"),
                                 widgets::ButtonKind::Normal, QStringLiteral("log"));
    m_open->setToolTip(tr("Show response and log of the selected invocation (Enter)"));
    m_replay = widgets::makeButton(QStringLiteral("replayInvocation"), tr("Replay"),
                                   widgets::ButtonKind::Normal, QStringLiteral("refresh"));
    m_replay->setToolTip(tr("Send the event of the selected invocation again"));
    m_debug = widgets::makeButton(QStringLiteral("debugInvocation"), tr("Debug"),
                                  widgets::ButtonKind::Normal, QStringLiteral("debug"));
    m_debug->setAccessibleName(tr("Debug the selected invocation"));
    m_debug->setToolTip(tr("Send the event of the selected invocation again, under a debugger"));
    makeTable();
    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(widgets::makeHeading(tr("Recent invocations")));
    head->addStretch(1);
    head->addWidget(m_open);
    head->addWidget(m_replay);
    head->addWidget(m_debug);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kSpace, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(head);
    layout->addWidget(m_table, 1);
    connect(m_open, &QPushButton::clicked, this,
            [this] { fetch(&InvocationHistory::openRequested); });
    connect(m_replay, &QPushButton::clicked, this,
            [this] { fetch(&InvocationHistory::replayRequested); });
    connect(m_debug, &QPushButton::clicked, this,
            [this] { fetch(&InvocationHistory::debugRequested); });
    m_timer->setInterval(kFollowMs);
    connect(m_timer, &QTimer::timeout, this, &InvocationHistory::reload);
    updateButtons();
}

void InvocationHistory::makeTable()
{
    m_table = new QTableView;
    widgets::identify(m_table, QStringLiteral("invocationTable"), tr("Recent invocations"));
    m_table->setToolTip({});
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    static constexpr int kWidths[InvocationsModel::ColumnCount] = {160, 120, 84, 84, 116,
                                                                   136, 132, 84, 280};
    for (int column = 0; column < InvocationsModel::ColumnCount; ++column)
        header->resizeSection(column, kWidths[column]);
    header->setHighlightSections(false);
    header->setStretchLastSection(true);
    connect(m_table, &QTableView::activated, this, [this] { fetch(&InvocationHistory::openRequested); });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &InvocationHistory::updateButtons);
    connect(m_model, &QAbstractItemModel::modelReset, this, &InvocationHistory::updateButtons);
}

void InvocationHistory::setFunction(const QString& name)
{
    m_function = name;
    m_model->clear();
    reload();
}

void InvocationHistory::setFollowing(bool on)
{
    if (on) {
        reload();
        m_timer->start();
    } else {
        m_timer->stop();
    }
}

void InvocationHistory::reload()
{
    if (m_function.isEmpty())
        return;
    const QString function = m_function;
    m_api.listInvocations({function, kLimit, 0}, this,
                          [this, function](rpc::Result<QList<rpc::InvocationSummary>> result) {
                              if (result && function == m_function)
                                  m_model->take(*result);
                          });
}

void InvocationHistory::updateButtons()
{
    const bool chosen = m_table->selectionModel()->hasSelection();
    m_open->setEnabled(chosen);
    m_replay->setEnabled(chosen);
    m_debug->setEnabled(chosen);
}

// For all but showing it, its event is needed.
void InvocationHistory::fetch(Detailed signal)
{
    const QModelIndex current = m_table->currentIndex();
    if (!current.isValid())
        return;
    m_api.getInvocation(
        m_model->at(current.row()).requestId, this,
        [this, signal](rpc::Result<rpc::InvocationDetail> result) {
            if (!result)
                Q_EMIT problem(result.error().message);
            else if (signal != &InvocationHistory::openRequested && !result->eventKept)
                Q_EMIT problem(tr("The event was too large to keep."));
            else
                Q_EMIT (this->*signal)(*result);
        });
}

} // namespace gantry::ui
