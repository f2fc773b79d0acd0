#include "ui/shell/problem_view.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kWidth = 720;
constexpr int kLogHeight = 260;

} // namespace

ProblemView::ProblemView(QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("problemView"));
    auto* box = new QWidget(this);
    box->setFixedWidth(kWidth);
    m_title = widgets::makeTitle({}, box);
    m_title->setObjectName(QStringLiteral("problemTitle"));
    m_advice = widgets::makeCaption({}, box);
    m_advice->setObjectName(QStringLiteral("problemAdvice"));
    m_advice->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_log = new QPlainTextEdit(box);
    widgets::identify(m_log, QStringLiteral("problemLog"), tr("The platform's last lines"));
    m_log->setReadOnly(true);
    m_log->setFont(Theme::current().font(Theme::Mono));
    m_log->setFixedHeight(kLogHeight);

    auto* retry = widgets::makeButton(QStringLiteral("retryStart"), tr("Try again"),
                                      ButtonKind::Primary, QStringLiteral("refresh"), box);
    m_freePort = widgets::makeButton(QStringLiteral("useFreePort"), tr("Use a free port"),
                                     ButtonKind::Normal, {}, box);
    connect(retry, &QPushButton::clicked, this, &ProblemView::retryRequested);
    connect(m_freePort, &QPushButton::clicked, this, &ProblemView::freePortRequested);

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::kSpace);
    buttons->addWidget(retry);
    buttons->addWidget(m_freePort);
    buttons->addStretch();
    auto* column = new QVBoxLayout(box);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_title);
    column->addWidget(m_advice);
    column->addSpacing(Theme::kSpace);
    column->addLayout(buttons);
    column->addSpacing(Theme::kSpace);
    column->addWidget(m_log);

    auto* row = new QHBoxLayout;
    row->addStretch();
    row->addWidget(box);
    row->addStretch();
    auto* outer = new QVBoxLayout(this);
    outer->addStretch(2);
    outer->addLayout(row);
    outer->addStretch(3);
}

void ProblemView::showProblem(const BackendProcess::Problem& problem)
{
    m_title->setText(problem.title);
    m_advice->setText(problem.advice);
    m_log->setPlainText(problem.log.join(QLatin1Char('\n')));
    m_log->setVisible(!problem.log.isEmpty());
    m_log->moveCursor(QTextCursor::End);
    m_freePort->setVisible(problem.portInUse);
}

} // namespace gantry::ui
