#include "ui/pages/functions/concurrency_section.h"

#include "ui/pages/concurrency/concurrency_editor.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QVBoxLayout>

namespace gantry::ui {

using models::ConcurrencyBoard;
using widgets::Theme;

ConcurrencySection::ConcurrencySection(rpc::Channel& channel, rpc::FunctionsApi& functions,
                                       QWidget* parent)
    : QFrame(parent), m_board(channel, this)
{
    setProperty("card", true);
    m_editor = new ConcurrencyEditor(m_board, functions, this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Concurrency"), this));
    column->addWidget(m_editor);
    connect(&m_board, &ConcurrencyBoard::done, this,
            [this](const QString& what) { Q_EMIT messageRequested(what, false); });
    connect(&m_board, &ConcurrencyBoard::failed, this,
            [this](const QString& why) { Q_EMIT messageRequested(why, true); });
}

void ConcurrencySection::setFunction(const QString& name)
{
    m_name = name;
    if (isVisible())
        m_editor->setFunction(name);
}

void ConcurrencySection::showEvent(QShowEvent*)
{
    m_editor->setFunction(m_name);
    m_board.start();
}

void ConcurrencySection::hideEvent(QHideEvent*)
{
    m_board.stop();
}

} // namespace gantry::ui
