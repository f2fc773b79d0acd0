#include "ui/pages/cost/overview_tab.h"

#include "ui/charts/curve_chart.h"
#include "ui/charts/live_chart.h"
#include "ui/charts/treemap.h"
#include "ui/models/calculator.h"
#include "ui/models/format.h"
#include "ui/pages/cost/cost_charts.h"
#include "ui/pages/cost/save_file.h"
#include "ui/pages/monitor/stat_tiles.h"
#include "ui/rpc/cost_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace gantry::ui {

using models::CostSharesModel;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 32;
constexpr int kMostRows = 14;
constexpr int kSpendHeight = 240;

enum Range { Hour, Day, Month };

} // namespace

OverviewTab::OverviewTab(const Services& services, QWidget* parent)
    : QWidget(parent), m_services(services), m_sorted(new QSortFilterProxyModel(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kMargin);
    column->addWidget(makeTiles());
    column->addWidget(makeCharts());
    column->addWidget(makeTable());
    m_note = widgets::makeCaption({}, this);
    m_note->setObjectName(QStringLiteral("costNote"));
    column->addWidget(m_note);
    column->addStretch();
}

QWidget* OverviewTab::makeTiles()
{
    auto* tiles = new QWidget(this);
    auto* row = new QHBoxLayout(tiles);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    const auto add = [&](StatTile*& tile, const char* id, const QString& title) {
        tile = new StatTile(QLatin1String(id), title, tiles);
        row->addWidget(tile, 1);
    };
    add(m_listed, "monthListed", tr("Month to date"));
    add(m_free, "monthFree", tr("Free tier"));
    add(m_due, "monthDue", tr("Due"));
    add(m_perHour, "monthPerHour", tr("Cost per hour"));
    add(m_expected, "monthForecast", tr("Whole month, estimated"));
    return tiles;
}

QWidget* OverviewTab::makeCharts()
{
    auto* charts = new QWidget(this);
    m_range = new QComboBox(charts);
    widgets::identify(m_range, QStringLiteral("spendRange"), tr("Stretch of the spend chart"));
    m_range->addItems({tr("Last hour"), tr("Last 24 hours"), tr("Month")});
    connect(m_range, &QComboBox::activated, this, [this] { loadSpend(); });

    m_spend = new charts::LiveChart(QStringLiteral("spend"), tr("Spend by function"),
                                    charts::Unit::Dollars, m_group, charts);
    m_spend->setEmptyText(tr("Nothing was charged in this stretch"));
    m_spend->setMinimumHeight(kSpendHeight);
    auto* spend = widgets::makeCard(charts);
    widgets::cardLayout(spend)->addWidget(m_range, 0, Qt::AlignRight);
    widgets::cardLayout(spend)->addWidget(m_spend, 1);

    m_forecast = new charts::CurveChart(QStringLiteral("forecastChart"), tr("Forecast of the month"));
    auto* forecast = widgets::makeCard(charts);
    widgets::cardLayout(forecast)->addWidget(
        widgets::makeHeading(tr("Forecast of the month (estimated)"), forecast));
    widgets::cardLayout(forecast)->addWidget(m_forecast, 1);

    auto* row = new QHBoxLayout(charts);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kMargin);
    row->addWidget(spend, 3);
    row->addWidget(forecast, 2);
    return charts;
}

QWidget* OverviewTab::makeTable()
{
    auto* card = widgets::makeCard(this);
    m_by = new QComboBox(card);
    widgets::identify(m_by, QStringLiteral("sharesBy"), tr("Put the bill down to"));
    const std::pair<const char*, QString> groups[] = {{"function", tr("By function")},
                                                      {"version", tr("By version")},
                                                      {"alias", tr("By alias")},
                                                      {"tag", tr("By tag")},
                                                      {"tenant", tr("By tenant")}};
    for (const auto& [id, text] : groups)
        m_by->addItem(text, QLatin1String(id));
    m_tagKey = new QComboBox(card);
    widgets::identify(m_tagKey, QStringLiteral("sharesTagKey"), tr("Key of the tag"));
    m_tagKey->hide();
    connect(m_by, &QComboBox::activated, this, &OverviewTab::loadShares);
    connect(m_tagKey, &QComboBox::activated, this, &OverviewTab::loadShares);

    auto* head = new QHBoxLayout;
    head->addWidget(widgets::makeHeading(tr("What it is made of"), card));
    head->addStretch();
    head->addWidget(m_tagKey);
    head->addWidget(m_by);
    widgets::cardLayout(card)->addLayout(head);

    m_treemap = new charts::Treemap(QStringLiteral("costTreemap"), tr("Parts of the bill"), card);
    m_treemap->setEmptyText(tr("Nothing was used this month"));
    connect(m_treemap, &charts::Treemap::picked, this, [this](const QString& id) {
        for (int row = 0; row < m_sorted->rowCount(); ++row) {
            if (m_sorted->index(row, CostSharesModel::Name).data().toString() == id)
                m_table->selectRow(row);
        }
    });
    widgets::cardLayout(card)->addWidget(m_treemap);

    m_sorted->setSourceModel(&m_model);
    m_sorted->setSortRole(CostSharesModel::SortRole);
    m_table = new QTableView(card);
    widgets::identify(m_table, QStringLiteral("costShares"), tr("Shares of the bill"));
    m_table->setModel(m_sorted);
    m_table->setProperty("plain", true);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(CostSharesModel::Listed, Qt::DescendingOrder);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultSectionSize(120);
    header->setSectionResizeMode(CostSharesModel::Name, QHeaderView::Stretch);
    m_table->setColumnWidth(CostSharesModel::Forecast, 260);
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (by() == QLatin1String("function"))
            Q_EMIT functionPicked(m_sorted->index(index.row(), CostSharesModel::Name).data().toString());
    });
    widgets::cardLayout(card)->addWidget(m_table);
    m_lines = widgets::makeCaption({}, card);
    m_lines->setObjectName(QStringLiteral("billLines"));
    m_lines->setTextFormat(Qt::PlainText);
    widgets::cardLayout(card)->addWidget(m_lines);
    return card;
}

QString OverviewTab::by() const
{
    return m_by->currentData().toString();
}

void OverviewTab::failed(const rpc::Error& error)
{
    if (!error.unavailable)
        Q_EMIT messageRequested(error.message, true);
}

void OverviewTab::load(const QString& month)
{
    m_month = month;
    m_services.costApi->getBill(m_month, this, [this](const rpc::Result<rpc::Bill>& bill) {
        if (!bill)
            return failed(bill.error());
        showBill(*bill);
    });
    loadShares();
    loadSpend();
}

void OverviewTab::loadShares()
{
    m_tagKey->setVisible(by() == QLatin1String("tag"));
    m_services.costApi->getShares(m_month, by(), m_tagKey->currentText(), this,
                                  [this](const rpc::Result<rpc::CostShares>& shares) {
                                      if (!shares)
                                          return failed(shares.error());
                                      showShares(*shares);
                                  });
}

void OverviewTab::loadSpend()
{
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const auto [monthStart, monthEnd] = monthBounds(m_month);
    rpc::MetricsQuery query;
    query.byFunction = true;
    query.toMs = std::min(now, monthEnd);
    query.fromMs = monthStart;
    query.maxPoints = 800;
    if (m_range->currentIndex() == Hour)
        query.fromMs = query.toMs - 3'600'000;
    else if (m_range->currentIndex() == Day)
        query.fromMs = query.toMs - 86'400'000;
    if (m_range->currentIndex() != Month)
        query.maxPoints = 120; // minutes of an hour, hours of a day
    m_services.monitorApi->queryMetrics(
        query, this, [this, query](const rpc::Result<rpc::MetricsHistory>& history) {
            if (!history)
                return failed(history.error());
            const charts::ChartData data = spendData(*history, query.fromMs, query.toMs);
            m_group.setLiveView({double(data.startMs), double(data.endMs())});
            m_spend->setSubtitle(tr("per %1").arg(widthText(history->widthMs)));
            m_spend->setData(data);
        });
    // The forecast's past needs the whole month, whatever the chart shows.
    query.fromMs = monthStart;
    query.maxPoints = 800;
    m_services.monitorApi->queryMetrics(
        query, this, [this](const rpc::Result<rpc::MetricsHistory>& history) {
            if (history)
                showSpend(*history);
        });
}

void OverviewTab::showSpend(const rpc::MetricsHistory& history)
{
    m_daily = cumulated(history, monthBounds(m_month).first);
    showForecast(m_bill);
}

void OverviewTab::showBill(const rpc::Bill& bill)
{
    m_bill = bill;
    const auto dollars = [](pricing::Money money) { return models::formatUsd(money); };
    m_listed->setNumber(dollars(bill.listed), tr("list price, %1").arg(bill.month));
    m_free->setNumber(bill.free == pricing::Money() ? dollars(bill.free)
                                                    : QStringLiteral("−") + dollars(bill.free),
                      tr("%1 requests, %2 GB-s")
                          .arg(models::formatCount(bill.freeRequests),
                               models::formatCount(bill.freeGbSeconds)));
    m_due->setNumber(dollars(bill.due), tr("list price without the free tier's part"));
    m_perHour->setNumber(dollars(bill.perHour), tr("over the last 60 s"));
    m_expected->setNumber(dollars(bill.forecast.expected),
                          tr("%1 to %2").arg(dollars(bill.forecast.low), dollars(bill.forecast.high)));
    m_note->setText(
        tr("Modelled: what AWS would charge for what ran here, at the prices of %1. Months are UTC. "
           "The free tier is shared out in proportion to use.")
            .arg(bill.priceLabel));
    showLines(bill);
    showForecast(bill);
}

void OverviewTab::showLines(const rpc::Bill& bill)
{
    QStringList lines;
    for (const rpc::BillLine& line : bill.lines) {
        const pricing::Item item = models::itemOf(line.item);
        lines.append(tr("%1: %2, %3")
                         .arg(models::itemText(item), models::quantityText(item, line.quantity),
                              models::formatUsd(line.listed)));
    }
    if (bill.adjustment != pricing::Money())
        lines.append(tr("charged at other prices before the table was changed: %1")
                         .arg(models::formatUsd(bill.adjustment)));
    m_lines->setText(lines.join(QStringLiteral("  ·  ")));
    m_lines->setVisible(!lines.isEmpty());
}

void OverviewTab::showForecast(const rpc::Bill& bill)
{
    m_forecast->setData(forecastData(bill, m_daily, monthBounds(m_month)));
}

void OverviewTab::showShares(const rpc::CostShares& shares)
{
    const QString key = m_tagKey->currentText();
    const bool fresh = m_tagKey->count() != shares.tagKeys.size();
    if (fresh) {
        m_tagKey->clear();
        m_tagKey->addItems(shares.tagKeys);
        if (shares.tagKeys.contains(key))
            m_tagKey->setCurrentText(key);
        if (by() == QLatin1String("tag") && key.isEmpty() && m_tagKey->count() > 0)
            return loadShares(); // now with a key
    }
    const QString unnamed = by() == QLatin1String("tag")      ? tr("not tagged")
                            : by() == QLatin1String("tenant") ? tr("no tenant")
                                                              : tr("none");
    m_model.setShares(shares.shares, unnamed);
    m_table->setFixedHeight(m_table->horizontalHeader()->sizeHint().height() + 4 +
                            kRowHeight * std::clamp(m_model.rowCount(), 1, kMostRows));
    QList<charts::Treemap::Item> items;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const rpc::CostShare& share = m_model.shares()[row];
        items.append({m_model.nameAt(row), m_model.nameAt(row), models::formatUsd(share.listed),
                      share.listed.toDouble(), Theme::current().series(row % Theme::kSeriesCount)});
    }
    m_treemap->setItems(std::move(items));
}

void OverviewTab::audit()
{
    m_services.costApi->auditBill(m_month, this, [this](const rpc::Result<rpc::BillAudit>& audit) {
        if (!audit)
            return failed(audit.error());
        const QString sum = QString::fromStdString(audit->recomputed.toString());
        if (audit->agrees)
            Q_EMIT messageRequested(
                tr("The bill agrees with the records of its %1 invocations to the last digit: $%2")
                    .arg(models::formatCount(audit->invocations), sum),
                false);
        else if (!audit->complete)
            Q_EMIT messageRequested(
                tr("Of %1 invocations the records of %2 are kept: the month cannot be recomputed")
                    .arg(models::formatCount(audit->invocations), models::formatCount(audit->records)),
                true);
        else
            Q_EMIT messageRequested(
                tr("The records make $%1 at the present prices, the running total is $%2: the price "
                   "table was changed within the month")
                    .arg(sum, QString::fromStdString(audit->running.toString())),
                true);
    });
}

void OverviewTab::saveCsv()
{
    saveFile(this, tr("Save the shares"), QStringLiteral("cost-%1.csv").arg(m_bill.month),
             m_model.toCsv(), [this](const QString& text, bool bad) { Q_EMIT messageRequested(text, bad); });
}

void OverviewTab::savePng()
{
    saveFile(this, tr("Save a picture of the page"), QStringLiteral("cost-%1.png").arg(m_bill.month),
             pngOf(*this), [this](const QString& text, bool bad) { Q_EMIT messageRequested(text, bad); });
}

} // namespace gantry::ui
