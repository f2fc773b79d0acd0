#include "ui/pages/functions/snapstart_card.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/measure_bars.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using rpc::Snapshot;
using widgets::MeasureBars;
using widgets::Theme;

namespace {

constexpr int kMostVersions = 5;
constexpr int kLookMs = 2'000;

QString timesRestored(qint64 restores)
{
    if (restores == 0)
        return SnapStartCard::tr("not restored yet");
    return restores == 1
               ? SnapStartCard::tr("restored once")
               : SnapStartCard::tr("restored %1 times").arg(models::formatCount(restores));
}

QString headline(const Snapshot& snapshot)
{
    const QString version = SnapStartCard::tr("Version %1").arg(snapshot.version);
    switch (snapshot.state) {
    case Snapshot::State::Preparing:
        return SnapStartCard::tr("%1: its init runs, the snapshot follows").arg(version);
    case Snapshot::State::Unavailable:
        return SnapStartCard::tr("%1: initialised normally, because %2")
            .arg(version, snapshot.reason);
    case Snapshot::State::None:
        return SnapStartCard::tr("%1: no snapshot is kept now; the next cold start has one taken")
            .arg(version);
    case Snapshot::State::Ready:
        break;
    }
    return SnapStartCard::tr("%1: %2 from a copy of its initialised process, which takes %3")
        .arg(version, timesRestored(snapshot.restores), models::formatBytes(snapshot.memoryBytes));
}

bool same(const Snapshot& a, const Snapshot& b)
{
    return a.version == b.version && a.state == b.state && a.reason == b.reason &&
           a.restores == b.restores && a.initMs == b.initMs;
}

} // namespace

SnapStartCard::SnapStartCard(rpc::Channel& channel, QWidget* parent)
    : QFrame(parent), m_api(channel)
{
    setProperty("card", true);
    setObjectName(QStringLiteral("snapStartCard"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(tr("SnapStart: cold and restored"), this));
    m_empty = widgets::makeCaption({}, this);
    m_empty->setObjectName(QStringLiteral("snapStartEmpty"));
    m_versions = new QWidget(this);
    auto* versions = new QVBoxLayout(m_versions);
    versions->setContentsMargins(0, 0, 0, 0);
    versions->setSpacing(Theme::kSpace / 2);
    column->addWidget(m_empty);
    column->addWidget(m_versions);
    m_timer.setInterval(kLookMs);
    connect(&m_timer, &QTimer::timeout, this, &SnapStartCard::load);
}

void SnapStartCard::setFunction(const QString& name, bool enabled)
{
    const bool other = name != m_name;
    m_name = name;
    m_enabled = enabled;
    if (other || m_shown.isEmpty())
        showSnapshots({});
    if (isVisible())
        load();
}

void SnapStartCard::showEvent(QShowEvent*)
{
    load();
    m_timer.start();
}

void SnapStartCard::hideEvent(QHideEvent*)
{
    m_timer.stop();
}

void SnapStartCard::load()
{
    if (m_name.isEmpty())
        return;
    m_api.snapshots(m_name, this,
                    [this, name = m_name](const rpc::Result<QList<Snapshot>>& result) {
                        if (result && name == m_name)
                            showSnapshots(*result);
                    });
}

void SnapStartCard::showSnapshots(const QList<Snapshot>& snapshots)
{
    m_empty->setText(m_enabled ? tr("Publish a version to have its snapshot taken.")
                               : tr("Switch SnapStart on above, save and publish a version: it "
                                    "then starts where its init ended, without running it."));
    m_empty->setVisible(snapshots.isEmpty());
    m_versions->setVisible(!snapshots.isEmpty());
    const QList<Snapshot> shown = snapshots.mid(0, kMostVersions);
    if (!shown.isEmpty() && std::ranges::equal(shown, m_shown, same))
        return;
    m_shown = shown;
    while (QLayoutItem* item = m_versions->layout()->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const Snapshot& snapshot : shown)
        addVersion(snapshot);
}

void SnapStartCard::addVersion(const Snapshot& snapshot)
{
    auto* words = new QLabel(headline(snapshot), m_versions);
    words->setWordWrap(true);
    words->setObjectName(QStringLiteral("snapshot%1").arg(snapshot.version));
    m_versions->layout()->addWidget(words);
    if (snapshot.state != Snapshot::State::Ready)
        return;
    auto* bars = new MeasureBars(QStringLiteral("snapshotTimes%1").arg(snapshot.version),
                                 tr("Cold and restored start of version %1").arg(snapshot.version),
                                 m_versions);
    const double longest = std::max({snapshot.initMs, snapshot.restoreMs, 0.001});
    std::vector<MeasureBars::Bar> lines;
    if (snapshot.initMs > 0)
        lines.push_back({tr("Cold: its init"), models::formatMs(snapshot.initMs), 0,
                         snapshot.initMs / longest, Theme::Warning});
    if (snapshot.restoreMs > 0)
        lines.push_back({tr("Restored: the latest"), models::formatMs(snapshot.restoreMs), 0,
                         snapshot.restoreMs / longest, Theme::Accent});
    bars->setBars(std::move(lines));
    m_versions->layout()->addWidget(bars);
}

} // namespace gantry::ui
