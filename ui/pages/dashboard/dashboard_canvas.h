#pragma once

#include "ui/models/dashboard_layout.h"
#include "ui/pages/dashboard/tile_frame.h"

#include <QHash>
#include <QWidget>

namespace gantry::ui {

// The tiles of a dashboard on their grid of 24 columns, and the hands that move them.
class DashboardCanvas final : public QWidget {
    Q_OBJECT
public:
    DashboardCanvas(models::DashboardLayout& layout, const TileContext& context, QWidget* parent);

    // Those that are on the screen show the numbers of now; the others not before they are.
    void refreshVisible();
    void setActive(bool active);
    void setEditing(bool editing);
    bool isEditing() const { return m_editing; }
    const QString& selected() const { return m_selected; }
    void select(const QString& id);
    TileFrame* frame(const QString& id) const { return m_frames.value(id); }
    // In the order of the layout.
    QList<TileFrame*> frames() const;
    // All tiles as lines and text, on a device of this size.
    void paintOn(QPainter& painter);

Q_SIGNALS:
    void selectionChanged();
    void openRequested(const QString& route);
    void cellChosen(const gantry::rpc::CellQuery& invocations, qint64 count);
    void menuRequested(const QPoint& globalPosition);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void rebuild();
    TileFrame* makeFrame(const QString& id);
    void arrange();
    void nameFrames();
    QRect pixels(const QRect& place) const;
    double columnWidth() const;
    void startDrag(const TileFrame& frame, TileFrame::Grip grip);
    void drag(const QString& id, const QPoint& by);
    void keyPress(const QString& id, QKeyEvent& event);

    models::DashboardLayout& m_layout;
    const TileContext& m_context;
    QHash<QString, TileFrame*> m_frames;
    QString m_selected;
    QRect m_dragFrom;
    TileFrame::Grip m_grip = TileFrame::Grip::Move;
    int m_gesture = 0; // a new number for each drag and each run of keys
    bool m_editing = false;
    bool m_active = false;
    bool m_dragging = false;
};

} // namespace gantry::ui
