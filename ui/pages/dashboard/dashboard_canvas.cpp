#include "ui/pages/dashboard/dashboard_canvas.h"

#include "ui/pages/dashboard/tile_view.h"
#include "ui/widgets/theme.h"

#include <QKeyEvent>
#include <QPainter>
#include <QScrollArea>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gantry::ui {

using models::Tile;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 44; // with the space between two tiles
constexpr int kGap = Theme::kSpace;
constexpr int kEmptyRows = 4; // below the last tile while editing, to drop into

} // namespace

DashboardCanvas::DashboardCanvas(models::DashboardLayout& layout, const TileContext& context,
                                 QWidget* parent)
    : QWidget(parent), m_layout(layout), m_context(context)
{
    setObjectName(QStringLiteral("dashboardCanvas"));
    setProperty("page", true);
    connect(&m_layout, &models::DashboardLayout::changed, this, &DashboardCanvas::rebuild);
}

QList<TileFrame*> DashboardCanvas::frames() const
{
    QList<TileFrame*> frames;
    for (const Tile& tile : m_layout.dashboard().tiles) {
        if (TileFrame* frame = m_frames.value(tile.id))
            frames.append(frame);
    }
    return frames;
}

void DashboardCanvas::refreshVisible()
{
    if (!isVisible())
        return;
    const QRect visible(-pos(), parentWidget()->size()); // what the scroll area shows
    for (TileFrame* frame : std::as_const(m_frames)) {
        if (visible.intersects(frame->geometry()))
            frame->view()->refresh();
    }
}

void DashboardCanvas::setActive(bool active)
{
    m_active = active;
    for (TileFrame* frame : std::as_const(m_frames))
        frame->view()->setActive(active);
}

void DashboardCanvas::setEditing(bool editing)
{
    m_editing = editing;
    for (TileFrame* frame : std::as_const(m_frames))
        frame->setEditing(editing);
    if (!editing)
        select({});
    arrange();
    update();
}

void DashboardCanvas::select(const QString& id)
{
    if (m_selected == id)
        return;
    ++m_gesture;
    m_selected = id;
    for (TileFrame* frame : std::as_const(m_frames))
        frame->setSelected(frame->id() == id);
    if (TileFrame* frame = m_frames.value(id)) {
        if (m_editing && !frame->sheet()->hasFocus())
            frame->sheet()->setFocus();
    }
    Q_EMIT selectionChanged();
}

void DashboardCanvas::rebuild()
{
    const models::Dashboard& dashboard = m_layout.dashboard();
    QHash<QString, TileFrame*> old = std::exchange(m_frames, {});
    for (const Tile& tile : dashboard.tiles) {
        TileFrame* frame = old.take(tile.id);
        if (!frame)
            frame = makeFrame(tile.id);
        m_frames.insert(tile.id, frame);
        const TileView* before = frame->view();
        frame->setTile(models::resolved(tile, dashboard));
        if (frame->view() != before)
            frame->view()->setActive(m_active);
    }
    // Not at once: the key that removed a tile was pressed in it.
    for (TileFrame* gone : std::as_const(old)) {
        gone->hide();
        gone->deleteLater();
    }
    nameFrames();
    arrange();
    if (!m_selected.isEmpty() && !m_frames.contains(m_selected))
        select({});
    else
        Q_EMIT selectionChanged(); // the selected one may have changed
}

TileFrame* DashboardCanvas::makeFrame(const QString& id)
{
    auto* frame = new TileFrame(id, m_context, this);
    frame->setEditing(m_editing);
    connect(frame, &TileFrame::selectRequested, this, [this, id] { select(id); });
    connect(frame, &TileFrame::openRequested, this, &DashboardCanvas::openRequested);
    connect(frame, &TileFrame::cellChosen, this, &DashboardCanvas::cellChosen);
    connect(frame, &TileFrame::menuRequested, this, &DashboardCanvas::menuRequested);
    connect(frame, &TileFrame::dragStarted, this,
            [this, frame](TileFrame::Grip grip) { startDrag(*frame, grip); });
    connect(frame, &TileFrame::dragged, this, [this, id](const QPoint& by) { drag(id, by); });
    connect(frame, &TileFrame::dragEnded, this, [this] {
        m_dragging = false;
        arrange();
    });
    connect(frame, &TileFrame::keyPressed, this,
            [this, id](QKeyEvent* event) { keyPress(id, *event); });
    frame->show();
    return frame;
}

// Titles may be the same; what assistive tools call a tile may not.
void DashboardCanvas::nameFrames()
{
    QHash<QString, int> seen;
    for (const Tile& tile : m_layout.dashboard().tiles) {
        const QString title = tile.title.isEmpty() ? models::nameOf(tile.kind) : tile.title;
        const int count = ++seen[title];
        m_frames.value(tile.id)->setSpokenTitle(
            count == 1 ? title : QStringLiteral("%1 (%2)").arg(title).arg(count));
    }
}

double DashboardCanvas::columnWidth() const
{
    return double(width() + kGap) / models::kGridColumns;
}

QRect DashboardCanvas::pixels(const QRect& place) const
{
    const int left = int(std::lround(place.x() * columnWidth()));
    const int right = int(std::lround((place.x() + place.width()) * columnWidth())) - kGap;
    return {left, place.y() * kRowHeight, right - left, place.height() * kRowHeight - kGap};
}

void DashboardCanvas::arrange()
{
    int rows = 0;
    QWidget* before = nullptr;
    QList<Tile> tiles = m_layout.dashboard().tiles;
    for (const Tile& tile : std::as_const(tiles)) {
        m_frames.value(tile.id)->setGeometry(pixels(tile.place));
        rows = std::max(rows, tile.place.y() + tile.place.height());
    }
    // Tab goes through the tiles as one reads them.
    std::stable_sort(tiles.begin(), tiles.end(), [](const Tile& a, const Tile& b) {
        return std::pair(a.place.y(), a.place.x()) < std::pair(b.place.y(), b.place.x());
    });
    for (const Tile& tile : std::as_const(tiles)) {
        QWidget* sheet = m_frames.value(tile.id)->sheet();
        if (before)
            setTabOrder(before, sheet);
        before = sheet;
    }
    // While a tile is dragged the canvas only grows: it would slip away under the mouse.
    const int height = (rows + (m_editing ? kEmptyRows : 0)) * kRowHeight;
    setMinimumHeight(m_dragging ? std::max(minimumHeight(), height) : height);
}

void DashboardCanvas::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

void DashboardCanvas::mousePressEvent(QMouseEvent*)
{
    select({});
}

// The grid shows while it matters.
void DashboardCanvas::paintEvent(QPaintEvent*)
{
    if (!m_editing)
        return;
    QPainter painter(this);
    QColor dot = Theme::current().color(Theme::StrongBorder);
    painter.setPen(QPen(dot, 2));
    for (int row = 0; row * kRowHeight <= height(); ++row) {
        for (int column = 0; column <= models::kGridColumns; ++column)
            painter.drawPoint(
                QPointF(column * columnWidth() - kGap / 2.0, row * kRowHeight - kGap / 2.0));
    }
}

void DashboardCanvas::startDrag(const TileFrame& frame, TileFrame::Grip grip)
{
    ++m_gesture;
    m_dragging = true;
    m_grip = grip;
    if (const Tile* tile = m_layout.find(frame.id()))
        m_dragFrom = tile->place;
}

void DashboardCanvas::drag(const QString& id, const QPoint& by)
{
    const int columns = int(std::lround(by.x() / columnWidth()));
    const int rows = int(std::lround(double(by.y()) / kRowHeight));
    QRect wanted = m_dragFrom;
    if (m_grip == TileFrame::Grip::Move) {
        wanted.translate(columns, rows);
    } else {
        wanted.setWidth(std::clamp(wanted.width() + columns, models::kLeastTile,
                                   models::kGridColumns - wanted.x()));
        wanted.setHeight(std::max(models::kLeastTile, wanted.height() + rows));
    }
    m_layout.place(id, wanted, m_gesture);
}

void DashboardCanvas::keyPress(const QString& id, QKeyEvent& event)
{
    const bool shift = event.modifiers() == Qt::ShiftModifier;
    const bool plain = (event.modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
    const auto step = [&](int columns, int rows) {
        event.accept();
        if (shift)
            m_layout.resize(id, columns, rows, m_gesture);
        else
            m_layout.nudge(id, columns, rows, m_gesture);
    };
    if (shift || plain) {
        switch (event.key()) {
        case Qt::Key_Left:
            return step(-1, 0);
        case Qt::Key_Right:
            return step(1, 0);
        case Qt::Key_Up:
            return step(0, -1);
        case Qt::Key_Down:
            return step(0, 1);
        default:
            break;
        }
    }
    ++m_gesture;
    if (plain && (event.key() == Qt::Key_Delete || event.key() == Qt::Key_Backspace)) {
        event.accept();
        m_layout.remove(id);
    } else if (event.key() == Qt::Key_D && event.modifiers() == Qt::ControlModifier) {
        event.accept();
        select(m_layout.duplicate(id));
    }
}

void DashboardCanvas::paintOn(QPainter& painter)
{
    for (TileFrame* frame : frames()) {
        frame->view()->refresh();
        frame->view()->paintOn(painter, frame->geometry());
    }
}

} // namespace gantry::ui
