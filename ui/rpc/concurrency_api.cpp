#include "ui/rpc/concurrency_api.h"

#include "aws/lambda.pb.h"
#include "gantry/v1/concurrency.pb.h"
#include "ui/rpc/call.h"

#include <google/protobuf/empty.pb.h>

namespace gantry::rpc {

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

constexpr auto kNothing = [](const auto&) { return Nothing{}; };

LiveEnvironment::State stateOf(v1::LiveEnvironment::State state)
{
    switch (state) {
    case v1::LiveEnvironment::IDLE:
        return LiveEnvironment::State::Idle;
    case v1::LiveEnvironment::BUSY:
        return LiveEnvironment::State::Busy;
    default:
        return LiveEnvironment::State::Starting;
    }
}

FunctionConcurrency toFunction(const v1::FunctionConcurrency& from)
{
    FunctionConcurrency to;
    to.name = text(from.name());
    if (from.has_reserved())
        to.reserved = from.reserved();
    to.running = from.running();
    to.environments = from.environments();
    for (const auto& config : from.provisioned()) {
        to.provisioned.append({text(config.qualifier()), config.requested(), config.allocated(),
                               config.in_use(), text(config.status()),
                               text(config.status_reason()), config.invocations(),
                               config.spillovers()});
    }
    return to;
}

ConcurrencyFrame toFrame(const v1::ConcurrencyFrame& from)
{
    ConcurrencyFrame to;
    to.time = QDateTime::fromMSecsSinceEpoch(from.time_ms());
    to.accountLimit = from.account_limit();
    to.unreservedLimit = from.unreserved_limit();
    to.unreservedRunning = from.unreserved_running();
    to.leastUnreserved = from.least_unreserved();
    to.environmentsTotal = from.environments_total();
    for (const auto& function : from.functions())
        to.functions.append(toFunction(function));
    to.environments.reserve(from.environments_size());
    for (const auto& environment : from.environments()) {
        to.environments.append({text(environment.id()), text(environment.function_name()),
                                text(environment.version()), text(environment.qualifier()),
                                stateOf(environment.state()),
                                QDateTime::fromMSecsSinceEpoch(environment.started_at_ms()),
                                environment.idle_ms(), environment.invocations(),
                                environment.memory_peak_bytes(), environment.memory_mb(),
                                text(environment.tenant_id()), text(environment.zone())});
    }
    return to;
}

Snapshot::State stateOf(v1::Snapshot::State state)
{
    switch (state) {
    case v1::Snapshot::PREPARING:
        return Snapshot::State::Preparing;
    case v1::Snapshot::READY:
        return Snapshot::State::Ready;
    case v1::Snapshot::UNAVAILABLE:
        return Snapshot::State::Unavailable;
    default:
        return Snapshot::State::None;
    }
}

QList<Snapshot> toSnapshots(const v1::GetSnapshotsResponse& from)
{
    QList<Snapshot> to;
    for (const auto& one : from.snapshots()) {
        to.append({text(one.version()), stateOf(one.state()), text(one.reason()), one.init_ms(),
                   one.restore_ms(), one.restores(), one.memory_bytes()});
    }
    return to;
}

KeepAlive toKeepAlive(const v1::KeepAlive& from)
{
    return {from.policy() == "learned",
            from.fixed_seconds(),
            from.learned_functions(),
            from.calls(),
            from.cold_fixed(),
            from.cold_learned(),
            from.idle_gb_seconds_fixed(),
            from.idle_gb_seconds_learned()};
}

constexpr auto kPace = [](const v1::StreamPace& from) {
    return StreamPace{from.burst_mb(), from.mb_per_second(), from.own()};
};

constexpr auto kScaling = [](const v1::Scaling& from) {
    return Scaling{from.starts_per_ten_seconds(), from.calls_per_environment()};
};

} // namespace

std::unique_ptr<Stream> ConcurrencyApi::watch(int maxRateHz,
                                              std::function<void(ConcurrencyFrame)> onFrame,
                                              std::function<void(Error)> onEnd)
{
    v1::WatchConcurrencyRequest request;
    request.set_max_rate_hz(maxRateHz);
    return stream<v1::ConcurrencyFrame>(m_channel, request, toFrame, std::move(onFrame),
                                        std::move(onEnd));
}

void ConcurrencyApi::endEnvironment(const QString& id, QObject* context, Done<Nothing> done)
{
    v1::EndEnvironmentRequest request;
    request.set_id(id.toStdString());
    call<v1::EndEnvironmentResponse>(m_channel, request, context, kNothing, std::move(done));
}

void ConcurrencyApi::getKeepAlive(QObject* context, Done<KeepAlive> done)
{
    call<v1::KeepAlive>(m_channel, v1::GetKeepAliveRequest(), context, toKeepAlive,
                        std::move(done));
}

void ConcurrencyApi::setKeepAlive(bool learned, int fixedSeconds, QObject* context,
                                  Done<KeepAlive> done)
{
    v1::SetKeepAliveRequest request;
    request.set_policy(learned ? "learned" : "fixed");
    request.set_fixed_seconds(fixedSeconds);
    call<v1::KeepAlive>(m_channel, request, context, toKeepAlive, std::move(done));
}

void ConcurrencyApi::scaling(QObject* context, Done<Scaling> done)
{
    call<v1::Scaling>(m_channel, v1::GetScalingRequest(), context, kScaling, std::move(done));
}

void ConcurrencyApi::setScaling(const Scaling& scaling, QObject* context, Done<Scaling> done)
{
    v1::SetScalingRequest request;
    request.mutable_scaling()->set_starts_per_ten_seconds(scaling.startsPerTenSeconds);
    request.mutable_scaling()->set_calls_per_environment(scaling.callsPerEnvironment);
    call<v1::Scaling>(m_channel, request, context, kScaling, std::move(done));
}

void ConcurrencyApi::streamPace(const QString& functionName, QObject* context,
                                Done<StreamPace> done)
{
    v1::GetStreamPaceRequest request;
    request.set_function_name(functionName.toStdString());
    call<v1::StreamPace>(m_channel, request, context, kPace, std::move(done));
}

void ConcurrencyApi::setStreamPace(const QString& functionName,
                                   const std::optional<StreamPace>& pace, QObject* context,
                                   Done<StreamPace> done)
{
    v1::SetStreamPaceRequest request;
    request.set_function_name(functionName.toStdString());
    if (pace) {
        request.mutable_pace()->set_burst_mb(pace->burstMb);
        request.mutable_pace()->set_mb_per_second(pace->mbPerSecond);
    }
    call<v1::StreamPace>(m_channel, request, context, kPace, std::move(done));
}

void ConcurrencyApi::snapshots(const QString& functionName, QObject* context,
                               Done<QList<Snapshot>> done)
{
    v1::GetSnapshotsRequest request;
    request.set_function_name(functionName.toStdString());
    call<v1::GetSnapshotsResponse>(m_channel, request, context, toSnapshots, std::move(done));
}

void ConcurrencyApi::reserve(const QString& functionName, std::optional<int> concurrency,
                             QObject* context, Done<Nothing> done)
{
    if (!concurrency) {
        aws::lambda::DeleteFunctionConcurrencyRequest request;
        request.set_function_name(functionName.toStdString());
        call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
        return;
    }
    aws::lambda::PutFunctionConcurrencyRequest request;
    request.set_function_name(functionName.toStdString());
    request.set_reserved_concurrent_executions(*concurrency);
    call<aws::lambda::Concurrency>(m_channel, request, context, kNothing, std::move(done));
}

void ConcurrencyApi::provision(const QString& functionName, const QString& qualifier,
                               int concurrency, QObject* context, Done<Nothing> done)
{
    if (concurrency == 0) {
        aws::lambda::DeleteProvisionedConcurrencyConfigRequest request;
        request.set_function_name(functionName.toStdString());
        request.set_qualifier(qualifier.toStdString());
        call<google::protobuf::Empty>(m_channel, request, context, kNothing, std::move(done));
        return;
    }
    aws::lambda::PutProvisionedConcurrencyConfigRequest request;
    request.set_function_name(functionName.toStdString());
    request.set_qualifier(qualifier.toStdString());
    request.set_provisioned_concurrent_executions(concurrency);
    call<aws::lambda::PutProvisionedConcurrencyConfigResponse>(m_channel, request, context,
                                                               kNothing, std::move(done));
}

} // namespace gantry::rpc
