#include "ui/rpc/tuning_api.h"

#include "gantry/v1/tuning.pb.h"
#include "ui/rpc/call.h"

namespace gantry::rpc {
namespace {

constexpr auto kNothing = [](const auto&) { return Nothing(); };

TuningInterval fromProto(const v1::TuningInterval& m)
{
    return {m.mean(), m.low(), m.high()};
}

TuningEstimate fromProto(const v1::TuningEstimate& m)
{
    TuningEstimate e;
    e.memoryMb = m.memory_mb();
    e.architecture = QString::fromStdString(m.architecture());
    e.state = static_cast<TuningEstimate::State>(m.state());
    e.durationMs = fromProto(m.duration_ms());
    e.costUsd = fromProto(m.cost_usd());
    e.p95Ms = m.p95_ms();
    e.initMs = m.init_ms();
    e.coldDurationMs = m.cold_duration_ms();
    e.coldCostUsd = m.cold_cost_usd();
    e.calls = m.calls();
    e.measuredMeanMs = m.measured_mean_ms();
    e.memoryUsedMb = m.memory_used_mb();
    e.modelled = m.modelled();
    e.pareto = m.pareto();
    return e;
}

TuningPick fromProto(const v1::TuningPick& m, const v1::TuningRun& run)
{
    const bool known = m.index() >= 0 && m.index() < run.estimates_size();
    return {known ? m.index() : -1, m.sure(), m.regret_at_most()};
}

TuningApplication fromProto(const v1::TuningApplication& m)
{
    TuningApplication a;
    if (m.applied_at_ms() > 0)
        a.appliedAt = QDateTime::fromMSecsSinceEpoch(m.applied_at_ms());
    a.memoryMb = m.memory_mb();
    a.previousMemoryMb = m.previous_memory_mb();
    a.version = QString::fromStdString(m.version());
    a.alias = QString::fromStdString(m.alias());
    a.previousAliasVersion = QString::fromStdString(m.previous_alias_version());
    a.aliasWeight = m.alias_weight();
    a.undone = m.undone();
    a.message = QString::fromStdString(m.message());
    return a;
}

TuningOptions fromProto(const v1::TuningOptions& m)
{
    TuningOptions o;
    o.sizesMb = QList<int>(m.power_values().begin(), m.power_values().end());
    for (const v1::WeightedPayload& payload : m.payloads())
        o.payloads.append({QByteArray::fromStdString(payload.payload()), payload.weight()});
    o.strategy = static_cast<TuningStrategy>(m.strategy());
    o.balancedWeight = m.balanced_weight();
    o.parallel = m.parallel_invocation();
    o.onlyColdStarts = m.only_cold_starts();
    o.bothArchitectures = m.both_architectures();
    o.maxCalls = m.max_calls();
    o.num = m.num();
    o.maxUsd = m.max_usd();
    o.maxMinutes = m.max_minutes();
    o.p95LimitMs = m.p95_limit_ms();
    o.epsilon = m.epsilon();
    o.coldShare = m.cold_share();
    return o;
}

TuningRun fromProto(const v1::TuningRun& m)
{
    TuningRun r;
    r.id = QString::fromStdString(m.id());
    r.functionName = QString::fromStdString(m.function_name());
    r.startedAt = QDateTime::fromMSecsSinceEpoch(m.started_at_ms());
    r.elapsedMs = m.elapsed_ms();
    r.options = fromProto(m.options());
    r.state = static_cast<TuningState>(m.state());
    r.message = QString::fromStdString(m.message());
    r.startMemoryMb = m.start_memory_mb();
    r.startArchitecture = QString::fromStdString(m.start_architecture());
    r.codeChanged = m.code_changed();
    for (const v1::TuningEstimate& estimate : m.estimates())
        r.estimates.append(fromProto(estimate));
    r.pick = fromProto(m.pick(), m);
    r.cheapest = fromProto(m.cheapest(), m);
    r.fastest = fromProto(m.fastest(), m);
    for (const v1::TuningPick& pick : m.balanced())
        r.balanced.append(fromProto(pick, m));
    r.calls = m.calls();
    r.environments = m.environments();
    r.spentUsd = m.spent_usd();
    r.gbSeconds = m.gb_seconds();
    for (const v1::TuningProbe& probe : m.next())
        r.nextMb.append(probe.memory_mb());
    const v1::TuningSaving& s = m.saving();
    r.saving = {s.invocations_per_month(), s.from_days(), s.usd_per_month(),
                s.usd_low(),               s.usd_high(),  s.ms_per_call()};
    r.coldShare = m.cold_share();
    r.restoreMs = m.restore_ms();
    r.restores = m.restores();
    r.application = fromProto(m.application());
    r.priceRegion = QString::fromStdString(m.price_region());
    r.priceAsOf = QString::fromStdString(m.price_as_of());
    r.cpuMs = m.cpu_ms();
    r.waitMs = m.wait_ms();
    r.threads = m.threads();
    return r;
}

v1::TuningOptions toProto(const TuningOptions& o)
{
    v1::TuningOptions m;
    m.mutable_power_values()->Assign(o.sizesMb.begin(), o.sizesMb.end());
    for (const TuningPayload& payload : o.payloads) {
        v1::WeightedPayload& one = *m.add_payloads();
        one.set_payload(payload.payload.toStdString());
        one.set_weight(payload.weight);
    }
    m.set_strategy(static_cast<v1::TuningStrategy>(o.strategy));
    m.set_balanced_weight(o.balancedWeight);
    m.set_parallel_invocation(o.parallel);
    m.set_discard_top_bottom(o.discardTopBottom);
    m.set_sleep_between_runs_ms(o.sleepMs);
    m.set_only_cold_starts(o.onlyColdStarts);
    m.set_pre_processor(o.preProcessor.toStdString());
    m.set_post_processor(o.postProcessor.toStdString());
    m.set_dry_run(o.dryRun);
    m.set_auto_optimize(o.autoOptimize);
    m.set_auto_optimize_alias(o.autoOptimizeAlias.toStdString());
    for (const QString& name : o.allowedExceptions)
        m.add_allowed_exceptions(name.toStdString());
    m.set_both_architectures(o.bothArchitectures);
    m.set_max_calls(o.maxCalls);
    m.set_num(o.num);
    m.set_max_usd(o.maxUsd);
    m.set_max_minutes(o.maxMinutes);
    m.set_p95_limit_ms(o.p95LimitMs);
    m.set_cold_share(o.coldShare);
    return m;
}

constexpr auto kRun = [](const v1::TuningRun& message) { return fromProto(message); };
constexpr auto kApplication = [](const v1::TuningApplication& message) {
    return fromProto(message);
};

template <class Request> Request withId(const QString& id)
{
    Request request;
    request.set_id(id.toStdString());
    return request;
}

} // namespace

std::unique_ptr<Stream> TuningApi::start(const QString& function, const TuningOptions& options,
                                         std::function<void(TuningRun)> onRun,
                                         std::function<void(Error)> onEnd)
{
    v1::StartTuningRequest request;
    request.set_function_name(function.toStdString());
    *request.mutable_options() = toProto(options);
    return stream<v1::TuningRun>(m_channel, request, kRun, std::move(onRun), std::move(onEnd));
}

void TuningApi::stop(const QString& id, QObject* context, Done<Nothing> done)
{
    call<v1::StopTuningResponse>(m_channel, withId<v1::StopTuningRequest>(id), context, kNothing,
                                 std::move(done));
}

void TuningApi::list(const QString& function, QObject* context, Done<QList<TuningRun>> done)
{
    v1::ListTuningRunsRequest request;
    request.set_function_name(function.toStdString());
    const auto convert = [](const v1::ListTuningRunsResponse& response) {
        QList<TuningRun> runs;
        for (const v1::TuningRun& run : response.runs())
            runs.append(fromProto(run));
        return runs;
    };
    call<v1::ListTuningRunsResponse>(m_channel, request, context, convert, std::move(done));
}

void TuningApi::get(const QString& id, QObject* context, Done<TuningRun> done)
{
    call<v1::TuningRun>(m_channel, withId<v1::GetTuningRunRequest>(id), context, kRun,
                        std::move(done));
}

void TuningApi::remove(const QString& id, QObject* context, Done<Nothing> done)
{
    call<v1::DeleteTuningRunResponse>(m_channel, withId<v1::DeleteTuningRunRequest>(id), context,
                                      kNothing, std::move(done));
}

void TuningApi::apply(const QString& id, int memoryMb, const QString& alias, double shiftMinutes,
                      QObject* context, Done<TuningApplication> done)
{
    auto request = withId<v1::ApplyTuningRequest>(id);
    request.set_memory_mb(memoryMb);
    request.set_alias(alias.toStdString());
    request.set_shift_minutes(shiftMinutes);
    call<v1::TuningApplication>(m_channel, request, context, kApplication, std::move(done));
}

void TuningApi::undo(const QString& id, QObject* context, Done<TuningApplication> done)
{
    call<v1::TuningApplication>(m_channel, withId<v1::UndoTuningRequest>(id), context,
                                kApplication, std::move(done));
}

void TuningApi::exportRun(const QString& id, QObject* context, Done<TuningExport> done)
{
    const auto convert = [](const v1::ExportTuningResponse& response) {
        return TuningExport{QString::fromStdString(response.json()),
                            QString::fromStdString(response.link())};
    };
    call<v1::ExportTuningResponse>(m_channel, withId<v1::ExportTuningRequest>(id), context, convert,
                                   std::move(done));
}

void TuningApi::importRun(const QString& function, const QString& content, QObject* context,
                          Done<TuningRun> done)
{
    v1::ImportTuningRequest request;
    request.set_function_name(function.toStdString());
    request.set_content(content.toStdString());
    call<v1::TuningRun>(m_channel, request, context, kRun, std::move(done));
}

} // namespace gantry::rpc
