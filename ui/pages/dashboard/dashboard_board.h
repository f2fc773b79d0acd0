#pragma once

#include "ui/charts/chart_group.h"
#include "ui/models/alarm_watch.h"
#include "ui/models/dashboard_data.h"
#include "ui/models/dashboard_layout.h"
#include "ui/pages/dashboard/tile_view.h"

#include <QWidget>

class QLabel;
class QScrollArea;
class QStackedWidget;

namespace gantry::ui {

class DashboardCanvas;
class MarksFeed;
class TileEditor;

// One own dashboard: its tiles on one time axis, all fed by one subscription, and an editor beside
// them.
class DashboardBoard final : public QWidget {
    Q_OBJECT
public:
    DashboardBoard(const Services& services, QWidget* parent);
    ~DashboardBoard() override;

    models::DashboardLayout& layoutModel() { return m_layout; }
    models::DashboardData& data() { return m_data; }
    charts::ChartGroup& group() { return m_group; }
    DashboardCanvas& canvas() { return *m_canvas; }

    void setActive(bool active);
    void setEditing(bool editing);
    bool isEditing() const;
    void addTile(models::TileKind kind);
    // On the whole screen, without the rest of the console; Escape ends it.
    void setFullScreen(bool full);
    bool isFullScreen() const { return m_screen != nullptr; }

    // By the suffix: png, svg, pdf or csv. False with the reason.
    bool exportTo(const QString& path, QString* problem);

Q_SIGNALS:
    void openRequested(const QString& route);
    void cellChosen(const gantry::rpc::CellQuery& invocations, qint64 count);
    void fullScreenChanged(bool full);
    void editRequested();

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeEmpty();
    void takeLayout();
    void want();
    void refresh();
    void editSelected();
    void showMenu(const QPoint& globalPosition);
    QByteArray toPng();
    QByteArray toSvg();
    QByteArray toPdf();
    QByteArray toCsv();

    const Services& m_services;
    models::DashboardLayout m_layout;
    models::DashboardData m_data;
    charts::ChartGroup m_group;
    models::AlarmWatch m_alarms;
    MarksFeed* m_marks;
    std::vector<FunctionColor> m_functions;
    TileContext m_context;
    QLabel* m_notice;
    QStackedWidget* m_faces;
    QScrollArea* m_scroll;
    DashboardCanvas* m_canvas;
    TileEditor* m_editor;
    QWidget* m_screen = nullptr; // while it fills the screen
};

} // namespace gantry::ui
