#include "ui/pages/dashboard/tile_frame.h"

#include "ui/pages/dashboard/tile_view.h"
#include "ui/widgets/theme.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>

#include <utility>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kCorner = 22; // the grip for resizing
constexpr int kTitleHeight = 36;

} // namespace

class TileFrame::Sheet final : public QWidget {
public:
    explicit Sheet(TileFrame& frame) : QWidget(&frame), m_frame(frame)
    {
        setObjectName(QStringLiteral("sheet_%1").arg(frame.m_id));
        setFocusPolicy(Qt::StrongFocus);
        setMouseTracking(true);
        hide();
    }
    void setSelected(bool selected)
    {
        m_selected = selected;
        update();
    }

protected:
    void mousePressEvent(QMouseEvent* event) override
    {
        if (event->button() != Qt::LeftButton)
            return;
        setFocus(Qt::MouseFocusReason);
        m_pressed = event->globalPosition().toPoint();
        m_dragging = true;
        Q_EMIT m_frame.selectRequested();
        Q_EMIT m_frame.dragStarted(gripAt(event->pos()));
    }
    void mouseMoveEvent(QMouseEvent* event) override
    {
        if (m_dragging)
            Q_EMIT m_frame.dragged(event->globalPosition().toPoint() - m_pressed);
        else
            setCursor(gripAt(event->pos()) == Grip::Resize ? Qt::SizeFDiagCursor
                                                           : Qt::SizeAllCursor);
    }
    void mouseReleaseEvent(QMouseEvent*) override
    {
        if (std::exchange(m_dragging, false))
            Q_EMIT m_frame.dragEnded();
    }
    void keyPressEvent(QKeyEvent* event) override
    {
        event->ignore();
        Q_EMIT m_frame.keyPressed(event);
        if (!event->isAccepted())
            QWidget::keyPressEvent(event);
    }
    void focusInEvent(QFocusEvent* event) override
    {
        QWidget::focusInEvent(event);
        Q_EMIT m_frame.selectRequested();
    }
    void contextMenuEvent(QContextMenuEvent* event) override
    {
        Q_EMIT m_frame.selectRequested();
        Q_EMIT m_frame.menuRequested(event->globalPos());
    }
    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = Theme::current();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        // The bar that a hand looks for: the tile's title, tinted.
        QColor bar = theme.color(Theme::Accent);
        bar.setAlphaF(m_selected ? 0.16F : 0.07F);
        QPainterPath outline;
        outline.addRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), Theme::kRadius,
                               Theme::kRadius);
        painter.setClipPath(outline);
        painter.fillRect(QRect(0, 0, width(), kTitleHeight), bar);
        painter.setPen(QPen(theme.color(m_selected ? Theme::Accent : Theme::StrongBorder),
                            m_selected ? 2 : 1, m_selected ? Qt::SolidLine : Qt::DashLine));
        painter.drawPath(outline);
        painter.setPen(QPen(theme.color(m_selected ? Theme::Accent : Theme::MutedText), 1.5));
        for (const int length : {4, 9, 14})
            painter.drawLine(QPointF(width() - 5 - length, height() - 5),
                             QPointF(width() - 5, height() - 5 - length));
    }

private:
    Grip gripAt(const QPoint& at) const
    {
        return at.x() >= width() - kCorner && at.y() >= height() - kCorner ? Grip::Resize
                                                                           : Grip::Move;
    }

    TileFrame& m_frame;
    QPoint m_pressed;
    bool m_dragging = false;
    bool m_selected = false;
};

TileFrame::TileFrame(const QString& id, const TileContext& context, QWidget* parent)
    : QFrame(parent), m_id(id), m_context(context), m_sheet(nullptr)
{
    setObjectName(QStringLiteral("tile_%1").arg(id));
    setProperty("card", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 1, 1, 1);
    m_sheet = new Sheet(*this);
}

QWidget* TileFrame::sheet() const
{
    return m_sheet;
}

void TileFrame::setTile(const models::Tile& tile)
{
    models::Tile same = tile;
    same.place = m_tile.place;
    const bool kept = m_view && same == m_tile;
    m_tile = tile;
    if (kept)
        return;
    delete m_view;
    m_view = makeTileView(tile, m_context, this);
    layout()->addWidget(m_view);
    connect(m_view, &TileView::openRequested, this, &TileFrame::openRequested);
    connect(m_view, &TileView::cellChosen, this, &TileFrame::cellChosen);
    m_view->setSpokenTitle(m_spokenTitle.isEmpty() ? tile.title : m_spokenTitle);
    m_view->show();
    m_sheet->raise();
}

void TileFrame::setSpokenTitle(const QString& title)
{
    m_sheet->setAccessibleName(tr("Tile %1").arg(title));
    m_sheet->setToolTip(tr("%1: drag to move, its corner to resize; arrows move, Shift and arrows "
                           "resize, Ctrl+D duplicates, Delete removes")
                            .arg(title));
    if (m_spokenTitle == title)
        return;
    m_spokenTitle = title;
    if (m_view)
        m_view->setSpokenTitle(title);
}

void TileFrame::setEditing(bool editing)
{
    m_sheet->setVisible(editing);
    m_sheet->raise();
}

void TileFrame::setSelected(bool selected)
{
    m_sheet->setSelected(selected);
}

void TileFrame::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    m_sheet->setGeometry(rect());
}

} // namespace gantry::ui
