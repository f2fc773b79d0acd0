#pragma once

#include <QAbstractTableModel>
#include <QJsonObject>
#include <QList>
#include <QStringList>

namespace gantry::models {

// A price table in JSON as rows that one can edit: what it is, the number, its unit. Parts of the
// table that no row shows stay as they are.
class PriceFieldsModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { What, Value, Unit, ColumnCount };
    static constexpr int ChangedRole = Qt::UserRole;

    explicit PriceFieldsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setJson(const QByteArray& json);
    QByteArray json() const;
    bool isChanged() const { return m_table != m_original; }
    bool isEmpty() const { return m_fields.isEmpty(); }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    // Takes what may stand there; else the cell stays and refused() says why.
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

Q_SIGNALS:
    void refused(const QString& why);

private:
    enum class Kind { Text, Date, Count, Price };
    struct Field {
        QString what, unit;
        QStringList path; // names and, in lists, numbers
        Kind kind = Kind::Price;
    };

    void addFields();
    void addArchitecture(const QString& name);
    QString valueAt(const QJsonObject& table, const Field& field) const;
    static QString problemOf(Kind kind, const QString& text);

    QJsonObject m_original, m_table;
    QList<Field> m_fields;
};

} // namespace gantry::models
