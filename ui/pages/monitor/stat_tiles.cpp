#include "ui/pages/monitor/stat_tiles.h"

#include "ui/models/format.h"
#include "ui/models/metrics_window.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>

#include <algorithm>

namespace gantry::ui {

using models::MetricSeries;
using models::MetricsTotals;
using widgets::Theme;

namespace {

constexpr int kNarrowestTile = 150;
constexpr double kSmallestNumber = 11;  // points

QString percent(double share)
{
    return StatTiles::tr("%1 %").arg(QLocale().toString(share * 100, 'f', share < 0.1 ? 2 : 1));
}

} // namespace

StatTile::StatTile(const QString& id, const QString& title, QWidget* parent)
    : QFrame(parent), m_title(title), m_number(new QLabel(this)), m_caption(new QLabel(this))
{
    setObjectName(QStringLiteral("tile_%1").arg(id));
    setProperty("card", true);
    auto* label = new QLabel(title, this);
    label->setProperty("muted", true);
    m_number->setFont(Theme::current().font(Theme::Number));
    m_number->setTextFormat(Qt::PlainText);
    m_caption->setFont(Theme::current().font(Theme::Caption));
    m_caption->setTextFormat(Qt::PlainText);
    m_caption->setProperty("muted", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(0);
    for (QLabel* one : {label, m_number, m_caption}) {
        // A number that grows may not push the tiles apart.
        one->setMinimumWidth(0);
        one->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        layout->addWidget(one);
    }
}

void StatTile::setNumber(const QString& number, const QString& caption)
{
    if (m_number->text() != number)
        m_number->setText(number);
    if (m_caption->text() != caption)
        m_caption->setText(caption);
    setAccessibleName(QStringLiteral("%1: %2").arg(m_title, number));
    setToolTip(QStringLiteral("%1: %2\n%3").arg(m_title, number, caption));
    fitNumber();
}

// Small sums have many digits; a number is never cut.
void StatTile::fitNumber()
{
    QFont font = Theme::current().font(Theme::Number);
    while (font.pointSizeF() > kSmallestNumber &&
           QFontMetrics(font).horizontalAdvance(m_number->text()) > m_number->width())
        font.setPointSizeF(font.pointSizeF() - 1);
    if (font != m_number->font())
        m_number->setFont(font);
}

void StatTile::resizeEvent(QResizeEvent* event)
{
    QFrame::resizeEvent(event);
    fitNumber();
}

QString StatTile::number() const
{
    return m_number->text();
}

QString StatTile::caption() const
{
    return m_caption->text();
}

StatTiles::StatTiles(QWidget* parent)
    : QWidget(parent), m_concurrency(add(QStringLiteral("concurrency"), tr("Concurrency"))),
      m_invocations(add(QStringLiteral("invocations"), tr("Invocations"))),
      m_errors(add(QStringLiteral("errorRate"), tr("Error rate"))),
      m_p99(add(QStringLiteral("p99"), tr("p99 duration"))),
      m_coldStarts(add(QStringLiteral("coldStarts"), tr("Cold starts"))),
      m_costPerHour(add(QStringLiteral("costPerHour"), tr("Cost per hour"))),
      m_cost(add(QStringLiteral("cost"), tr("Cost")))
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(Theme::kSpace);
    arrange();
}

void StatTiles::show(const models::MetricsWindow& window, const models::LiveMetrics& live)
{
    const MetricsTotals totals = window.totals();
    const QString& name = window.functionName();
    const QString range = tr("in %1").arg(window.range().label);
    m_concurrency->setNumber(
        models::formatCount(name.isEmpty() ? live.concurrency() : live.concurrencyOf(name)),
        tr("now, highest %1").arg(models::formatCount(totals.concurrencyPeak)));
    m_invocations->setNumber(models::formatCount(totals.invocations), range);
    m_errors->setNumber(
        totals.invocations > 0 ? percent(totals.errorRate()) : QStringLiteral("–"),
        tr("%1 errors, %2 throttles")
            .arg(models::formatCount(totals.errors), models::formatCount(totals.throttles)));
    const MetricSeries& series = window.series();
    const rpc::MetricsPoint* last = series.lastWithInvocations();
    const bool lastInRange = last && last->startMs >= window.fromMs();
    m_p99->setNumber(lastInRange ? models::formatMs(last->durationP99Ms) : QStringLiteral("–"),
                     lastInRange ? tr("latest, highest %1").arg(models::formatMs(totals.p99PeakMs))
                                 : range);
    m_coldStarts->setNumber(models::formatCount(totals.coldStarts),
                            totals.invocations > 0 ? tr("%1 of invocations")
                                                         .arg(percent(double(totals.coldStarts) /
                                                                      double(totals.invocations)))
                                                   : range);
    const qint64 now = live.nowMs();
    const pricing::Money perHour = name.isEmpty()
                               ? live.costPerHourUsd()
                               : live.function(name).totals(now - 60'000, now).costUsd * 60;
    m_costPerHour->setNumber(models::formatUsd(perHour), tr("over the last 60 s"));
    m_cost->setNumber(models::formatUsd(totals.costUsd), range);
}

void StatTiles::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

StatTile* StatTiles::add(const QString& id, const QString& title)
{
    m_tiles.push_back(new StatTile(id, title, this));
    return m_tiles.back();
}

void StatTiles::arrange()
{
    const int count = int(m_tiles.size());
    int columns = std::clamp(width() / (kNarrowestTile + Theme::kSpace), 1, count);
    // Rows of about the same length: seven as 4 + 3, not as 6 + 1.
    const int rows = (count + columns - 1) / columns;
    columns = (count + rows - 1) / rows;
    if (columns == m_columns)
        return;
    m_columns = columns;
    auto* grid = static_cast<QGridLayout*>(layout());
    for (int i = 0; i < count; ++i) {
        grid->setColumnStretch(i, i < columns ? 1 : 0);
        // The last one fills its row.
        const int span = i == count - 1 ? columns - i % columns : 1;
        grid->addWidget(m_tiles[std::size_t(i)], i / columns, i % columns, 1, span);
    }
}

} // namespace gantry::ui
