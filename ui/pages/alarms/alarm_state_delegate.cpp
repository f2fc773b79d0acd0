#include "ui/pages/alarms/alarm_state_delegate.h"

#include "ui/models/alarms_model.h"
#include "ui/pages/alarms/alarm_tone.h"

#include <QPainter>

namespace gantry::ui {

using models::AlarmsModel;

void AlarmStateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const
{
    QStyleOptionViewItem bare = option;
    initStyleOption(&bare, index);
    bare.text.clear();
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &bare, painter, option.widget);
    const auto state = rpc::AlarmState(index.data(AlarmsModel::StateRole).toInt());
    widgets::Badge::paint(painter, option.rect.adjusted(8, 0, -8, 0), index.data().toString(),
                          toneOf(state));
}

} // namespace gantry::ui
