#pragma once

#include <QAction>
#include <QList>
#include <QObject>
#include <QString>

#include <functional>

namespace gantry::ui {

// Every action of the shell, by id. Menus, buttons and the command palette show the same QAction,
// and two actions with the same shortcut are found by a test instead of by a user.
class ActionCollection final : public QObject {
    Q_OBJECT
public:
    explicit ActionCollection(QWidget* window);

    struct Spec {
        QString id;        // also the action's objectName
        QString text;
        QString iconName;  // may be empty
        QKeySequence shortcut;
    };
    // Adds an action that works in the whole window.
    QAction* add(const Spec& spec, std::function<void()> run);

    QAction* action(const QString& id) const;
    const QList<QAction*>& actions() const { return m_actions; }

    // "first and second both use Ctrl+X" for each pair among these and the collection's own.
    QStringList conflicts(const QList<QAction*>& more = {}) const;

private:
    QWidget* m_window;
    QList<QAction*> m_actions;
};

} // namespace gantry::ui
