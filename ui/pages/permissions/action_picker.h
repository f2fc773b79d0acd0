#pragma once

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace gantry::ui {

// Chooses actions from the catalogue: by service, access level, and any word of their description.
class ActionPicker final : public QDialog {
    Q_OBJECT
public:
    explicit ActionPicker(QWidget* parent);

Q_SIGNALS:
    void picked(const QStringList& actions);

private:
    void fill();
    void filter();
    QStringList checked() const;
    void count();

    QLineEdit* m_search;
    QComboBox* m_access;
    QTreeWidget* m_tree;
    QLabel* m_keys;
    QPushButton* m_ok;
};

} // namespace gantry::ui
