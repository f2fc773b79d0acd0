#pragma once

#include <QWidget>

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSlider;

namespace gantry::models {
class TuningSession;
}
namespace gantry::widgets {
class Badge;
}

namespace gantry::ui {

// What came out, in words: the chosen size, how sure that is, what it saves, what the experiment
// has cost; the balance between speed and cost; and putting the size into effect.
class TuningResult final : public QWidget {
    Q_OBJECT
public:
    explicit TuningResult(models::TuningSession& session, QWidget* parent = nullptr);

    void showRun();

private:
    QWidget* makePick();
    QWidget* makeApply();
    void showPick();
    void showApplication();
    void showSpent();

    models::TuningSession& m_session;
    widgets::Badge* m_state;
    QLabel* m_headline;
    QLabel* m_sure;
    QLabel* m_saving;
    QLabel* m_spent;
    QLabel* m_applied;
    QSlider* m_balance;
    QLineEdit* m_alias;
    QDoubleSpinBox* m_shift;
    QPushButton* m_apply;
    QPushButton* m_undo;
};

} // namespace gantry::ui
