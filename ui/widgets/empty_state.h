#pragma once

#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;
class QPushButton;

namespace gantry::widgets {

class IconLabel;

// What a page shows when it has nothing to show yet: an icon, a title, a sentence, and the first
// things to do. With a drop hint it draws a dashed frame that invites a folder.
class EmptyState final : public QWidget {
    Q_OBJECT
public:
    explicit EmptyState(QWidget* parent = nullptr);

    void setIcon(const QString& iconName);
    void setTitle(const QString& title);
    void setText(const QString& text);
    // e.g. "Drop a folder or a zip here"; empty: no frame.
    void setDropHint(const QString& hint);
    // Adds a button; the first one is the primary action.
    QPushButton* addAction(const QString& objectName, const QString& text,
                           const QString& iconName = {});
    // Lets a page put more below the buttons (blueprints, for example).
    void setFooter(QWidget* footer);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QWidget* m_box = nullptr;
    IconLabel* m_icon = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QLabel* m_hint = nullptr;
    QHBoxLayout* m_buttons = nullptr;
};

} // namespace gantry::widgets
