#include "ui/shell/command_source.h"

#include "ui/models/functions_model.h"
#include "ui/shell/page_stack.h"

namespace gantry::ui {

int PageSource::size() const { return int(m_pages.entries().size()); }

QString PageSource::text(int index) const { return m_pages.entries()[size_t(index)].title; }

QString PageSource::detail(int index) const
{
    return QKeySequence(m_pages.entries()[size_t(index)].shortcut).toString(QKeySequence::NativeText);
}

QString PageSource::iconName(int index) const { return m_pages.entries()[size_t(index)].iconName; }

void PageSource::run(int index) { m_pages.open(m_pages.entries()[size_t(index)].id); }

void ActionSource::prepare()
{
    m_actions.clear();
    const QList<QAction*> offered = m_collect();
    for (QAction* action : offered) {
        if (action->isEnabled() && action->isVisible() && !action->isSeparator())
            m_actions.append(action);
    }
}

QString ActionSource::text(int index) const
{
    const QAction* action = m_actions[index];
    return action ? action->text().remove(QLatin1Char('&')) : QString();
}

QString ActionSource::detail(int index) const
{
    const QAction* action = m_actions[index];
    return action ? action->shortcut().toString(QKeySequence::NativeText) : QString();
}

void ActionSource::run(int index)
{
    if (QAction* action = m_actions[index])
        action->trigger();
}

void FunctionSource::prepare() { m_names = m_functions.names(); }

QString FunctionSource::detail(int index) const
{
    const rpc::FunctionOverview* function = m_functions.find(m_names[index]);
    return function ? function->runtime : QString();
}

void FunctionSource::run(int index)
{
    m_pages.open(QStringLiteral("functions/") + m_names[index]);
}

} // namespace gantry::ui
