#include "ui/pages/platform/capability_list.h"

#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/icon_label.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace gantry::ui {

using rpc::HostCapability;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kIconSize = 18;

struct Look {
    const char* icon;
    Theme::Role role;
};

Look stateLook(HostCapability::State state)
{
    switch (state) {
    case HostCapability::State::Available: return {"check-circle", Theme::Success};
    case HostCapability::State::Degraded: return {"warning", Theme::Warning};
    case HostCapability::State::Missing: break;
    }
    return {"error", Theme::Error};
}

Badge* stateBadge(HostCapability::State state, QWidget* parent)
{
    switch (state) {
    case HostCapability::State::Available:
        return new Badge(CapabilityList::tr("OK"), Badge::Tone::Success, parent);
    case HostCapability::State::Degraded:
        return new Badge(CapabilityList::tr("in part"), Badge::Tone::Warning, parent);
    case HostCapability::State::Missing: break;
    }
    return new Badge(CapabilityList::tr("missing"), Badge::Tone::Error, parent);
}

} // namespace

CapabilityList::CapabilityList(QWidget* parent) : QFrame(parent)
{
    setProperty("card", true);
    m_engine = widgets::makeHeading({}, this);
    m_reason = widgets::makeCaption({}, this);
    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    m_column->setSpacing(Theme::kSpace / 2);
    m_column->addWidget(m_engine);
    m_column->addWidget(m_reason);
}

void CapabilityList::showPlatform(const rpc::PlatformInfo& platform)
{
    m_engine->setText(tr("Isolation: %1 engine").arg(platform.engine));
    m_reason->setText(platform.engineReason);
    delete m_rows;
    m_rows = new QWidget(this);
    auto* rows = new QVBoxLayout(m_rows);
    rows->setContentsMargins(0, Theme::kSpace, 0, 0);
    rows->setSpacing(Theme::kMargin);
    for (const HostCapability& capability : platform.capabilities)
        rows->addWidget(makeRow(capability));
    m_column->addWidget(m_rows);
}

QWidget* CapabilityList::makeRow(const HostCapability& capability)
{
    auto* row = new QWidget(m_rows);
    row->setObjectName(QStringLiteral("capability-") + capability.id);
    auto* title = new QLabel(capability.title, row);
    title->setFont(Theme::current().font(Theme::Strong));
    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    const Look look = stateLook(capability.state);
    head->addWidget(new widgets::IconLabel(QLatin1String(look.icon), kIconSize, look.role, row));
    head->addWidget(title);
    head->addWidget(stateBadge(capability.state, row));
    head->addStretch();

    auto* column = new QVBoxLayout(row);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addLayout(head);
    auto* below = new QVBoxLayout;
    below->setContentsMargins(kIconSize + Theme::kSpace, 0, 0, 0);
    below->setSpacing(6);
    column->addLayout(below);
    if (!capability.detail.isEmpty())
        below->addWidget(widgets::makeCaption(capability.detail, row));
    if (!capability.remedy.isEmpty()) {
        auto* remedy =
            new widgets::CopyLine(QStringLiteral("copyRemedy-") + capability.id,
                                  tr("Copy what to do about %1").arg(capability.title), row);
        remedy->setText(capability.remedy);
        below->addWidget(remedy);
    }
    return row;
}

} // namespace gantry::ui
