#pragma once

#include <QPointer>
#include <QWidget>

#include <memory>

class QFrame;
class QLabel;
class QLineEdit;
class QListView;

namespace gantry::ui {

class CommandModel;
class CommandSource;

// Ctrl+K: a field over the dimmed window; type a few letters of a page, a function or an action,
// arrows choose, Enter opens, Escape goes back to where the focus was.
class CommandPalette final : public QWidget {
    Q_OBJECT
public:
    explicit CommandPalette(QWidget* window);

    void addSource(std::unique_ptr<CommandSource> source);
    void open();
    void dismiss();
    CommandModel& model() { return *m_model; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    bool keyPressed(int key);
    void search(const QString& typed);
    void choose(int step);
    void runCurrent();
    void place();

    CommandModel* m_model = nullptr;
    QFrame* m_frame = nullptr;
    QLineEdit* m_input = nullptr;
    QListView* m_list = nullptr;
    QLabel* m_nothing = nullptr;
    QPointer<QWidget> m_focusBefore;
};

} // namespace gantry::ui
