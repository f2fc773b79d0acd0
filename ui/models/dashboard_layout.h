#pragma once

#include "ui/models/dashboard.h"

#include <QObject>
#include <QUndoStack>

namespace gantry::models {

// Where tiles stand when one of them is put somewhere: it pushes the others aside, and all of them move up
// as far as there is room. Tiles keep their order; none covers another.
QList<Tile> settled(QList<Tile> tiles, const QString& moved, const QRect& place);

// A dashboard that is being edited: every change can be undone. Each change of the same tile by the same
// gesture (a drag, a row of key presses) is one step.
class DashboardLayout final : public QObject {
    Q_OBJECT
public:
    explicit DashboardLayout(QObject* parent = nullptr);

    const Dashboard& dashboard() const { return m_dashboard; }
    const Tile* find(const QString& id) const;
    // Replaces all, and forgets what could be undone.
    void load(Dashboard dashboard);

    // The new tile's id; empty when the dashboard is full. It is put where there is room, as high as
    // possible.
    QString add(Tile tile);
    QString duplicate(const QString& id);
    void remove(const QString& id);
    void place(const QString& id, const QRect& place, int gesture = 0);
    // By one step of a key: moved on until something changes, as a step into a neighbour does nothing.
    void nudge(const QString& id, int columns, int rows, int gesture);
    void resize(const QString& id, int columns, int rows, int gesture);
    // What is typed is one step.
    void change(const Tile& tile);
    // What is no tile: range, comparison, values of the variables. No step to undo.
    void setView(const QString& range, const QString& compare);
    void setVariables(const QString& function, const QString& version);

    QUndoStack& undoStack() { return m_undo; }

Q_SIGNALS:
    void changed();
    void edited(); // by whoever looks at it: there is something to save

private:
    class Step;

    void apply(QList<Tile> tiles, const QString& text, const QString& id = {}, int gesture = 0);
    void show(const QList<Tile>& tiles);
    QString freeId() const;
    QString freeTitle(const QString& title) const;

    Dashboard m_dashboard;
    QUndoStack m_undo;
};

} // namespace gantry::models
