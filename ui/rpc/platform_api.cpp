#include "ui/rpc/platform_api.h"

#include "gantry/v1/platform.pb.h"
#include "ui/rpc/call.h"
#include "ui/rpc/platform_convert.h"

namespace gantry::rpc {

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

HostCapability::State toState(v1::HostCapability::State state)
{
    switch (state) {
    case v1::HostCapability::AVAILABLE: return HostCapability::State::Available;
    case v1::HostCapability::DEGRADED: return HostCapability::State::Degraded;
    default: return HostCapability::State::Missing;
    }
}

PlatformInfo toPlatform(const v1::PlatformInfo& from)
{
    PlatformInfo to;
    to.version = text(from.version());
    to.apiLevel = from.api_level();
    to.accountId = text(from.account_id());
    to.region = text(from.region());
    to.dataDirectory = text(from.data_directory());
    to.awsEndpoint = text(from.aws_endpoint());
    to.credentialsFile = text(from.credentials_file());
    to.engine = text(from.engine());
    to.engineReason = text(from.engine_reason());
    for (const auto& capability : from.capabilities()) {
        to.capabilities.append({text(capability.id()), text(capability.title()),
                                toState(capability.state()), text(capability.detail()),
                                text(capability.remedy())});
    }
    to.startedAt = QDateTime::fromMSecsSinceEpoch(from.started_at_ms());
    to.processId = from.process_id();
    to.concurrencyLimit = from.account_concurrency_limit();
    to.residentBytes = from.resident_memory_bytes();
    return to;
}

QList<RuntimeInfo> toRuntimes(const v1::ListRuntimesResponse& from)
{
    QList<RuntimeInfo> to;
    to.reserve(from.runtimes_size());
    for (const auto& runtime : from.runtimes()) {
        to.append({text(runtime.id()), text(runtime.family()), runtime.available(), runtime.exact(),
                   text(runtime.interpreter()), text(runtime.interpreter_version()),
                   text(runtime.note()), runtime.deprecated()});
    }
    return to;
}

} // namespace

PriceTable toPrices(const v1::PriceTable& from)
{
    PriceTable to;
    if (auto table = pricing::fromMessage(from); table.ok())
        to.table = *std::move(table);
    to.region = text(from.region());
    to.asOf = text(from.as_of());
    to.problem = text(from.problem());
    return to;
}

void PlatformApi::getPlatform(QObject* context, Done<PlatformInfo> done)
{
    call<v1::PlatformInfo>(m_channel, v1::GetPlatformRequest(), context, toPlatform,
                           std::move(done), std::chrono::seconds(10));
}

void PlatformApi::listRuntimes(QObject* context, Done<QList<RuntimeInfo>> done)
{
    call<v1::ListRuntimesResponse>(m_channel, v1::ListRuntimesRequest(), context, toRuntimes,
                                   std::move(done));
}

void PlatformApi::getPrices(QObject* context, Done<PriceTable> done)
{
    call<v1::PriceTable>(m_channel, v1::GetPricesRequest(), context, toPrices, std::move(done));
}

void PlatformApi::shutdown(QObject* context, Done<Nothing> done)
{
    call<v1::ShutdownResponse>(m_channel, v1::ShutdownRequest(), context,
                               [](const v1::ShutdownResponse&) { return Nothing{}; },
                               std::move(done));
}

} // namespace gantry::rpc
