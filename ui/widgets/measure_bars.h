#pragma once

#include "ui/widgets/theme.h"

#include <QWidget>

#include <vector>

namespace gantry::widgets {

// A few measures below one another, each a label, a bar and the number: where the time of an
// invocation went, how much of its memory it used. Bars may begin where another ended.
class MeasureBars final : public QWidget {
    Q_OBJECT
public:
    struct Bar {
        QString label;
        QString number;  // as written at the right
        double from = 0; // 0 to 1 of the width
        double to = 0;
        Theme::Role role = Theme::Accent;
    };

    explicit MeasureBars(const QString& objectName, const QString& accessibleName,
                         QWidget* parent = nullptr);

    void setBars(std::vector<Bar> bars);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int lineHeight() const;

    std::vector<Bar> m_bars;
};

} // namespace gantry::widgets
