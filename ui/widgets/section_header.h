#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace gantry::widgets {

// The head of a page or of a section: a title, a muted line below it, and controls at the right.
class SectionHeader final : public QWidget {
    Q_OBJECT
public:
    enum class Level { Page, Section };

    explicit SectionHeader(const QString& title, Level level = Level::Section,
                           QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setSubtitle(const QString& subtitle);
    // Right of the title, e.g. a Badge.
    void addBeside(QWidget* widget);
    // At the right edge.
    void addControl(QWidget* widget);

private:
    QLabel* m_title = nullptr;
    QLabel* m_subtitle = nullptr;
    QHBoxLayout* m_titleRow = nullptr;
    QHBoxLayout* m_controls = nullptr;
};

} // namespace gantry::widgets
