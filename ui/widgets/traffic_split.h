#pragma once

#include <QString>
#include <QWidget>

#include <optional>

namespace gantry::widgets {

// How an alias shares its traffic between two versions: one bar, its border dragged by mouse or
// moved by the arrow keys (1 %, with Shift 10 %). A mark shows where the observed traffic stands.
class TrafficSplit final : public QWidget {
    Q_OBJECT
public:
    explicit TrafficSplit(const QString& objectName, const QString& accessibleName,
                          QWidget* parent = nullptr);

    // Without a second version the bar is whole and still.
    void setVersions(const QString& first, const QString& second);
    // Share of the second version in percent. Does not emit.
    void setSecondPercent(int percent);
    int secondPercent() const { return m_percent; }
    // Share of the second version that was seen lately, 0 to 1.
    void setObserved(std::optional<double> share);

    QSize sizeHint() const override;

Q_SIGNALS:
    void secondPercentChanged(int percent); // by the user

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    QRect bar() const;
    int border() const;
    void choose(int percent);
    void describe();

    QString m_first;
    QString m_second;
    int m_percent = 0;
    std::optional<double> m_observed;
};

} // namespace gantry::widgets
