#pragma once

#include <QFrame>
#include <QHash>
#include <QList>

class QAction;
class QToolButton;
class QVBoxLayout;

namespace gantry::widgets {
class Badge;
}

namespace gantry::ui {

// The column at the left: one button a page, icons with words or, folded, icons alone.
class Navigation final : public QFrame {
    Q_OBJECT
public:
    explicit Navigation(QWidget* parent = nullptr);

    // The action opens the page; it is checked while the page is shown.
    void addPage(QAction* action);
    // Sits at the bottom of the column.
    void addFooter(QAction* action);
    // A number beside the words, that asks to be looked at; 0 takes it away.
    void setCount(QAction* action, int count);

    void setFolded(bool folded);
    bool isFolded() const { return m_folded; }

private:
    QToolButton* makeEntry(QAction* action);

    QList<QToolButton*> m_buttons;
    QHash<QAction*, widgets::Badge*> m_counts;
    QVBoxLayout* m_column = nullptr;
    QWidget* m_wordmark = nullptr;
    bool m_folded = false;
};

} // namespace gantry::ui
