#include "ui/pages/dashboard/number_tile.h"

#include "ui/charts/axis_ticks.h"
#include "ui/models/dashboard_data.h"
#include "ui/models/format.h"
#include "ui/pages/dashboard/tile_charts.h"
#include "ui/widgets/theme.h"

#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPainterPath>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gantry::ui {

using models::DashboardData;
using models::Measure;
using models::TileSeries;
using widgets::Theme;

namespace {

constexpr int kHeightWithLine = 110;  // of the tile
constexpr double kLargestNumber = 30; // points
constexpr double kSmallestNumber = 10;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Counts in full where a chart's axis would shorten them.
QString textOf(double value, models::MeasureUnit unit)
{
    if (unit == models::MeasureUnit::Count && !std::isnan(value))
        return models::formatCount(std::llround(value));
    if (unit == models::MeasureUnit::Dollars || unit == models::MeasureUnit::DollarsPerHour)
        return std::isnan(value) ? QStringLiteral("–") : models::formatUsd(value);
    return charts::formatValue(value, unitOf(unit));
}

} // namespace

Sparkline::Sparkline(QWidget* parent) : QWidget(parent)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
}

void Sparkline::setValues(const std::vector<double>& values, const QColor& color)
{
    m_values = values;
    m_color = color;
    update();
}

void Sparkline::paintEvent(QPaintEvent*)
{
    double highest = 0;
    for (const double value : m_values)
        highest = value > highest ? value : highest; // false for a gap
    if (highest <= 0 || m_values.size() < 2)
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_color, 1.5));
    // The highest of each pixel's bins, so that a peak is seen in any width.
    QPolygonF line;
    const auto count = m_values.size();
    const std::size_t columns = std::min<std::size_t>(count, std::size_t(std::max(2, width() / 2)));
    for (std::size_t column = 0; column < columns; ++column) {
        double value = kNone;
        for (std::size_t i = column * count / columns; i < (column + 1) * count / columns; ++i)
            value = std::isnan(value) || m_values[i] > value ? m_values[i] : value;
        if (std::isnan(value))
            continue;
        line.append(QPointF(1 + (width() - 2.0) * double(column) / double(columns - 1),
                            height() - 2 - (height() - 4.0) * value / highest));
    }
    painter.drawPolyline(line);
}

NumberTile::NumberTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent), m_number(new QLabel(this)), m_caption(new QLabel(this)),
      m_line(new Sparkline(this))
{
    setObjectName(QStringLiteral("number_%1").arg(tile.id));
    QVBoxLayout* layout = makeTitled();
    for (QLabel* label : {m_number, m_caption}) {
        label->setTextFormat(Qt::PlainText);
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    }
    m_caption->setProperty("muted", true);
    m_caption->setFont(Theme::current().font(Theme::Caption));
    layout->addWidget(m_number);
    layout->addWidget(m_line, 1);
    layout->addWidget(m_caption);
    layout->setSpacing(2);
}

void NumberTile::refresh()
{
    const DashboardData& data = m_context.data;
    if (m_tile.series.isEmpty()) {
        m_number->setText(QStringLiteral("–"));
        m_caption->setText(tr("Nothing is chosen to be shown"));
        return;
    }
    const TileSeries& shown = m_tile.series.first();
    const QString name = DashboardData::nameOf(shown.function, shown.version);
    const qint64 from = data.window().fromMs();
    const qint64 to = data.window().toMs();
    const double value = models::summaryOf(shown.measure, data.series(name), from, to);
    const double past = data.isComparing() ? models::summaryOf(shown.measure, data.past(name), from,
                                                               to, models::Edge::Past)
                                           : kNone;
    models::Tile line = m_tile;
    line.kind = models::TileKind::Line;
    line.byFunction = false;
    line.series = {shown};
    m_data = tileData(line, data, {});
    m_line->setValues(m_data.series.front().values, m_data.series.front().color);
    setSubtitle(tileSubtitle(m_tile, data));
    const QString text = textOf(value, models::infoOf(shown.measure).unit);
    const QString caption = captionOf(value, past);
    fit(); // a change of theme takes fonts back
    if (m_number->text() == text && m_caption->text() == caption)
        return;
    m_number->setText(text);
    m_caption->setText(caption);
    setAccessibleName(QStringLiteral("%1: %2").arg(m_tile.title, text));
    setToolTip(QStringLiteral("%1: %2\n%3").arg(m_tile.title, text, caption));
    fit();
}

QString NumberTile::captionOf(double value, double past) const
{
    const DashboardData& data = m_context.data;
    const models::MeasureInfo& info = models::infoOf(m_tile.series.first().measure);
    if (!data.isComparing())
        return models::isLatest(info.measure) ? tr("latest")
                                              : tr("in %1").arg(data.window().range().label);
    const QString then = pastName(data.compare());
    if (std::isnan(past))
        return tr("nothing %1").arg(then);
    const QString was = textOf(past, info.unit);
    if (std::isnan(value) || past == 0)
        return tr("%1 %2").arg(was, then);
    const double change = 100 * (value - past) / past;
    return tr("%1%2 % against %3 %4")
        .arg(change < 0 ? QStringLiteral("−") : QStringLiteral("+"),
             QLocale().toString(std::abs(change), 'f', std::abs(change) < 10 ? 1 : 0), was, then);
}

QString NumberTile::number() const
{
    return m_number->text();
}

QString NumberTile::caption() const
{
    return m_caption->text();
}

void NumberTile::resizeEvent(QResizeEvent* event)
{
    TileView::resizeEvent(event);
    m_line->setVisible(height() >= kHeightWithLine);
    fit();
}

// As large as there is room; a number is never cut.
void NumberTile::fit()
{
    QFont font = Theme::current().font(Theme::Number);
    font.setPointSizeF(std::clamp(height() / 6.0, kSmallestNumber, kLargestNumber));
    while (font.pointSizeF() > kSmallestNumber &&
           QFontMetrics(font).horizontalAdvance(m_number->text()) > width() - 24)
        font.setPointSizeF(font.pointSizeF() - 1);
    if (font != m_number->font())
        m_number->setFont(font);
}

} // namespace gantry::ui
