#include "ui/pages/functions/list_delegates.h"

#include "ui/models/format.h"
#include "ui/models/functions_model.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QPainter>

#include <algorithm>

namespace gantry::ui {

using models::FunctionsModel;
using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kSparkWidth = 62;
constexpr int kSparkHeight = 16;
constexpr int kPadding = 8;

void paintPanel(QPainter* painter, const QStyleOptionViewItem& option)
{
    QStyleOptionViewItem panel = option;
    panel.text.clear();
    panel.icon = {};
    const QStyle* style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &panel, painter, option.widget);
}

} // namespace

Badge::Tone toneOfState(const QString& state)
{
    if (state == QLatin1String("Active"))
        return Badge::Tone::Success;
    if (state == QLatin1String("Failed"))
        return Badge::Tone::Error;
    if (state == QLatin1String("Inactive"))
        return Badge::Tone::Neutral;
    return Badge::Tone::Warning;
}

void NameDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    option->features |= QStyleOptionViewItem::HasDecoration;
    option->icon = Theme::current().icon(
        models::iconOfRuntime(index.siblingAtColumn(FunctionsModel::Runtime).data().toString()));
    option->decorationSize = QSize(16, 16);
}

void StateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const
{
    QStyleOptionViewItem full = option;
    initStyleOption(&full, index);
    const QString state = full.text;
    paintPanel(painter, full);
    if (!state.isEmpty())
        Badge::paint(painter, option.rect.adjusted(kPadding, 0, -kPadding, 0), state,
                     toneOfState(state));
}

void ConcurrencyDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                                const QModelIndex& index) const
{
    QStyleOptionViewItem full = option;
    initStyleOption(&full, index);
    const QString number = full.text;
    paintPanel(painter, full);
    const Theme& theme = Theme::current();
    const QRect area = option.rect.adjusted(kPadding, 0, -kPadding, 0);
    const auto values = index.data(FunctionsModel::SparkRole).value<QList<int>>();
    const int peak = values.isEmpty() ? 0 : *std::max_element(values.begin(), values.end());
    const bool idle = peak == 0 && number == QLatin1String("0");
    painter->save();
    painter->setPen(theme.color(idle ? Theme::FaintText : Theme::Text));
    painter->drawText(area, Qt::AlignRight | Qt::AlignVCenter, number);
    const int left = area.left();
    const int bottom = area.center().y() + kSparkHeight / 2;
    painter->setPen(theme.color(Theme::Border));
    painter->drawLine(left, bottom, left + kSparkWidth - 2, bottom);
    painter->setPen(theme.color(Theme::Accent));
    for (qsizetype i = 0; peak > 0 && i < values.size(); ++i) {
        if (values[i] == 0)
            continue;
        const int x = left + static_cast<int>(i);
        painter->drawLine(x, bottom, x, bottom - std::max(1, values[i] * kSparkHeight / peak));
    }
    painter->restore();
}

} // namespace gantry::ui
