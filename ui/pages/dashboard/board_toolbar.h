#pragma once

#include <QList>
#include <QWidget>

class QAction;
class QComboBox;
class QHBoxLayout;
class QLabel;

namespace gantry::ui {

class DashboardBoard;
struct Services;

// The controls of an own dashboard: variables, time range, comparison, pause; editing.
class BoardToolbar final : public QWidget {
    Q_OBJECT
public:
    BoardToolbar(DashboardBoard& board, const Services& services, QWidget* parent);

    QList<QAction*> commands() const { return m_commands; }
    QAction* edit() const { return m_edit; }

private:
    QAction* addCommand(const QString& name, const QString& text, const QString& iconName);
    void addEditing(QHBoxLayout& row);
    void addVariables(QHBoxLayout& row);
    void addTime(QHBoxLayout& row);
    void takeLayout();
    void fillVersions();
    void chooseVariables();

    DashboardBoard& m_board;
    const Services& m_services;
    QList<QAction*> m_commands;
    QAction* m_edit = nullptr;
    QWidget* m_editing = nullptr; // what is there while editing
    QWidget* m_variables = nullptr;
    QComboBox* m_function = nullptr;
    QLabel* m_versionLabel = nullptr;
    QComboBox* m_version = nullptr;
    QComboBox* m_compare = nullptr;
    QStringList m_names;  // functions that are offered
    QString m_versionsOf; // the function whose versions are offered
};

} // namespace gantry::ui
