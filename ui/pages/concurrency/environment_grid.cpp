#include "ui/pages/concurrency/environment_grid.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace gantry::ui {

using rpc::LiveEnvironment;
using widgets::Theme;

namespace {

constexpr int kCell = 18;
constexpr int kGap = 4;
constexpr int kStep = kCell + kGap;

Theme::Role roleOf(LiveEnvironment::State state)
{
    switch (state) {
    case LiveEnvironment::State::Starting:
        return Theme::Warning;
    case LiveEnvironment::State::Idle:
        return Theme::Info;
    case LiveEnvironment::State::Busy:
        return Theme::Success;
    }
    return Theme::Info;
}

QString stateText(const LiveEnvironment& environment)
{
    switch (environment.state) {
    case LiveEnvironment::State::Starting:
        return EnvironmentGrid::tr("starting");
    case LiveEnvironment::State::Idle:
        return EnvironmentGrid::tr("idle for %1").arg(models::formatMs(double(environment.idleMs)));
    case LiveEnvironment::State::Busy:
        return EnvironmentGrid::tr("runs an invocation");
    }
    return {};
}

} // namespace

EnvironmentGrid::EnvironmentGrid(QWidget* parent) : QWidget(parent)
{
    widgets::identify(this, QStringLiteral("environmentGrid"), tr("Live environments"),
                      tr("Choose one with the mouse or the arrow keys; Delete ends it"));
    setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

QString EnvironmentGrid::describe(const LiveEnvironment& environment)
{
    const double age = double(environment.startedAt.msecsTo(QDateTime::currentDateTime()));
    QStringList parts{
        tr("%1, version %2").arg(environment.functionName, environment.version),
        stateText(environment),
        tr("started %1 ago").arg(models::formatMs(std::max(age, 0.0))),
        environment.invocations == 1
            ? tr("1 invocation")
            : tr("%1 invocations").arg(models::formatCount(environment.invocations)),
        environment.memoryPeakBytes > 0
            ? tr("%1 of %2 used at most")
                  .arg(models::formatBytes(environment.memoryPeakBytes),
                       models::formatMemory(environment.memoryMb))
            : tr("%1 of memory").arg(models::formatMemory(environment.memoryMb)),
    };
    if (!environment.tenantId.isEmpty())
        parts.append(tr("tenant %1").arg(environment.tenantId));
    if (!environment.zone.isEmpty())
        parts.append(tr("zone %1, this host").arg(environment.zone));
    if (!environment.qualifier.isEmpty())
        parts.insert(1, tr("provisioned for %1").arg(environment.qualifier));
    return parts.join(QStringLiteral(" · "));
}

void EnvironmentGrid::setEnvironments(const QList<LiveEnvironment>& environments)
{
    const bool another = environments.size() != m_environments.size();
    const bool had = chosenIndex() >= 0;
    m_environments = environments;
    if (another)
        updateGeometry();
    if (had && chosenIndex() < 0)
        m_chosenId.clear();
    if (had)
        Q_EMIT chosenChanged();
    update();
}

int EnvironmentGrid::chosenIndex() const
{
    const auto found = std::find_if(m_environments.cbegin(), m_environments.cend(),
                                    [this](const auto& e) { return e.id == m_chosenId; });
    return found == m_environments.cend() ? -1 : int(found - m_environments.cbegin());
}

const LiveEnvironment* EnvironmentGrid::chosen() const
{
    const int index = chosenIndex();
    return index < 0 ? nullptr : &m_environments[index];
}

int EnvironmentGrid::columns(int width) const
{
    return std::max((width + kGap) / kStep, 1);
}

int EnvironmentGrid::heightForWidth(int width) const
{
    const int inRow = columns(width);
    const int rows = std::max((int(m_environments.size()) + inRow - 1) / inRow, 1);
    return rows * kStep - kGap + 2;
}

QSize EnvironmentGrid::sizeHint() const
{
    const int wide = std::max(width(), 480);
    return {wide, heightForWidth(wide)};
}

void EnvironmentGrid::resizeEvent(QResizeEvent*)
{
    updateGeometry();
}

QRect EnvironmentGrid::rectOf(int index) const
{
    const int inRow = columns(width());
    return {1 + index % inRow * kStep, 1 + index / inRow * kStep, kCell, kCell};
}

int EnvironmentGrid::indexAt(const QPoint& position) const
{
    const int inRow = columns(width());
    const int column = position.x() / kStep;
    if (column >= inRow)
        return -1;
    const int index = position.y() / kStep * inRow + column;
    return index >= 0 && index < m_environments.size() ? index : -1;
}

void EnvironmentGrid::choose(int index)
{
    m_chosenId = index >= 0 && index < m_environments.size() ? m_environments[index].id : QString();
    Q_EMIT chosenChanged();
    update();
}

void EnvironmentGrid::mousePressEvent(QMouseEvent* event)
{
    choose(indexAt(event->position().toPoint()));
}

void EnvironmentGrid::keyPressEvent(QKeyEvent* event)
{
    const int at = chosenIndex();
    const int last = int(m_environments.size()) - 1;
    const auto go = [&](int step) { choose(at < 0 ? 0 : std::clamp(at + step, 0, last)); };
    switch (event->key()) {
    case Qt::Key_Left:
        return go(-1);
    case Qt::Key_Right:
        return go(+1);
    case Qt::Key_Up:
        return go(-columns(width()));
    case Qt::Key_Down:
        return go(+columns(width()));
    case Qt::Key_Delete:
        if (at >= 0)
            Q_EMIT endRequested();
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

bool EnvironmentGrid::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int index = indexAt(help->pos());
    if (index < 0)
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), describe(m_environments[index]), this,
                           rectOf(index));
    return true;
}

void EnvironmentGrid::paintEvent(QPaintEvent* event)
{
    const Theme& theme = Theme::current();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int chosen = chosenIndex();
    for (int i = 0; i < m_environments.size(); ++i) {
        const QRectF cell = rectOf(i);
        if (!event->rect().intersects(cell.toAlignedRect()))
            continue;
        const LiveEnvironment& environment = m_environments[i];
        painter.setPen(i == chosen ? QPen(theme.color(Theme::Text), 2) : QPen(Qt::NoPen));
        painter.setBrush(theme.color(roleOf(environment.state)));
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
        if (environment.qualifier.isEmpty())
            continue;
        painter.setPen(Qt::NoPen); // a notch: it is provisioned
        painter.setBrush(theme.color(Theme::Surface));
        painter.drawEllipse(cell.center(), 3, 3);
    }
}

} // namespace gantry::ui
