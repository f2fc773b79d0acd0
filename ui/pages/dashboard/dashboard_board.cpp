#include "ui/pages/dashboard/dashboard_board.h"

#include "ui/models/functions_model.h"
#include "ui/pages/dashboard/dashboard_canvas.h"
#include "ui/pages/dashboard/tile_charts.h"
#include "ui/pages/dashboard/tile_editor.h"
#include "ui/pages/monitor/marks_feed.h"
#include "ui/pages/page.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/theme.h"

#include <QAction>
#include <QBuffer>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QPushButton>
#include <QSaveFile>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QSvgGenerator>

namespace gantry::ui {

using models::DashboardLayout;
using models::Tile;
using models::TileKind;
using widgets::Theme;

namespace {

constexpr double kPngScale = 2;
constexpr int kLargestImage = 16'000; // pixels of a side

} // namespace

DashboardBoard::DashboardBoard(const Services& services, QWidget* parent)
    : QWidget(parent), m_services(services), m_data(*services.liveMetrics, *services.monitorApi),
      m_alarms(*services.channel),
      m_marks(new MarksFeed(services, QString(), m_group, this)), m_context{services, m_data, m_group, m_alarms, m_functions},
      m_notice(new QLabel(this)), m_faces(new QStackedWidget(this)),
      m_scroll(new QScrollArea(this)), m_canvas(new DashboardCanvas(m_layout, m_context, this)),
      m_editor(new TileEditor(this))
{
    setObjectName(QStringLiteral("dashboardBoard"));
    m_notice->setObjectName(QStringLiteral("boardNotice"));
    m_notice->setProperty("tone", QStringLiteral("warning"));
    m_notice->setWordWrap(true);
    m_notice->hide();
    m_scroll->setObjectName(QStringLiteral("boardScroll"));
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidget(m_canvas);
    m_faces->addWidget(makeEmpty());
    m_faces->addWidget(m_scroll);
    m_editor->hide();
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_faces, 1);
    row->addWidget(m_editor);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_notice);
    column->addLayout(row, 1);

    connect(&m_layout, &DashboardLayout::changed, this, &DashboardBoard::takeLayout);
    connect(&m_data, &models::DashboardData::changed, this, &DashboardBoard::refresh);
    connect(&m_data.window(), &models::MetricsWindow::rangeChanged, this, [this] {
        m_group.resetZoom();
        m_functions.clear();
        m_layout.setView(m_data.window().range().id, m_data.compare());
    });
    // What was not on the screen is drawn when it comes there.
    connect(m_scroll->verticalScrollBar(), &QScrollBar::valueChanged, m_canvas,
            &DashboardCanvas::refreshVisible);
    connect(m_canvas, &DashboardCanvas::openRequested, this, &DashboardBoard::openRequested);
    connect(m_canvas, &DashboardCanvas::cellChosen, this, &DashboardBoard::cellChosen);
    connect(&m_group, &charts::ChartGroup::markActivated, this, &DashboardBoard::openRequested);
    connect(m_canvas, &DashboardCanvas::selectionChanged, this, &DashboardBoard::editSelected);
    connect(m_canvas, &DashboardCanvas::menuRequested, this, &DashboardBoard::showMenu);
    connect(m_editor, &TileEditor::changed, &m_layout, &DashboardLayout::change);
    connect(m_editor, &TileEditor::removeRequested, &m_layout, &DashboardLayout::remove);
    connect(m_editor, &TileEditor::duplicateRequested, this,
            [this](const QString& id) { m_canvas->select(m_layout.duplicate(id)); });
}

DashboardBoard::~DashboardBoard() = default;

QWidget* DashboardBoard::makeEmpty()
{
    auto* empty = new widgets::EmptyState(this);
    empty->setObjectName(QStringLiteral("boardEmpty"));
    empty->setIcon(QStringLiteral("dashboard"));
    empty->setTitle(tr("An empty dashboard"));
    empty->setText(
        tr("Add the tiles that you want to keep an eye on: charts, numbers, a log, alarms."));
    auto* button = empty->addAction(QStringLiteral("boardFirstTile"), tr("Add a chart"),
                                    QStringLiteral("plus"));
    connect(button, &QPushButton::clicked, this, [this] {
        Q_EMIT editRequested();
        addTile(TileKind::Line);
    });
    return empty;
}

void DashboardBoard::setActive(bool active)
{
    m_data.window().setActive(active);
    m_canvas->setActive(active);
}

void DashboardBoard::setEditing(bool editing)
{
    if (m_services.functions)
        m_editor->setFunctions(m_services.functions->names());
    m_canvas->setEditing(editing);
    m_editor->setVisible(editing);
}

bool DashboardBoard::isEditing() const
{
    return m_canvas->isEditing();
}

void DashboardBoard::addTile(TileKind kind)
{
    Tile tile = models::makeTile(kind);
    // Whoever has variables wants tiles that follow them.
    if (m_layout.dashboard().uses(models::kFunctionVariable) && !tile.series.isEmpty()) {
        tile.function = models::kFunctionVariable;
        for (models::TileSeries& series : tile.series)
            series.function = models::kFunctionVariable;
    }
    const QString id = m_layout.add(tile);
    m_canvas->select(id);
    if (TileFrame* frame = m_canvas->frame(id)) {
        m_canvas->adjustSize();
        m_scroll->ensureWidgetVisible(frame);
    }
}

void DashboardBoard::takeLayout()
{
    const models::Dashboard& dashboard = m_layout.dashboard();
    m_data.setCompare(dashboard.compare); // first: a new range tells the layout of both
    m_data.window().setRange(dashboard.range);
    m_faces->setCurrentIndex(dashboard.tiles.isEmpty() ? 0 : 1);
    want();
    refresh();
}

void DashboardBoard::want()
{
    const models::Dashboard& dashboard = m_layout.dashboard();
    QSet<QString> names{QString()};
    for (const Tile& tile : dashboard.tiles) {
        for (const QString& name : wantedBy(models::resolved(tile, dashboard)))
            names.insert(name);
        if (!tile.byFunction)
            continue;
        for (const FunctionColor& function : m_functions)
            names.insert(function.name);
    }
    m_data.want(names);
}

void DashboardBoard::refresh()
{
    const models::MetricsWindow& window = m_data.window();
    const auto before = m_functions;
    updateFunctions(m_functions, window.functionTotals());
    if (m_functions != before)
        want();
    m_notice->setText(window.problem());
    m_notice->setVisible(!window.problem().isEmpty());
    m_group.setLiveView(
        {double(window.toMs() - window.range().spanMs), double(window.toMs())});
    if (m_canvas->isVisible())
        m_marks->look(window.fromMs(), window.toMs());
    m_canvas->refreshVisible();
}

void DashboardBoard::editSelected()
{
    m_editor->setTile(m_layout.find(m_canvas->selected()));
}

void DashboardBoard::showMenu(const QPoint& globalPosition)
{
    const QString id = m_canvas->selected();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("tileMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(Theme::current().icon(QStringLiteral("copy")), tr("Duplicate\tCtrl+D"), this,
                    [this, id] { m_canvas->select(m_layout.duplicate(id)); });
    menu->addAction(Theme::current().icon(QStringLiteral("trash")), tr("Remove\tDelete"), this,
                    [this, id] { m_layout.remove(id); });
    menu->popup(globalPosition);
}

void DashboardBoard::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        m_functions.clear(); // colours are of the theme
        m_marks->refresh();
        refresh();
    }
}

void DashboardBoard::setFullScreen(bool full)
{
    if (full == isFullScreen())
        return;
    if (full) {
        m_screen = new QWidget(this, Qt::Window);
        m_screen->setObjectName(QStringLiteral("boardFullScreen"));
        m_screen->setProperty("page", true);
        m_screen->setAttribute(Qt::WA_StyledBackground);
        m_screen->setWindowTitle(tr("Dashboard"));
        m_screen->installEventFilter(this);
        auto* layout = new QVBoxLayout(m_screen);
        layout->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
        layout->addWidget(m_faces);
        m_screen->showFullScreen();
    } else {
        // The editor stays at the right of the tiles.
        auto* row = static_cast<QHBoxLayout*>(layout()->itemAt(1)->layout());
        row->insertWidget(0, m_faces, 1);
        m_screen->removeEventFilter(this);
        m_screen->deleteLater();
        m_screen = nullptr;
    }
    m_faces->show();
    Q_EMIT fullScreenChanged(full);
}

bool DashboardBoard::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_screen) {
        const bool key = event->type() == QEvent::KeyPress &&
                         (static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape ||
                          static_cast<QKeyEvent*>(event)->key() == Qt::Key_F11);
        if (key || event->type() == QEvent::Close) {
            setFullScreen(false);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

bool DashboardBoard::exportTo(const QString& path, QString* problem)
{
    // A tile that is scrolled out of sight rests, and may have older numbers or none.
    for (TileFrame* frame : m_canvas->frames())
        frame->view()->refresh();
    const QString suffix = QFileInfo(path).suffix().toLower();
    const QByteArray content = suffix == QLatin1String("svg")   ? toSvg()
                               : suffix == QLatin1String("pdf") ? toPdf()
                               : suffix == QLatin1String("csv") ? toCsv()
                                                                : toPng();
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(content) == content.size() && file.commit())
        return true;
    *problem = tr("%1 cannot be written: %2.").arg(path, file.errorString());
    return false;
}

QByteArray DashboardBoard::toPng()
{
    const QSize size = m_canvas->size();
    const double scale =
        std::min(kPngScale, double(kLargestImage) / std::max(size.width(), size.height()));
    QImage image(size * scale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(scale);
    image.fill(palette().color(QPalette::Window));
    QPainter painter(&image);
    m_canvas->paintOn(painter);
    painter.end();
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return png;
}

QByteArray DashboardBoard::toSvg()
{
    QByteArray svg;
    QBuffer buffer(&svg);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(m_canvas->size());
    generator.setViewBox(QRect(QPoint(), m_canvas->size()));
    generator.setResolution(logicalDpiX());
    QPainter painter(&generator);
    painter.fillRect(QRect(QPoint(), m_canvas->size()), palette().color(QPalette::Window));
    m_canvas->paintOn(painter);
    painter.end();
    return svg;
}

QByteArray DashboardBoard::toPdf()
{
    QByteArray pdf;
    QBuffer buffer(&pdf);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setPageMargins({});
    writer.setResolution(logicalDpiX());
    writer.setPageSize(
        QPageSize(QSizeF(m_canvas->size()) * 72.0 / logicalDpiX(), QPageSize::Point));
    QPainter painter(&writer);
    painter.fillRect(QRect(QPoint(), m_canvas->size()), palette().color(QPalette::Window));
    m_canvas->paintOn(painter);
    painter.end();
    return pdf;
}

// Every series of every tile, one column each: they stand on the same bins.
QByteArray DashboardBoard::toCsv()
{
    charts::ChartData all;
    for (TileFrame* frame : m_canvas->frames()) {
        frame->view()->refresh();
        const charts::ChartData* data = frame->view()->numbers();
        if (!data || (all.bins > 0 && (data->startMs != all.startMs || data->bins != all.bins)))
            continue;
        all.startMs = data->startMs;
        all.binMs = data->binMs;
        all.bins = data->bins;
        for (charts::Series series : data->series) {
            series.name = QStringLiteral("%1: %2").arg(frame->view()->tile().title, series.name);
            all.series.push_back(std::move(series));
        }
    }
    return charts::toCsv(all);
}

} // namespace gantry::ui
