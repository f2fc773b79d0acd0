#pragma once

#include <QColor>
#include <QList>
#include <QRectF>
#include <QString>
#include <QWidget>

#include <vector>

namespace gantry::charts {

// What a sum is made of, as rectangles whose areas are in proportion (squarified: Bruls, Huizing,
// van Wijk 2000). Arrow keys move between them; a click or Enter picks one.
class Treemap final : public QWidget {
    Q_OBJECT
public:
    struct Item {
        QString id;
        QString name;
        QString text; // the value as written
        double value = 0;
        QColor color;
    };

    Treemap(const QString& objectName, const QString& accessibleName, QWidget* parent = nullptr);

    // Items without a value are left out.
    void setItems(QList<Item> items);
    void setEmptyText(const QString& text) { m_emptyText = text; }
    // Where an item is drawn; null when it is not.
    QRectF rectOf(const QString& id) const;
    QImage toImage(double scale);
    QSize sizeHint() const override { return {360, 220}; }

Q_SIGNALS:
    void picked(const QString& id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    void arrange();
    int itemAt(const QPointF& place) const;

    QList<Item> m_items; // the largest first
    std::vector<QRectF> m_rects;
    QString m_emptyText;
    int m_current = 0;
};

// Rectangles for values in descending order that fill `area`, as near to squares as can be.
std::vector<QRectF> squarified(const std::vector<double>& values, const QRectF& area);

} // namespace gantry::charts
