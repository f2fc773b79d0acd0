#include "ui/pages/deploy/deploy_progress.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QPlainTextEdit>

namespace gantry::ui {
namespace {

constexpr int kIcon = 16;

QString describe(const rpc::InitCheck& check)
{
    QString place = check.errorFile;
    if (!place.isEmpty() && check.errorLine > 0)
        place += DeployProgress::tr(", line %1").arg(check.errorLine);
    QString text = check.errorType.isEmpty() ? check.errorMessage
                                             : check.errorType + QStringLiteral(": ") + check.errorMessage;
    return place.isEmpty() ? text : place + QStringLiteral("\n") + text;
}

} // namespace

DeployProgress::DeployProgress(QWidget* parent)
    : QWidget(parent), m_result(new QLabel(this)), m_details(new QPlainTextEdit(this))
{
    const QString texts[kPhases] = {tr("Build the program"), tr("Pack the files"), tr("Upload the package"),
                                    tr("Make the function active"), tr("Start it once")};
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(widgets::Theme::kSpace);
    grid->setVerticalSpacing(widgets::Theme::kSpace);
    grid->setColumnStretch(1, 1);
    for (int i = 0; i < kPhases; ++i) {
        m_rows[i] = {new QLabel(this), new QLabel(texts[i], this), widgets::makeCaption({}, this)};
        m_rows[i].icon->setFixedSize(kIcon, kIcon);
        m_rows[i].time->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        grid->addWidget(m_rows[i].icon, i, 0);
        grid->addWidget(m_rows[i].text, i, 1);
        grid->addWidget(m_rows[i].time, i, 2);
    }
    m_result->setObjectName(QStringLiteral("deployResult"));
    m_result->setWordWrap(true);
    m_result->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_result->setContentsMargins(0, widgets::Theme::kMargin, 0, widgets::Theme::kSpace);
    grid->addWidget(m_result, kPhases, 0, 1, 3);
    widgets::identify(m_details, QStringLiteral("deployDetails"), tr("What the function wrote"));
    m_details->setReadOnly(true);
    m_details->setFont(widgets::Theme::current().font(widgets::Theme::Mono));
    grid->addWidget(m_details, kPhases + 1, 0, 1, 3);
    grid->setRowStretch(kPhases + 1, 1);
    reset();
}

void DeployProgress::reset()
{
    m_current = -1;
    m_result->clear();
    m_details->hide();
    for (int i = 0; i < kPhases; ++i) {
        m_rows[i].icon->clear();
        m_rows[i].time->clear();
        m_rows[i].text->setEnabled(false);
    }
    showBuild(false);
}

// Only source of a compiled language is built.
void DeployProgress::showBuild(bool shown)
{
    const Row& row = m_rows[static_cast<int>(models::DeployJob::Phase::Building)];
    for (QWidget* widget : {row.icon, row.text, row.time})
        widget->setVisible(shown);
}

void DeployProgress::mark(int row, const QString& icon, int role)
{
    m_rows[row].icon->setPixmap(widgets::Theme::current().pixmap(
        icon, kIcon, static_cast<widgets::Theme::Role>(role), devicePixelRatioF()));
}

void DeployProgress::closePhase(bool failed)
{
    if (m_current < 0)
        return;
    mark(m_current, failed ? QStringLiteral("error") : QStringLiteral("check"),
         failed ? widgets::Theme::Error : widgets::Theme::Success);
    m_rows[m_current].time->setText(models::formatMs(static_cast<double>(m_clock.elapsed())));
}

void DeployProgress::enter(models::DeployJob::Phase phase)
{
    const int row = static_cast<int>(phase);
    if (row == m_current)
        return;
    if (row > m_current)
        closePhase(false);
    m_current = row;
    m_clock.start();
    if (phase == models::DeployJob::Phase::Building)
        showBuild(true);
    m_rows[row].text->setEnabled(true);
    mark(row, QStringLiteral("play"), widgets::Theme::Accent);
}

void DeployProgress::setPacked(int files, int ofFiles)
{
    constexpr int packing = static_cast<int>(models::DeployJob::Phase::Packing);
    if (m_current == packing)
        m_rows[packing].time->setText(tr("%1 of %2 files").arg(files).arg(ofFiles));
}

void DeployProgress::finish(const models::DeployJob::Outcome& outcome)
{
    const bool started = outcome.deployed && outcome.check.ok;
    closePhase(!started);
    widgets::setStyleProperty(m_result, "tone", started ? QStringLiteral("success") : QStringLiteral("error"));
    if (!outcome.deployed)
        showNotDeployed(outcome);
    else if (!outcome.check.ok)
        showFailure(outcome.check);
    else
        m_result->setText(tr("%1 is live: %2 deployed in %3, init took %4.%5")
                              .arg(outcome.configuration.name, models::formatBytes(outcome.packageBytes),
                                   models::formatMs(static_cast<double>(outcome.elapsedMs)),
                                   models::formatMs(outcome.check.initMs),
                                   outcome.unchanged ? tr(" The code is the same as before.") : QString()));
}

void DeployProgress::showNotDeployed(const models::DeployJob::Outcome& outcome)
{
    m_result->setText(outcome.error);
    m_details->setPlainText(outcome.compilerOutput);
    m_details->setVisible(!outcome.compilerOutput.isEmpty());
}

void DeployProgress::showFailure(const rpc::InitCheck& check)
{
    m_result->setText(tr("The function is deployed, but it does not start.\n%1").arg(describe(check)));
    const QStringList lines = check.stackTrace + check.log;
    m_details->setPlainText(lines.join(u'\n'));
    m_details->setVisible(!lines.isEmpty());
}

} // namespace gantry::ui
