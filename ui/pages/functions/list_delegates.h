#pragma once

#include "ui/widgets/badge.h"

#include <QStyledItemDelegate>

namespace gantry::ui {

// What a state of a function says at a glance.
widgets::Badge::Tone toneOfState(const QString& state);

// The function's name with the icon of its language.
class NameDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override;
};

// A state as a badge.
class StateDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

// Concurrency now as a number, over the last minute as a row of bars.
class ConcurrencyDelegate final : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
};

} // namespace gantry::ui
