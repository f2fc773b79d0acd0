#pragma once

#include <QDialog>
#include <QStringList>

class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::ui {

// Asks for the name of a dashboard: one that CloudWatch takes and that no other has.
class NameDialog final : public QDialog {
    Q_OBJECT
public:
    NameDialog(const QString& title, const QString& suggestion, const QStringList& taken,
               QWidget* parent);

Q_SIGNALS:
    void chosen(const QString& name);

private:
    void check();

    QStringList m_taken;
    QLineEdit* m_name;
    QLabel* m_problem;
    QPushButton* m_ok = nullptr;
};

} // namespace gantry::ui
