#pragma once

#include <QStyledItemDelegate>

namespace gantry::ui {

// The state of an alarm in an AlarmsModel's table, as a badge.
class AlarmStateDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

} // namespace gantry::ui
