#pragma once

#include "ui/widgets/theme.h"

#include <QWidget>

namespace gantry::widgets {

// One of our icons, standing for itself. Drawn when it is painted, so it follows the theme.
class IconLabel final : public QWidget {
    Q_OBJECT
public:
    explicit IconLabel(int size, QWidget* parent = nullptr);
    IconLabel(const QString& iconName, int size, Theme::Role role, QWidget* parent = nullptr);

    void set(const QString& iconName, Theme::Role role);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_iconName;
    Theme::Role m_role = Theme::MutedText;
};

} // namespace gantry::widgets
