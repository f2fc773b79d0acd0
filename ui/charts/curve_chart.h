#pragma once

#include <QColor>
#include <QPointF>
#include <QString>
#include <QWidget>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace gantry::charts {

struct Curve {
    QString id;
    QString name;
    QColor color;
    std::vector<QPointF> points; // ascending in x
    bool dashed = false;         // not measured: an estimate
};

// The area between two curves over the same x.
struct CurveBand {
    QColor color;
    std::vector<QPointF> lower;
    std::vector<QPointF> upper;
};

struct CurveMark {
    QPointF at;
    QString text;
    QColor color;
};

struct CurveData {
    std::vector<Curve> curves;
    std::vector<CurveBand> bands;
    std::vector<CurveMark> marks;
    bool logarithmicX = false;
    bool logarithmicY = false;
    QString xTitle;
    std::function<QString(double)> writeX; // how values are written
    std::function<QString(double)> writeY;
};

// Curves over a number that is not time, with a legend that reads the values under a line which the
// user drags along (or moves by the arrow keys).
class CurveChart final : public QWidget {
    Q_OBJECT
public:
    CurveChart(const QString& objectName, const QString& accessibleName, QWidget* parent = nullptr);
    ~CurveChart() override;

    void setData(CurveData data);
    const CurveData& data() const { return m_data; }
    // Does not emit. Without a cursor the legend shows names only.
    void setCursorAt(std::optional<double> x);
    std::optional<double> cursorAt() const { return m_cursor; }
    // What the legend says: "name value", one a curve.
    QStringList readout() const;
    double pixelOf(double x) const; // within this widget
    QImage toImage(double scale);
    QSize sizeHint() const override { return {480, 280}; }

Q_SIGNALS:
    void cursorMoved(double x); // by the user

protected:
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Impl;

    void draw();
    void applyTheme();
    void moveCursor(double x);
    void placePlot();

    std::unique_ptr<Impl> m_impl;
    CurveData m_data;
    std::optional<double> m_cursor;
};

// The curve's value at x, on the straight line between its points; nothing outside of them.
std::optional<double> valueAt(const Curve& curve, double x);

} // namespace gantry::charts
