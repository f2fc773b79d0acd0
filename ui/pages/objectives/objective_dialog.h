#pragma once

#include "ui/rpc/objectives_api.h"

#include <QDialog>

class QComboBox;
class QDateEdit;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace gantry::ui {

// Makes or changes a service level objective of a function. Says saved() and closes when the platform took
// it.
class ObjectiveDialog final : public QDialog {
    Q_OBJECT
public:
    ObjectiveDialog(rpc::ObjectivesApi& api, const QString& function, QWidget* parent = nullptr);

    // Changes that one instead of making one.
    void edit(const rpc::ObjectiveSettings& settings);
    rpc::ObjectiveSettings settings() const;

Q_SIGNALS:
    void saved();

private:
    void makeWhat(QFormLayout& form);
    void makeGoal(QFormLayout& form);
    QLayout* makeButtons();
    template <class Field> Field* field(const char* id, const QString& name, const QString& tip);
    void chosen();
    void save();

    rpc::ObjectivesApi& m_api;
    const QString m_function;
    bool m_editing = false;
    QLineEdit* m_name = nullptr;
    QComboBox* m_measure = nullptr;
    QComboBox* m_basis = nullptr;
    QComboBox* m_statistic = nullptr;
    QComboBox* m_period = nullptr;
    QDoubleSpinBox* m_threshold = nullptr;
    QDoubleSpinBox* m_goal = nullptr;
    QSpinBox* m_warning = nullptr;
    QComboBox* m_kind = nullptr;
    QDateEdit* m_start = nullptr;
    QSpinBox* m_duration = nullptr;
    QComboBox* m_unit = nullptr;
    QLineEdit* m_windows = nullptr;
    QFormLayout* m_form = nullptr;
    QLabel* m_preview = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_save = nullptr;
};

} // namespace gantry::ui
