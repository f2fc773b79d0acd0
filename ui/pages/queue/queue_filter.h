#pragma once

#include "ui/models/event_queue_model.h"

#include <QSortFilterProxyModel>

#include <optional>

namespace gantry::ui {

// The events of one state, or of all, whose function, request or problem holds a text.
class QueueFilter final : public QSortFilterProxyModel {
public:
    explicit QueueFilter(QObject* parent) : QSortFilterProxyModel(parent)
    {
        setSortRole(models::EventQueueModel::SortRole);
        setFilterKeyColumn(-1);
        setFilterCaseSensitivity(Qt::CaseInsensitive);
    }

    void setState(std::optional<rpc::QueuedState> state)
    {
        m_state = state;
        invalidateFilter();
    }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override
    {
        const QModelIndex first = sourceModel()->index(row, 0, parent);
        const int state = first.data(models::EventQueueModel::StateRole).toInt();
        return (!m_state || int(*m_state) == state) &&
               QSortFilterProxyModel::filterAcceptsRow(row, parent);
    }

private:
    std::optional<rpc::QueuedState> m_state;
};

} // namespace gantry::ui
