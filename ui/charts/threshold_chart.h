#pragma once

#include <QString>
#include <QWidget>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace gantry::charts {

// One quantity over time against a threshold or a band, and when it was beyond for long enough. Times
// are Unix milliseconds; a period without a value is NaN.
struct ThresholdData {
    std::vector<double> times;
    std::vector<double> values;
    std::vector<double> lower, upper; // of a band; empty: none
    std::vector<std::pair<double, double>> alarms; // from, to
};

// Draws that. The threshold is a line that can be dragged, or moved with the arrow keys; with a band
// there is none. Does no work while hidden.
class ThresholdChart final : public QWidget {
    Q_OBJECT
public:
    ThresholdChart(const QString& id, const QString& title, QWidget* parent = nullptr);
    ~ThresholdChart() override;

    void setData(ThresholdData data);
    void setThreshold(std::optional<double> threshold);
    std::optional<double> threshold() const { return m_threshold; }
    void setEmptyText(const QString& text);
    // Where the line stands in this widget's pixels, in the middle of its length.
    QPoint thresholdAt() const;

Q_SIGNALS:
    void thresholdMoved(double threshold);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Impl;

    void draw();
    void applyTheme();
    void setRanges();
    void drawBand();
    void drawAlarms();
    void drawThreshold();
    bool isOnLine(const QPoint& at) const;
    double step() const;
    void moveTo(double threshold);

    std::unique_ptr<Impl> m_impl;
    ThresholdData m_data;
    std::optional<double> m_threshold;
    bool m_dragging = false;
};

} // namespace gantry::charts
