#pragma once

#include <QAbstractTableModel>
#include <QList>
#include <QString>
#include <QStringList>

namespace gantry::models {

// Rows of text, each with the id of what it stands for: for short lists that are read whole.
class TextTableModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Roles { IdRole = Qt::UserRole };
    struct Row {
        QString id;
        QStringList cells;
        QString toolTip;
    };

    explicit TextTableModel(QStringList headers, QObject* parent = nullptr)
        : QAbstractTableModel(parent), m_headers(std::move(headers))
    {
    }

    // Rows that stay are changed in place, so that a selection stays as well.
    void setRows(const QList<Row>& rows);
    const QList<Row>& rows() const { return m_rows; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

private:
    bool sameIds(const QList<Row>& rows) const;

    QStringList m_headers;
    QList<Row> m_rows;
};

} // namespace gantry::models
