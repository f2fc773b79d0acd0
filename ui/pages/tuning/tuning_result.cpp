#include "ui/pages/tuning/tuning_result.h"

#include "ui/models/format.h"
#include "ui/models/tuning_session.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QDoubleSpinBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPushButton>
#include <QSlider>
#include <QVBoxLayout>

#include <cmath>
#include <utility>

namespace gantry::ui {

using rpc::TuningEstimate;
using rpc::TuningRun;
using rpc::TuningState;
using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kBalanceSteps = 20;

QString percent(double share, int decimals = 0)
{
    return QLocale().toString(share * 100, 'f', decimals) + QStringLiteral(" %");
}

void showState(Badge& badge, const TuningRun& run, bool stopping)
{
    switch (run.state) {
    case TuningState::Running:
        return badge.set(stopping ? TuningResult::tr("stopping") : TuningResult::tr("measuring"),
                         Badge::Tone::Accent);
    case TuningState::Sure:
        return badge.set(TuningResult::tr("sure"), Badge::Tone::Success);
    case TuningState::Budget:
        return badge.set(TuningResult::tr("budget used up"), Badge::Tone::Info);
    case TuningState::Stopped:
        return badge.set(TuningResult::tr("stopped"), Badge::Tone::Neutral);
    case TuningState::Failed:
        return badge.set(TuningResult::tr("failed"), Badge::Tone::Error);
    case TuningState::Imported:
        return badge.set(TuningResult::tr("imported"), Badge::Tone::Neutral);
    }
}

QString interval(const rpc::TuningInterval& value, QString (*format)(double))
{
    if (value.low == value.high)
        return format(value.mean);
    return TuningResult::tr("%1 (95 %: %2 to %3)")
        .arg(format(value.mean), format(value.low), format(value.high));
}

QString savingText(const TuningRun& run)
{
    if (run.state == TuningState::Imported)
        return {};
    if (run.estimates[run.pick.index].memoryMb == run.startMemoryMb)
        return TuningResult::tr("The function has this size already.");
    if (run.saving.fromDays <= 0)
        return TuningResult::tr("No traffic was seen yet: a saving per month needs some.");
    const QString calls = TuningResult::tr("%1 calls a month, seen over %2")
                              .arg(models::formatCount(qRound64(run.saving.invocationsPerMonth)),
                                   models::formatMs(run.saving.fromDays * 86'400'000));
    const double usd = run.saving.usdPerMonth;
    // What it costs more is what it does not save.
    const auto [low, high] = usd >= 0 ? std::pair(run.saving.usdLow, run.saving.usdHigh)
                                      : std::pair(-run.saving.usdHigh, -run.saving.usdLow);
    return TuningResult::tr("Against %1: %2 %3 a month (95 %: %4 to %5), %6 a call %7. %8.")
        .arg(models::formatMemory(run.startMemoryMb),
             usd >= 0 ? TuningResult::tr("saves") : TuningResult::tr("costs"),
             models::formatUsd(std::abs(usd)), models::formatUsd(low), models::formatUsd(high),
             models::formatMs(std::abs(run.saving.msPerCall)),
             run.saving.msPerCall >= 0 ? TuningResult::tr("faster") : TuningResult::tr("slower"), calls);
}

} // namespace

TuningResult::TuningResult(models::TuningSession& session, QWidget* parent)
    : QWidget(parent), m_session(session)
{
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(makePick());
    widgets::cardLayout(card)->addWidget(makeApply());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(card);
}

QWidget* TuningResult::makePick()
{
    m_state = new Badge;
    m_state->setObjectName(QStringLiteral("tuningState"));
    m_headline = widgets::makeHeading({});
    m_headline->setObjectName(QStringLiteral("tuningPick"));
    m_sure = widgets::makeCaption({});
    m_sure->setObjectName(QStringLiteral("tuningSure"));
    m_saving = widgets::makeCaption({});
    m_saving->setObjectName(QStringLiteral("tuningSaving"));
    m_spent = widgets::makeCaption({});
    m_spent->setObjectName(QStringLiteral("tuningSpent"));
    m_spent->setWordWrap(false);
    m_balance = new QSlider(Qt::Horizontal);
    widgets::identify(m_balance, QStringLiteral("tuningBalance"), tr("Balance of speed and cost"),
                      tr("Moves the choice between the fastest and the cheapest; calls nothing"));
    m_balance->setRange(0, kBalanceSteps);
    m_balance->setValue(kBalanceSteps / 2);
    m_balance->setFixedWidth(180);
    connect(m_balance, &QSlider::valueChanged, this, [this](int value) {
        const int index = m_session.pickForBalance(double(value) / kBalanceSteps);
        if (index >= 0)
            m_session.choose(index);
    });

    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(m_headline);
    head->addWidget(m_state);
    head->addStretch();
    head->addWidget(m_spent);
    auto* balance = new QHBoxLayout;
    balance->setSpacing(Theme::kSpace);
    balance->addWidget(widgets::makeCaption(tr("Speed")));
    balance->addWidget(m_balance);
    balance->addWidget(widgets::makeCaption(tr("Cost")));
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_sure);
    words->addWidget(m_saving);
    auto* below = new QHBoxLayout;
    below->setSpacing(Theme::kPageMargin);
    below->addLayout(words, 1);
    below->addLayout(balance);
    auto* box = new QWidget;
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(head);
    column->addLayout(below);
    return box;
}

QWidget* TuningResult::makeApply()
{
    m_apply = widgets::makeButton(QStringLiteral("tuningApply"), tr("Apply"), ButtonKind::Primary,
                                  QStringLiteral("check"));
    m_apply->setAccessibleName(tr("Apply the chosen size"));
    m_apply->setToolTip(tr("Gives the function this memory and publishes a version"));
    m_undo = widgets::makeButton(QStringLiteral("tuningUndo"), tr("Undo"));
    m_undo->setAccessibleName(tr("Undo the applied size"));
    m_undo->setToolTip(tr("Gives back the memory, and to the alias its version, of before"));
    m_alias = new QLineEdit;
    widgets::identify(m_alias, QStringLiteral("tuningAlias"), tr("Alias to move"),
                      tr("Is pointed at the published version; left empty, no alias moves"));
    m_alias->setPlaceholderText(tr("alias to move (optional)"));
    m_alias->setFixedWidth(200);
    m_shift = new QDoubleSpinBox;
    widgets::identify(m_shift, QStringLiteral("tuningShift"), tr("Time of the alias' move"),
                      tr("The alias moves in steps of 10, 25, 50 and 100 % over this time"));
    m_shift->setRange(0, 24 * 60);
    m_shift->setDecimals(1);
    m_shift->setSpecialValueText(tr("at once"));
    m_shift->setPrefix(tr("over "));
    m_shift->setSuffix(tr(" min"));
    m_shift->setEnabled(false);
    m_applied = widgets::makeCaption({});
    m_applied->setObjectName(QStringLiteral("tuningApplied"));
    connect(m_alias, &QLineEdit::textChanged, this,
            [this](const QString& text) { m_shift->setEnabled(!text.trimmed().isEmpty()); });
    connect(m_apply, &QPushButton::clicked, this, [this] {
        m_apply->setEnabled(false);
        m_session.apply(m_alias->text().trimmed(), m_shift->isEnabled() ? m_shift->value() : 0);
    });
    connect(m_undo, &QPushButton::clicked, this, [this] {
        m_undo->setEnabled(false);
        m_session.undo();
    });
    connect(&m_session, &models::TuningSession::failed, this, [this] { showApplication(); });

    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_apply);
    row->addWidget(m_alias);
    row->addWidget(m_shift);
    row->addWidget(m_undo);
    row->addWidget(m_applied, 1);
    return box;
}

void TuningResult::showRun()
{
    setVisible(m_session.run().has_value());
    if (!m_session.run())
        return;
    showState(*m_state, *m_session.run(), m_session.isStopping());
    showPick();
    showSpent();
    showApplication();
}

void TuningResult::showPick()
{
    const TuningRun& run = *m_session.run();
    const int index = m_session.chosen();
    m_balance->setEnabled(!run.balanced.isEmpty());
    if (index < 0) {
        m_headline->setText(run.state == TuningState::Running ? tr("Measuring…") : tr("No answer"));
        m_sure->setText(run.message);
        m_saving->clear();
        return;
    }
    const TuningEstimate& one = run.estimates[index];
    m_headline->setText(tr("%1 · %2%3")
                            .arg(models::formatMemory(one.memoryMb), one.architecture,
                                 one.modelled ? tr(" (estimated)") : QString()));
    QString text = tr("A warm call takes %1 and costs %2.")
                       .arg(interval(one.durationMs, models::formatMs),
                            interval(one.costUsd, models::formatUsd));
    const bool own = index == run.pick.index && run.state != TuningState::Imported;
    if (own)
        text += tr(" It is %1 sure that no size is better by more than %2; 95 % sure that none is by "
                   "more than %3.")
                    .arg(models::surenessText(run.pick.sure), percent(run.options.epsilon),
                         percent(run.pick.regretAtMost, 1));
    if (!run.message.isEmpty() && run.state == TuningState::Failed)
        text = run.message + QLatin1Char(' ') + text;
    m_sure->setText(text);
    m_saving->setText(own ? savingText(run) : QString());
    m_saving->setVisible(!m_saving->text().isEmpty());
}

void TuningResult::showSpent()
{
    const TuningRun& run = *m_session.run();
    if (run.state == TuningState::Imported)
        return m_spent->clear();
    const QString environments =
        run.environments == 1 ? tr("1 environment")
                              : tr("%1 environments").arg(models::formatCount(run.environments));
    m_spent->setText(tr("%1 calls in %2, %3, %4 at AWS prices")
                         .arg(models::formatCount(run.calls), environments,
                              models::formatMs(double(run.elapsedMs)), models::formatUsd(run.spentUsd)));
    m_spent->setToolTip(tr("%1 GB-seconds; prices of %2, %3")
                            .arg(QLocale().toString(run.gbSeconds, 'f', 2), run.priceRegion,
                                 run.priceAsOf));
}

void TuningResult::showApplication()
{
    if (!m_session.run())
        return;
    const TuningRun& run = *m_session.run();
    const rpc::TuningApplication& applied = run.application;
    const int index = m_session.chosen();
    const bool measured = index >= 0 && !run.estimates[index].modelled;
    const bool active = applied.appliedAt.isValid() && !applied.undone;
    m_apply->setEnabled(measured && !run.functionName.isEmpty() && !m_session.isRunning());
    m_undo->setVisible(active);
    m_undo->setEnabled(active);
    if (!applied.appliedAt.isValid()) {
        m_applied->setText(run.codeChanged ? tr("The code has changed since: tune again.") : QString());
        return;
    }
    QString text;
    if (applied.undone)
        text = tr("Undone: %1 again.").arg(models::formatMemory(applied.previousMemoryMb));
    else if (applied.alias.isEmpty())
        text = tr("Applied: %1, version %2.").arg(models::formatMemory(applied.memoryMb), applied.version);
    else
        text = tr("Applied: %1, version %2; alias %3 sends %4 there.")
                   .arg(models::formatMemory(applied.memoryMb), applied.version, applied.alias,
                        percent(applied.aliasWeight));
    if (!applied.message.isEmpty())
        text += QLatin1Char(' ') + applied.message;
    if (run.codeChanged)
        text += tr(" The code has changed since: tune again.");
    m_applied->setText(text);
}

} // namespace gantry::ui
