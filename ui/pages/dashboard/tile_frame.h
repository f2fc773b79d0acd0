#pragma once

#include "ui/models/dashboard.h"
#include "ui/rpc/durations_api.h"

#include <QFrame>

namespace gantry::ui {

class TileView;
struct TileContext;

// One tile on the canvas: a card with what it shows and, while the dashboard is edited, a sheet
// above it that takes mouse and keys: dragging moves the tile, dragging its corner resizes it.
class TileFrame final : public QFrame {
    Q_OBJECT
public:
    enum class Grip { Move, Resize };

    TileFrame(const QString& id, const TileContext& context, QWidget* parent);

    const QString& id() const { return m_id; }
    // Makes another view when the tile is another one; its place alone does not count.
    void setTile(const models::Tile& tile);
    void setSpokenTitle(const QString& title);
    void setEditing(bool editing);
    void setSelected(bool selected);
    TileView* view() const { return m_view; }
    QWidget* sheet() const;

Q_SIGNALS:
    void selectRequested();
    void openRequested(const QString& route);
    void cellChosen(const gantry::rpc::CellQuery& invocations, qint64 count);
    // From the press to the mouse, in pixels.
    void dragStarted(gantry::ui::TileFrame::Grip grip);
    void dragged(const QPoint& by);
    void dragEnded();
    void keyPressed(QKeyEvent* event);
    void menuRequested(const QPoint& globalPosition);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    class Sheet;

    QString m_id;
    const TileContext& m_context;
    models::Tile m_tile;
    QString m_spokenTitle;
    TileView* m_view = nullptr;
    Sheet* m_sheet;
};

} // namespace gantry::ui
