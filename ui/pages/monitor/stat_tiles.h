#pragma once

#include <QFrame>
#include <QWidget>

#include <vector>

class QLabel;

namespace gantry::models {
class LiveMetrics;
class MetricsWindow;
} // namespace gantry::models

namespace gantry::ui {

// One number of a page's head: what it is, the number, and a line that puts it in proportion.
class StatTile final : public QFrame {
    Q_OBJECT
public:
    StatTile(const QString& id, const QString& title, QWidget* parent);

    void setNumber(const QString& number, const QString& caption);
    QString number() const;
    QString caption() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitNumber();

    QString m_title;
    QLabel* m_number;
    QLabel* m_caption;
};

// The numbers of a MetricsWindow in a row: now, and over its range.
class StatTiles final : public QWidget {
    Q_OBJECT
public:
    explicit StatTiles(QWidget* parent);

    void show(const models::MetricsWindow& window, const models::LiveMetrics& live);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    StatTile* add(const QString& id, const QString& title);
    void arrange();

    std::vector<StatTile*> m_tiles;
    StatTile* m_concurrency;
    StatTile* m_invocations;
    StatTile* m_errors;
    StatTile* m_p99;
    StatTile* m_coldStarts;
    StatTile* m_costPerHour;
    StatTile* m_cost;
    int m_columns = 0;
};

} // namespace gantry::ui
