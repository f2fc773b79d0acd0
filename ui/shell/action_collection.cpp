#include "ui/shell/action_collection.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHash>
#include <QWidget>

namespace gantry::ui {

ActionCollection::ActionCollection(QWidget* window) : QObject(window), m_window(window) {}

QAction* ActionCollection::add(const Spec& spec, std::function<void()> run)
{
    auto* action = new QAction(spec.text, this);
    action->setObjectName(spec.id);
    action->setShortcut(spec.shortcut);
    if (!spec.iconName.isEmpty())
        action->setIcon(widgets::Theme::current().icon(spec.iconName));
    action->setToolTip(widgets::toolTipFor(*action));
    connect(action, &QAction::triggered, this, [run = std::move(run)] { run(); });
    m_window->addAction(action);
    m_actions.append(action);
    return action;
}

QAction* ActionCollection::action(const QString& id) const
{
    for (QAction* action : m_actions) {
        if (action->objectName() == id)
            return action;
    }
    return nullptr;
}

QStringList ActionCollection::conflicts(const QList<QAction*>& more) const
{
    QStringList found;
    QHash<QKeySequence, QString> users;
    for (const QAction* action : m_actions + more) {
        for (const QKeySequence& shortcut : action->shortcuts()) {
            const auto user = users.constFind(shortcut);
            if (user != users.constEnd()) {
                found.append(QStringLiteral("%1 and %2 both use %3")
                                 .arg(*user, action->objectName(), shortcut.toString()));
            }
            users.insert(shortcut, action->objectName());
        }
    }
    return found;
}

} // namespace gantry::ui
