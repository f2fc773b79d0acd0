#include "ui/pages/monitor/metrics_board.h"

#include "ui/charts/heat_map_chart.h"
#include "ui/charts/live_chart.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/monitor/heat_card.h"
#include "ui/pages/monitor/marks_feed.h"
#include "ui/pages/monitor/stat_tiles.h"
#include "ui/pages/page.h"
#include "ui/widgets/theme.h"

#include <QEvent>
#include <QFileDialog>
#include <QFrame>
#include <QGridLayout>
#include <QLabel>
#include <QMessageBox>
#include <QPainter>
#include <QSaveFile>

#include <algorithm>

namespace gantry::ui {

using charts::LiveChart;
using widgets::Theme;

namespace {

constexpr int kThreeColumns = 1080;
constexpr int kTwoColumns = 640;
constexpr int kChartHeight = 264;

} // namespace

MetricsBoard::MetricsBoard(const Services& services, const QString& functionName, QWidget* parent)
    : QWidget(parent), m_live(*services.liveMetrics),
      m_window(*services.liveMetrics, *services.monitorApi, functionName),
      m_tiles(new StatTiles(this)), m_notice(new QLabel(this)), m_grid(new QWidget(this)),
      m_heat(new HeatCard(services, functionName, m_group, m_grid)),
      m_marks(new MarksFeed(services, functionName, m_group, this))
{
    m_notice->setObjectName(QStringLiteral("metricsNotice"));
    m_notice->setProperty("tone", QStringLiteral("warning"));
    m_notice->setWordWrap(true);
    m_notice->hide();
    auto* grid = new QGridLayout(m_grid);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(Theme::kSpace);
    for (const MetricChart& made : metricCharts()) {
        auto* card = new QFrame(m_grid);
        card->setProperty("card", true);
        card->setMinimumHeight(kChartHeight);
        auto* chart = new LiveChart(made.id, made.title, made.unit, m_group, card);
        auto* inside = new QVBoxLayout(card);
        inside->setContentsMargins(1, 1, 1, 1);
        inside->addWidget(chart);
        m_charts.push_back(chart);
        // Cost is watched by budgets, which have alarms of their own.
        const bool money = made.metric == Metric::Cost;
        chart->offerAlarm(money ? tr("Set a budget with an alarm…") : QString());
        if (money) {
            connect(chart, &LiveChart::alarmRequested, this,
                    [this] { Q_EMIT alarmRequested(QStringLiteral("cost/budgets")); });
            continue;
        }
        connect(chart, &LiveChart::alarmRequested, this, [this, made] { requestAlarm(made.alarmMetric); });
    }
    m_heat->setMinimumHeight(kChartHeight);
    connect(m_heat, &HeatCard::alarmRequested, this, [this] { requestAlarm(QStringLiteral("Duration")); });
    connect(m_heat, &HeatCard::cellChosen, this, &MetricsBoard::cellChosen);
    connect(&m_group, &charts::ChartGroup::viewChanged, this, &MetricsBoard::lookAtHeat);
    connect(&m_group, &charts::ChartGroup::markActivated, this, &MetricsBoard::openRequested);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(m_tiles);
    layout->addWidget(m_notice);
    layout->addWidget(m_grid, 1);

    connect(&m_window, &models::MetricsWindow::changed, this, &MetricsBoard::refresh);
    connect(&m_window, &models::MetricsWindow::rangeChanged, this, [this] {
        m_group.resetZoom();
        m_functions.clear();
        describe();
        refresh();
    });
    arrange();
    describe();
    refresh();
}

void MetricsBoard::setByFunction(bool byFunction)
{
    m_byFunction = byFunction;
    describe();
    refresh();
}

void MetricsBoard::saveImage()
{
    save(QStringLiteral("png"),
         [this](QIODevice& device) { return toImage().save(&device, "PNG"); });
}

void MetricsBoard::saveCsv()
{
    save(QStringLiteral("csv"), [this](QIODevice& device) {
        const QByteArray csv = metricsCsv(m_window);
        return device.write(csv) == csv.size();
    });
}

QImage MetricsBoard::toImage()
{
    const qreal scale = 2;
    QImage image(m_grid->size() * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    image.fill(palette().color(QPalette::Window));
    QPainter painter(&image);
    painter.drawImage(QRectF(QRect(m_heat->chart().mapTo(m_grid, QPoint()), m_heat->chart().size())),
                      m_heat->chart().toImage(scale));
    for (LiveChart* chart : m_charts) {
        const QRect place(chart->mapTo(m_grid, QPoint()), chart->size());
        painter.drawImage(QRectF(place), chart->toImage(scale));
    }
    return image;
}

void MetricsBoard::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void MetricsBoard::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        m_functions.clear(); // colours are of the theme
        m_marks->refresh();
        refresh();
    }
}

void MetricsBoard::refresh()
{
    if (m_byFunction)
        updateFunctions(m_functions, m_window.functionTotals());
    else
        m_functions.clear();
    m_tiles->show(m_window, m_live);
    m_notice->setText(m_window.problem());
    m_notice->setVisible(!m_window.problem().isEmpty());
    m_group.setLiveView(
        {double(m_window.toMs() - m_window.range().spanMs), double(m_window.toMs())});
    if (isVisible())
        m_marks->look(m_window.fromMs(), m_window.toMs());
    lookAtHeat();
    for (std::size_t i = 0; i < m_charts.size(); ++i) {
        const Metric metric = metricCharts()[i].metric;
        m_charts[i]->setEmptyText(chartEmptyText(metric, m_window));
        m_charts[i]->setData(chartData(metric, m_window, m_functions));
    }
    int legend = 0;
    for (const LiveChart* chart : m_charts)
        legend = std::max(legend, chart->legendHeight());
    for (LiveChart* chart : m_charts)
        chart->setLegendHeight(legend);
}

void MetricsBoard::describe()
{
    for (std::size_t i = 0; i < m_charts.size(); ++i)
        m_charts[i]->setSubtitle(chartSubtitle(metricCharts()[i].metric, m_window, m_byFunction));
}

void MetricsBoard::arrange()
{
    const int columns = width() >= kThreeColumns ? 3 : width() >= kTwoColumns ? 2 : 1;
    if (columns == m_columns)
        return;
    m_columns = columns;
    auto* grid = static_cast<QGridLayout*>(m_grid->layout());
    for (int i = 0; i < int(m_charts.size()); ++i) {
        grid->setColumnStretch(i, i < columns ? 1 : 0);
        grid->addWidget(m_charts[std::size_t(i)]->parentWidget(), i / columns, i % columns);
    }
    grid->addWidget(m_heat, (int(m_charts.size()) + columns - 1) / columns, 0, 1, columns);
}

// A zoom is looked at in finer cells, also while time stands still.
void MetricsBoard::lookAtHeat()
{
    const charts::ChartGroup::View view = m_group.view();
    if (isVisible())
        m_heat->look(qint64(view.fromMs), qint64(view.toMs));
}

void MetricsBoard::requestAlarm(const QString& metric)
{
    const QString& function = m_window.functionName();
    Q_EMIT alarmRequested(QStringLiteral("alarms/new/%1/%2")
                              .arg(function.isEmpty() ? QStringLiteral("-") : function, metric));
}

void MetricsBoard::save(const QString& suffix, std::function<bool(QIODevice&)> write)
{
    auto* dialog = new QFileDialog(this, tr("Save the metrics"));
    dialog->setObjectName(QStringLiteral("metricsSaveDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(suffix);
    dialog->selectFile(QStringLiteral("metrics-%1.%2").arg(m_window.range().id, suffix));
    connect(dialog, &QFileDialog::fileSelected, this, [this, write](const QString& path) {
        QSaveFile file(path);
        if (file.open(QIODevice::WriteOnly) && write(file) && file.commit())
            return;
        auto* box = new QMessageBox(QMessageBox::Warning, tr("The metrics were not saved"),
                                    tr("%1 cannot be written: %2.").arg(path, file.errorString()),
                                    QMessageBox::Ok, this);
        box->setAttribute(Qt::WA_DeleteOnClose);
        box->open();
    });
    dialog->open();
}

} // namespace gantry::ui
