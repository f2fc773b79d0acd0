#include "ui/pages/dashboard/tile_view.h"

#include "ui/pages/dashboard/chart_tile.h"
#include "ui/pages/dashboard/list_tiles.h"
#include "ui/pages/dashboard/number_tile.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPicture>
#include <QVBoxLayout>

namespace gantry::ui {

using models::TileKind;
using widgets::Theme;

TileView::TileView(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : QWidget(parent), m_tile(tile), m_context(context)
{
}

void TileView::paintOn(QPainter& painter, const QRect& area)
{
    // By way of a recording: a widget draws itself where the device begins.
    QPicture picture;
    QPainter recorder(&picture);
    recorder.fillRect(rect(), palette().color(QPalette::Base));
    render(&recorder, {}, {}, DrawChildren);
    recorder.end();
    painter.drawPicture(area.topLeft(), picture);
}

QVBoxLayout* TileView::makeTitled()
{
    auto* title = new QLabel(m_tile.title, this);
    title->setFont(Theme::current().font(Theme::Strong));
    title->setTextFormat(Qt::PlainText);
    m_subtitle = new QLabel(this);
    m_subtitle->setProperty("muted", true);
    m_subtitle->setTextFormat(Qt::PlainText);
    for (QLabel* label : {title, m_subtitle})
        label->setMinimumWidth(0);
    auto* header = new QHBoxLayout;
    header->setSpacing(Theme::kSpace);
    header->addWidget(title);
    header->addWidget(m_subtitle, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 12, 12, 8); // in line with a chart's title
    layout->setSpacing(4);
    layout->addLayout(header);
    return layout;
}

void TileView::setSubtitle(const QString& subtitle)
{
    if (m_subtitle && m_subtitle->text() != subtitle)
        m_subtitle->setText(subtitle);
}

TileView* makeTileView(const models::Tile& tile, const TileContext& context, QWidget* parent)
{
    switch (tile.kind) {
    case TileKind::Line:
    case TileKind::Area:
    case TileKind::Stacked:
        return new ChartTile(tile, context, parent);
    case TileKind::Number:
        return new NumberTile(tile, context, parent);
    case TileKind::Table:
        return new TableTile(tile, context, parent);
    case TileKind::Log:
        return new LogTile(tile, context, parent);
    case TileKind::Alarms:
        return new AlarmsTile(tile, context, parent);
    case TileKind::Text:
        return new TextTile(tile, context, parent);
    case TileKind::HeatMap:
        return new HeatTile(tile, context, parent);
    case TileKind::Unknown:
        break;
    }
    return new UnknownTile(tile, context, parent);
}

} // namespace gantry::ui
