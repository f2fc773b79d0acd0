#pragma once

#include "ui/models/alarms_model.h"
#include "ui/pages/dashboard/tile_view.h"

class QLabel;
class QTableView;

namespace gantry::ui {

class FunctionsTable;
class LogView;

// The functions with what each did in the range.
class TableTile final : public TileView {
    Q_OBJECT
public:
    TableTile(const models::Tile& tile, const TileContext& context, QWidget* parent);

    void setSpokenTitle(const QString& title) override;

private:
    void take();

    FunctionsTable* m_table;
    QLabel* m_empty;
};

// The live log of a function or of all.
class LogTile final : public TileView {
    Q_OBJECT
public:
    LogTile(const models::Tile& tile, const TileContext& context, QWidget* parent);

    void refresh() override;
    void setActive(bool active) override;
    void setSpokenTitle(const QString& title) override;

private:
    LogView* m_log;
};

// The alarms, of a function or all, those that need attention first.
class AlarmsTile final : public TileView {
    Q_OBJECT
public:
    AlarmsTile(const models::Tile& tile, const TileContext& context, QWidget* parent);

    void setSpokenTitle(const QString& title) override;

private:
    void take();

    models::AlarmsModel m_model;
    QTableView* m_table;
    QLabel* m_empty;
};

// What somebody wrote for whoever looks at the dashboard, in Markdown. Nothing is loaded for it.
class TextTile final : public TileView {
    Q_OBJECT
public:
    TextTile(const models::Tile& tile, const TileContext& context, QWidget* parent);
};

// A widget of another program's dashboard: it keeps its place and is saved as it came.
class UnknownTile final : public TileView {
    Q_OBJECT
public:
    UnknownTile(const models::Tile& tile, const TileContext& context, QWidget* parent);
};

} // namespace gantry::ui
