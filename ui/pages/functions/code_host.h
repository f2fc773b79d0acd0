#pragma once

#include "ui/pages/functions/function_tab.h"

#include <QHash>

class QStackedLayout;

namespace gantry::ui {

class CodeTab;

// The tab Code. Undeployed changes of a function stay in their editor while another function is
// looked at.
class CodeHost final : public FunctionTab {
    Q_OBJECT
public:
    CodeHost(const Services& services, models::FunctionSession& session);

    void activated() override;

private:
    void showFunction();

    QStackedLayout* m_stack;
    QHash<QString, CodeTab*> m_editors;
    QString m_codeSha256; // of the code in the editor that is shown
    bool m_active = false;
};

} // namespace gantry::ui
