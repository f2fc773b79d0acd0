#include "ui/models/price_fields_model.h"

#include "pricing/money.h"
#include "ui/models/format.h"

#include <QDate>
#include <QFont>
#include <QJsonArray>
#include <QJsonDocument>

namespace gantry::models {
namespace {

QJsonValue at(const QJsonValue& value, const QStringList& path)
{
    if (path.isEmpty())
        return value;
    const QJsonValue child =
        value.isArray() ? value.toArray().at(path.front().toInt()) : value.toObject()[path.front()];
    return at(child, path.mid(1));
}

QJsonValue with(const QJsonValue& value, const QStringList& path, const QJsonValue& leaf)
{
    if (path.isEmpty())
        return leaf;
    if (value.isArray()) {
        QJsonArray array = value.toArray();
        const int index = path.front().toInt();
        array[index] = with(array.at(index), path.mid(1), leaf);
        return array;
    }
    QJsonObject object = value.toObject();
    object[path.front()] = with(object[path.front()], path.mid(1), leaf);
    return object;
}

} // namespace

void PriceFieldsModel::setJson(const QByteArray& json)
{
    beginResetModel();
    m_original = m_table = QJsonDocument::fromJson(json).object();
    m_fields.clear();
    if (!m_table.isEmpty())
        addFields();
    endResetModel();
}

QByteArray PriceFieldsModel::json() const
{
    return QJsonDocument(m_table).toJson();
}

void PriceFieldsModel::addArchitecture(const QString& name)
{
    const QString gbSecond = tr("$ a GB-second");
    const int tiers =
        int(m_table.value(name).toObject().value(QStringLiteral("duration")).toArray().size());
    for (int i = 0; i < tiers; ++i) {
        const QStringList tier{name, QStringLiteral("duration"), QString::number(i)};
        m_fields.append({tr("Duration, %1, tier %2").arg(name).arg(i + 1), gbSecond,
                         tier + QStringList{QStringLiteral("usd_per_gb_second")}, Kind::Price});
        if (i + 1 < tiers) // the last one has no end
            m_fields.append({tr("Duration, %1, tier %2 up to").arg(name).arg(i + 1),
                             tr("GB-seconds a month"),
                             tier + QStringList{QStringLiteral("up_to_gb_seconds")}, Kind::Count});
    }
    m_fields.append({tr("Provisioned concurrency, %1").arg(name),
                     gbSecond,
                     {name, QStringLiteral("provisioned_usd_per_gb_second")},
                     Kind::Price});
    m_fields.append({tr("Duration on provisioned concurrency, %1").arg(name),
                     gbSecond,
                     {name, QStringLiteral("provisioned_duration_usd_per_gb_second")},
                     Kind::Price});
    m_fields.append({tr("Environment of a new tenant, %1").arg(name),
                     tr("$ a GB"),
                     {name, QStringLiteral("tenant_environment_usd_per_gb")},
                     Kind::Price});
}

void PriceFieldsModel::addFields()
{
    const auto add = [this](const QString& what, const QString& unit, const char* path, Kind kind) {
        m_fields.append({what, unit, QString::fromLatin1(path).split(QLatin1Char('/')), kind});
    };
    add(tr("Prices of"), tr("date"), "as_of", Kind::Date);
    add(tr("Source"), {}, "source", Kind::Text);
    add(tr("Request"), tr("$ a request"), "usd_per_request", Kind::Price);
    addArchitecture(QStringLiteral("x86_64"));
    addArchitecture(QStringLiteral("arm64"));
    add(tr("Asynchronous event, included"), tr("bytes"), "async_included_bytes", Kind::Count);
    add(tr("Asynchronous event, a request more every"), tr("bytes"), "async_step_bytes",
        Kind::Count);
    add(tr("Provisioned concurrency, billed in steps of"), tr("seconds"),
        "provisioned_round_up_seconds", Kind::Count);
    add(tr("/tmp, included"), tr("MB"), "tmp_included_mb", Kind::Count);
    add(tr("/tmp beyond"), tr("$ a GB-second"), "tmp_usd_per_gb_second", Kind::Price);
    add(tr("Streamed response, included"), tr("bytes"), "stream_included_bytes", Kind::Count);
    add(tr("Streamed response beyond"), tr("$ a GB"), "stream_usd_per_gb", Kind::Price);
    add(tr("SnapStart cache"), tr("$ a GB-second"), "snapstart_cache_usd_per_gb_second",
        Kind::Price);
    add(tr("SnapStart cache, at least"), tr("seconds"), "snapstart_cache_minimum_seconds",
        Kind::Count);
    add(tr("SnapStart restore"), tr("$ a GB"), "snapstart_restore_usd_per_gb", Kind::Price);
    add(tr("Durable operation"), tr("$ an operation"), "durable_usd_per_operation", Kind::Price);
    add(tr("Durable data written"), tr("$ a GB"), "durable_usd_per_gb_written", Kind::Price);
    add(tr("Durable data kept"), tr("$ a GB and month"), "durable_usd_per_gb_month", Kind::Price);
    add(tr("Managed instances, fee"), tr("% of EC2"), "managed_instances_fee_percent", Kind::Count);
    add(tr("Free requests"), tr("a month"), "free_tier/requests", Kind::Count);
    add(tr("Free memory-time"), tr("GB-seconds a month"), "free_tier/gb_seconds", Kind::Count);
    add(tr("Free streaming"), tr("bytes a month"), "free_tier/streamed_bytes", Kind::Count);
    const QJsonObject machines = m_table.value(QStringLiteral("instances")).toObject();
    const QJsonArray list = machines.value(QStringLiteral("instances")).toArray();
    if (list.isEmpty())
        return;
    add(tr("EC2 prices of"), tr("date"), "instances/as_of", Kind::Date);
    for (int i = 0; i < list.size(); ++i)
        m_fields.append({tr("EC2 %1").arg(list[i].toObject()[QStringLiteral("type")].toString()),
                         tr("$ an hour"),
                         {QStringLiteral("instances"), QStringLiteral("instances"),
                          QString::number(i), QStringLiteral("usd_per_hour")},
                         Kind::Price});
}

QString PriceFieldsModel::valueAt(const QJsonObject& table, const Field& field) const
{
    // 64-bit numbers are strings in the JSON of protocol buffers, smaller ones are numbers.
    return at(table, field.path).toVariant().toString();
}

QString PriceFieldsModel::problemOf(Kind kind, const QString& text)
{
    bool ok = true;
    switch (kind) {
    case Kind::Text:
        return {};
    case Kind::Date:
        return QDate::fromString(text, Qt::ISODate).isValid()
                   ? QString()
                   : tr("write the date as in 2026-09-19.");
    case Kind::Count:
        return text.toLongLong(&ok) >= 0 && ok ? QString() : tr("write a whole number from 0.");
    case Kind::Price:
        return pricing::Rate::parse(text.toStdString())
                   ? QString()
                   : tr("write a price in dollars with at most 10 decimals, as in 0.0000166667.");
    }
    return {};
}

int PriceFieldsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_fields.size());
}

int PriceFieldsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant PriceFieldsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Field& field = m_fields[index.row()];
    const bool changed = valueAt(m_table, field) != valueAt(m_original, field);
    if (role == ChangedRole)
        return changed;
    if (role == Qt::ToolTipRole && index.column() == Value)
        return changed ? tr("Was %1").arg(valueAt(m_original, field)) : valueAt(m_table, field);
    if (role == Qt::FontRole && index.column() == Value && changed) {
        QFont font;
        font.setBold(true);
        return font;
    }
    if (role != Qt::DisplayRole && role != Qt::EditRole)
        return {};
    switch (index.column()) {
    case What:
        return field.what;
    case Value:
        return role == Qt::DisplayRole && field.kind == Kind::Count
                   ? formatCount(valueAt(m_table, field).toLongLong())
                   : valueAt(m_table, field);
    default:
        return field.unit;
    }
}

QVariant PriceFieldsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == What ? tr("What") : section == Value ? tr("Price or number") : tr("Unit");
}

Qt::ItemFlags PriceFieldsModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.column() == Value ? flags | Qt::ItemIsEditable : flags;
}

bool PriceFieldsModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || index.column() != Value || role != Qt::EditRole)
        return false;
    const Field& field = m_fields[index.row()];
    const QString text = value.toString().trimmed();
    if (const QString problem = problemOf(field.kind, text); !problem.isEmpty()) {
        Q_EMIT refused(QStringLiteral("%1: %2").arg(field.what, problem));
        return false;
    }
    const bool isNumber = at(m_table, field.path).isDouble();
    const QJsonValue leaf = isNumber ? QJsonValue(text.toLongLong()) : QJsonValue(text);
    m_table = with(m_table, field.path, leaf).toObject();
    Q_EMIT dataChanged(index, index);
    return true;
}

} // namespace gantry::models
