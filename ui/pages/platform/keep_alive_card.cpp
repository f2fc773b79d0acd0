#include "ui/pages/platform/keep_alive_card.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

QString worthText(const rpc::KeepAlive& keepAlive)
{
    if (keepAlive.calls == 0)
        return KeepAliveCard::tr("No function was called again after a rest yet.");
    const auto gbHours = [](double gbSeconds) {
        return QString::number(gbSeconds / 3600, 'f', gbSeconds < 36'000 ? 3 : 1);
    };
    return KeepAliveCard::tr("Of %1 calls after a rest since the start, fixed would have made %2 "
                             "cold and kept %3 GB·h idle; learned %4 cold and %5 GB·h idle "
                             "(estimated; functions with a pattern: %6).")
        .arg(models::formatCount(keepAlive.calls), models::formatCount(keepAlive.coldFixed),
             gbHours(keepAlive.idleGbSecondsFixed), models::formatCount(keepAlive.coldLearned),
             gbHours(keepAlive.idleGbSecondsLearned),
             models::formatCount(keepAlive.learnedFunctions));
}

} // namespace

KeepAliveCard::KeepAliveCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_api(channel)
{
    setProperty("card", true);
    m_policy = new QComboBox(this);
    widgets::identify(m_policy, QStringLiteral("keepAlivePolicy"), tr("Keep-alive policy"),
                      tr("Learned: kept around the times at which each function is usually called "
                         "again; fixed while there is no pattern"));
    m_policy->addItems({tr("Fixed"), tr("Learned")});
    m_seconds = new QSpinBox(this);
    widgets::identify(m_seconds, QStringLiteral("keepAliveSeconds"), tr("Fixed keep-alive"),
                      tr("1 to 86,400 seconds"));
    m_seconds->setRange(1, 86'400);
    m_seconds->setSuffix(tr(" s"));
    m_apply = widgets::makeButton(QStringLiteral("applyKeepAlive"), tr("Apply"));
    m_apply->setToolTip(tr("Use it from now on; remembered over restarts"));
    m_worth = widgets::makeCaption({}, this);

    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_policy);
    row->addWidget(m_seconds);
    row->addWidget(m_apply);
    row->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("Idle environments are kept"), this));
    column->addLayout(row);
    column->addWidget(m_worth);
    connect(m_policy, &QComboBox::currentIndexChanged, this, &KeepAliveCard::updateButton);
    connect(m_seconds, &QSpinBox::valueChanged, this, &KeepAliveCard::updateButton);
    connect(m_apply, &QPushButton::clicked, this, &KeepAliveCard::apply);
    updateButton();
}

void KeepAliveCard::load()
{
    m_api.getKeepAlive(this, [this](const rpc::Result<rpc::KeepAlive>& keepAlive) {
        if (keepAlive)
            take(*keepAlive);
    });
}

bool KeepAliveCard::isEdited() const
{
    return m_loaded && ((m_policy->currentIndex() == 1) != m_known.learned ||
                        m_seconds->value() != m_known.fixedSeconds);
}

void KeepAliveCard::take(const rpc::KeepAlive& keepAlive)
{
    const bool edited = isEdited();
    m_known = keepAlive;
    m_loaded = true;
    if (!edited) {
        m_policy->setCurrentIndex(keepAlive.learned ? 1 : 0);
        m_seconds->setValue(keepAlive.fixedSeconds);
    }
    m_worth->setText(worthText(keepAlive));
    updateButton();
}

void KeepAliveCard::updateButton()
{
    m_policy->setEnabled(m_loaded);
    m_seconds->setEnabled(m_loaded);
    m_apply->setEnabled(isEdited());
}

void KeepAliveCard::apply()
{
    m_apply->setEnabled(false);
    m_api.setKeepAlive(m_policy->currentIndex() == 1, m_seconds->value(), this,
                       [this](const rpc::Result<rpc::KeepAlive>& keepAlive) {
                           if (!keepAlive) {
                               updateButton();
                               Q_EMIT messageRequested(keepAlive.error().message, true);
                               return;
                           }
                           m_loaded = false; // what was asked for is in force
                           take(*keepAlive);
                           Q_EMIT messageRequested(tr("The keep-alive is changed"), false);
                       });
}

} // namespace gantry::ui
