#include "ui/rpc/price_tables.h"

#include "gantry/v1/cost.pb.h"
#include "ui/rpc/call.h"
#include "ui/rpc/platform_convert.h"

#include <google/protobuf/util/json_util.h>

#include <QCoreApplication>

namespace gantry::rpc {
namespace {

namespace json = google::protobuf::util;

constexpr int kMostJson = 4 << 20;

QByteArray jsonOf(v1::PriceTable table)
{
    table.clear_file(); // where it was found is not part of it
    table.clear_edited();
    table.clear_problem();
    json::JsonPrintOptions options;
    options.add_whitespace = true;
    options.preserve_proto_field_names = true;
    options.always_print_primitive_fields = true;
    std::string text;
    if (!json::MessageToJsonString(table, &text, options).ok())
        return {};
    return QByteArray::fromStdString(text);
}

PriceTables toTables(const v1::PriceTableList& from)
{
    PriceTables to;
    for (const v1::PriceTableList::Entry& entry : from.entries()) {
        PriceTableEntry one;
        one.region = QString::fromStdString(entry.region());
        one.prices = toPrices(entry.table());
        one.json = jsonOf(entry.table());
        one.source = QString::fromStdString(entry.table().source());
        one.edited = entry.table().edited();
        one.shipped = entry.shipped();
        one.inUse = entry.in_use();
        to.entries.append(one);
    }
    if (from.since_ms() > 0)
        to.since = QDateTime::fromMSecsSinceEpoch(from.since_ms());
    return to;
}

} // namespace

void PriceTablesApi::list(QObject* context, Done done)
{
    call<v1::PriceTableList>(m_channel, v1::ListPriceTablesRequest(), context, toTables,
                             std::move(done));
}

void PriceTablesApi::put(const QByteArray& json, QObject* context, Done done)
{
    v1::PutPriceTableRequest request;
    std::string problem;
    if (json.size() > kMostJson)
        problem = "It is larger than 4 MB.";
    else if (const auto parsed =
                 json::JsonStringToMessage(json.toStdString(), request.mutable_table());
             !parsed.ok())
        problem = std::string(parsed.message());
    if (!problem.empty()) {
        postGuarded(QPointer<QObject>(context), [problem, done = std::move(done)] {
            done(Error{QStringLiteral("ValidationException"),
                       QCoreApplication::translate("PriceTables", "This is no price table: %1")
                           .arg(QString::fromStdString(problem))});
        });
        return;
    }
    call<v1::PriceTableList>(m_channel, request, context, toTables, std::move(done));
}

void PriceTablesApi::remove(const QString& region, QObject* context, Done done)
{
    v1::DeletePriceTableRequest request;
    request.set_region(region.toStdString());
    call<v1::PriceTableList>(m_channel, request, context, toTables, std::move(done));
}

void PriceTablesApi::use(const QString& region, QObject* context, Done done)
{
    v1::UsePriceTableRequest request;
    request.set_region(region.toStdString());
    call<v1::PriceTableList>(m_channel, request, context, toTables, std::move(done));
}

} // namespace gantry::rpc
