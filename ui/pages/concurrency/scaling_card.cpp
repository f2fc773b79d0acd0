#include "ui/pages/concurrency/scaling_card.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kMostRate = 100'000;
constexpr int kFieldWidth = 112;

QSpinBox* rateBox(const QString& objectName, const QString& name, const QString& tip)
{
    auto* box = new QSpinBox;
    widgets::identify(box, objectName, name, tip);
    box->setRange(1, kMostRate);
    box->setGroupSeparatorShown(true);
    box->setMinimumWidth(kFieldWidth);
    return box;
}

} // namespace

ScalingCard::ScalingCard(rpc::Channel& channel, QWidget* parent) : QFrame(parent), m_api(channel)
{
    setProperty("card", true);
    m_starts = rateBox(QStringLiteral("scalingStarts"), tr("New environments in 10 seconds"),
                       tr("1 to 100,000 for each function; what comes faster is throttled as "
                          "FunctionInvocationRateLimitExceeded"));
    m_calls = rateBox(QStringLiteral("scalingCalls"), tr("Calls a second for each environment"),
                      tr("1 to 100,000, times the function's reserved concurrency, or the account's "
                         "for all that reserve nothing"));
    m_starts->setValue(m_known.startsPerTenSeconds);
    m_calls->setValue(m_known.callsPerEnvironment);
    m_apply = widgets::makeButton(QStringLiteral("applyScaling"), tr("Apply"));
    m_apply->setToolTip(tr("Use both from now on; remembered over restarts"));
    m_asOnAws = widgets::makeButton(QStringLiteral("scalingAsOnAws"), tr("As on AWS"),
                                    widgets::ButtonKind::Flat);
    m_asOnAws->setToolTip(tr("1,000 new environments in 10 seconds and 10 calls a second"));

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace);
    grid->addWidget(new QLabel(tr("New environments")), 0, 0);
    grid->addWidget(m_starts, 0, 1);
    grid->addWidget(widgets::makeCaption(tr("in 10 seconds for each function, after as many at "
                                            "once; AWS: 1,000")),
                    0, 2);
    grid->addWidget(new QLabel(tr("Calls")), 1, 0);
    grid->addWidget(m_calls, 1, 1);
    grid->addWidget(widgets::makeCaption(tr("a second for each environment that there may be; "
                                            "AWS: 10")),
                    1, 2);
    grid->setColumnStretch(2, 1);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_apply);
    row->addWidget(m_asOnAws);
    row->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("How fast functions may grow"), this));
    column->addLayout(grid);
    column->addLayout(row);
    connect(m_starts, &QSpinBox::valueChanged, this, &ScalingCard::updateButtons);
    connect(m_calls, &QSpinBox::valueChanged, this, &ScalingCard::updateButtons);
    connect(m_apply, &QPushButton::clicked, this, &ScalingCard::apply);
    connect(m_asOnAws, &QPushButton::clicked, this, [this] {
        m_starts->setValue(rpc::Scaling().startsPerTenSeconds);
        m_calls->setValue(rpc::Scaling().callsPerEnvironment);
    });
    updateButtons();
}

void ScalingCard::load()
{
    m_api.scaling(this, [this](const rpc::Result<rpc::Scaling>& scaling) {
        if (scaling)
            take(*scaling);
    });
}

rpc::Scaling ScalingCard::chosen() const
{
    return {m_starts->value(), m_calls->value()};
}

void ScalingCard::take(const rpc::Scaling& scaling)
{
    const bool edited = m_loaded && chosen() != m_known;
    m_known = scaling;
    m_loaded = true;
    if (!edited) {
        m_starts->setValue(scaling.startsPerTenSeconds);
        m_calls->setValue(scaling.callsPerEnvironment);
    }
    updateButtons();
}

void ScalingCard::updateButtons()
{
    m_starts->setEnabled(m_loaded);
    m_calls->setEnabled(m_loaded);
    m_apply->setEnabled(m_loaded && chosen() != m_known);
    m_asOnAws->setEnabled(m_loaded && chosen() != rpc::Scaling());
}

void ScalingCard::apply()
{
    m_apply->setEnabled(false);
    m_api.setScaling(chosen(), this, [this](const rpc::Result<rpc::Scaling>& scaling) {
        if (!scaling) {
            updateButtons();
            Q_EMIT messageRequested(scaling.error().message, true);
            return;
        }
        m_loaded = false; // what was asked for is in force
        take(*scaling);
        Q_EMIT messageRequested(tr("The rates of scaling are changed"), false);
    });
}

} // namespace gantry::ui
