#pragma once

#include "ui/rpc/platform_types.h"

#include <QAbstractTableModel>
#include <QFrame>

class QTableView;

namespace gantry::ui {

// The runtime catalogue of this host, one row a runtime id.
class RuntimeModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Id, Interpreter, State, Note, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setRuntimes(const QList<rpc::RuntimeInfo>& runtimes);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<rpc::RuntimeInfo> m_runtimes;
};

// Shows all of it without scrolling inside the page.
class RuntimeTable final : public QFrame {
    Q_OBJECT
public:
    RuntimeTable(const QString& objectName, const QString& title, QWidget* parent = nullptr);

    void setRuntimes(const QList<rpc::RuntimeInfo>& runtimes);

private:
    RuntimeModel* m_model = nullptr;
    QTableView* m_view = nullptr;
};

} // namespace gantry::ui
