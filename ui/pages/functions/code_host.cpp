#include "ui/pages/functions/code_host.h"

#include "ui/models/function_session.h"
#include "ui/pages/functions/code_tab.h"

#include <QStackedLayout>

namespace gantry::ui {

CodeHost::CodeHost(const Services& services, models::FunctionSession& session)
    : FunctionTab(services, session), m_stack(new QStackedLayout(this))
{
    connect(&session, &models::FunctionSession::opened, this, [this] {
        m_active = false;
        m_codeSha256.clear();
    });
    connect(&session, &models::FunctionSession::detailsChanged, this, [this] {
        if (m_active)
            showFunction();
    });
}

void CodeHost::activated()
{
    m_active = true;
    showFunction();
}

void CodeHost::showFunction()
{
    const QString name = m_session.name();
    const auto others = m_editors.keys();
    for (const QString& other : others) {
        if (other != name && !m_editors[other]->hasChanges())
            m_editors.take(other)->deleteLater();
    }
    const QString sha =
        m_session.details() ? m_session.details()->configuration.codeSha256 : QString();
    CodeTab*& editor = m_editors[name];
    if (!editor) {
        editor = new CodeTab(m_services, name);
        connect(editor, &CodeTab::messageRequested, this, &FunctionTab::messageRequested);
        m_stack->addWidget(editor);
    } else if (!m_codeSha256.isEmpty() && sha != m_codeSha256) {
        editor->refresh(); // deployed from elsewhere
    }
    m_codeSha256 = sha;
    m_stack->setCurrentWidget(editor);
    setFocusProxy(editor);
}

} // namespace gantry::ui
