#include "backend/tuning/experiment.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/tuning/options.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry::tuning {
namespace {

// Calls of real traffic seldom follow each other at once, and the known tool's are a network apart. One
// that does may find the CPU quota used up by the one before; tests/bench/README.md.
constexpr int kLeastPauseMs = 10;
constexpr int kSideBySide = 3; // environments of a round with parallelInvocation

Ending endingOf(const invoke::InvocationRecord& record, const v1::TuningOptions& options)
{
    if (record.errorType.empty())
        return Ending::Answered;
    const auto& allowed = options.allowed_exceptions();
    if (std::find(allowed.begin(), allowed.end(), record.errorType) != allowed.end())
        return Ending::Answered;
    if (record.errorType == "Runtime.OutOfMemory")
        return Ending::OutOfMemory;
    return record.errorType == "Sandbox.Timedout" ? Ending::TimedOut : Ending::FunctionError;
}

} // namespace

struct Experiment::Measuring {
    Probe probe;
    functions::Target target;
};

Experiment::Experiment(Platform platform, v1::TuningRun run, Prices prices, Traffic traffic,
                       Progress progress)
    : m_platform(std::move(platform)), m_run(std::move(run)), m_prices(prices), m_traffic(traffic),
      m_progress(std::move(progress)),
      m_payloadDebt(static_cast<std::size_t>(m_run.options().payloads_size()))
{
}

Experiment::~Experiment() = default;

void Experiment::start()
{
    m_begin = monotonicMicros();
    auto target = m_platform.resolve(m_run.function_name());
    if (!target.ok())
        return end(v1::TUNING_FAILED, awsErrorOf(target.status()).message);
    m_target = *std::move(target);
    Plan plan = planOf(m_run.options(), architectureOf(m_target.spec->architecture),
                       m_target.spec->memoryMb);
    if (m_run.options().dry_run()) {
        plan.sizesMb = {m_target.spec->memoryMb};
        plan.maxCalls = plan.callsPerProbe = 1;
    }
    m_search = std::make_unique<Search>(std::move(plan), m_prices);
    this->plan();
}

void Experiment::stop()
{
    m_stopping = true;
}

bool Experiment::outOfTime() const
{
    const double minutes = static_cast<double>(monotonicMicros() - m_begin) / 60e6;
    return m_run.options().max_minutes() > 0 && minutes >= m_run.options().max_minutes();
}

// The arithmetic of a round happens on a worker; nothing else touches the search meanwhile.
void Experiment::plan()
{
    const bool more = !m_stopping && m_failure.empty() && !outOfTime();
    const int wanted = m_run.options().parallel_invocation() ? kSideBySide : 1;
    m_platform.workers.post([self = shared_from_this(), run = m_run, more, wanted]() mutable {
        std::vector<Candidate> round;
        if (more)
            round = self->m_search->next(wanted);
        const Stop stop = self->m_search->stop();
        describe(*self->m_search, self->m_prices, self->m_traffic, run);
        boost::asio::post(self->m_platform.io, [self, round = std::move(round), stop,
                                                run = std::move(run)]() mutable {
            self->planned(std::move(round), stop, std::move(run));
        });
    });
}

void Experiment::planned(std::vector<Candidate> round, Stop stop, v1::TuningRun described)
{
    m_run = std::move(described);
    m_run.set_elapsed_ms((monotonicMicros() - m_begin) / 1000);
    m_run.clear_next();
    if (!m_failure.empty())
        return end(v1::TUNING_FAILED, m_failure);
    if (round.empty()) {
        if (m_stopping)
            return end(v1::TUNING_STOPPED, "Stopped.");
        if (stop == Stop::NothingRuns)
            return end(v1::TUNING_FAILED, "The function runs out of memory or time in every size.");
        return end(stop == Stop::Sure ? v1::TUNING_SURE : v1::TUNING_BUDGET, {});
    }
    for (const Candidate& candidate : round)
        *m_run.add_next() = toMessage({candidate, {}});
    m_progress(m_run);
    m_measuring = static_cast<int>(round.size());
    for (const Candidate& candidate : round)
        measure(candidate);
}

// A target that differs from the function's own in size, under a pool key of its own: a fresh
// environment that no other invocation can get.
void Experiment::measure(const Candidate& candidate)
{
    auto probe = std::make_shared<Measuring>();
    probe->probe.candidate = candidate;
    auto spec = std::make_shared<runtime::EnvironmentSpec>(*m_target.spec);
    spec->memoryMb = candidate.memoryMb;
    probe->target = m_target;
    probe->target.spec = std::move(spec);
    probe->target.poolKey = absl::StrCat(m_target.poolKey, "#tuning-", m_run.id(), "-", ++m_made);
    begin(probe);
}

void Experiment::begin(const MeasuringPtr& probe)
{
    const auto payload = nextPayload();
    if (m_run.options().pre_processor().empty())
        return send(probe, payload);
    callOther(m_run.options().pre_processor(), payload,
              [self = shared_from_this(), probe](absl::StatusOr<std::string> answer) {
                  if (!answer.ok()) {
                      self->fail(absl::StrCat("The preprocessor failed: ",
                                              awsErrorOf(answer.status()).message));
                      return self->done(probe);
                  }
                  self->send(probe, std::make_shared<const std::string>(*std::move(answer)));
              });
}

void Experiment::send(const MeasuringPtr& probe, std::shared_ptr<const std::string> event)
{
    invoke::Request request;
    request.target = probe->target;
    request.event = std::move(event);
    m_platform.dispatcher.invoke(
        std::move(request),
        [self = shared_from_this(), probe](absl::StatusOr<invoke::Result> result) {
            self->answered(probe, std::move(result));
        });
}

Call Experiment::callOf(const invoke::InvocationRecord& record) const
{
    Call call;
    call.durationMs = static_cast<double>(record.durationMicros) / 1000;
    call.billedMs = static_cast<double>(record.billedMs);
    call.initMs = static_cast<double>(record.initMicros) / 1000;
    call.cold = record.coldStart;
    if (m_run.options().only_cold_starts() || m_run.options().dry_run()) {
        call.cold = false; // it is what is asked for, init included
        call.durationMs += call.initMs;
    }
    call.ending = endingOf(record, m_run.options());
    call.errorType = record.errorType;
    call.memoryUsedMb = static_cast<double>(record.memoryUsedBytes) / (1 << 20);
    return call;
}

void Experiment::answered(const MeasuringPtr& probe, absl::StatusOr<invoke::Result> result)
{
    if (!result.ok()) {
        fail(awsErrorOf(result.status()).message);
        return done(probe);
    }
    probe->probe.calls.push_back(callOf(result->record));
    switch (probe->probe.calls.back().ending) {
    case Ending::Answered:
        return afterwards(probe, std::move(result->payload));
    case Ending::FunctionError:
        fail(absl::StrCat("At ", probe->probe.candidate.memoryMb, " MB the function failed with ",
                          result->record.errorType, ": ", result->record.errorMessage));
        return done(probe);
    case Ending::OutOfMemory:
    case Ending::TimedOut:
        return done(probe); // a bound; nothing more to learn at this size
    }
}

void Experiment::afterwards(const MeasuringPtr& probe, std::string answer)
{
    if (m_run.options().post_processor().empty())
        return next(probe);
    callOther(m_run.options().post_processor(),
              std::make_shared<const std::string>(std::move(answer)),
              [self = shared_from_this(), probe](const absl::StatusOr<std::string>& reply) {
                  if (!reply.ok()) {
                      self->fail(absl::StrCat("The postprocessor failed: ",
                                              awsErrorOf(reply.status()).message));
                      return self->done(probe);
                  }
                  self->next(probe);
              });
}

void Experiment::next(const MeasuringPtr& probe)
{
    const int wanted = m_search->plan().callsPerProbe;
    if (static_cast<int>(probe->probe.calls.size()) >= wanted || m_stopping || !m_failure.empty())
        return done(probe);
    // Not at once: the environment that has just answered is still on the stack, besides.
    const int pause = std::max(m_run.options().sleep_between_runs_ms(), kLeastPauseMs);
    auto timer = std::make_shared<boost::asio::steady_timer>(m_platform.io,
                                                             std::chrono::milliseconds(pause));
    timer->async_wait([self = shared_from_this(), probe, timer](const boost::system::error_code&) {
        self->begin(probe);
    });
}

void Experiment::done(const MeasuringPtr& probe)
{
    boost::asio::post(m_platform.io, [self = shared_from_this(), probe] {
        if (!probe->probe.calls.empty())
            self->m_search->add(std::move(probe->probe));
        if (--self->m_measuring > 0)
            return;
        self->endEnvironments();
        self->plan();
    });
}

// Everything of $LATEST but the function's own pool: that is what this round made.
void Experiment::endEnvironments()
{
    const auto own = m_platform.resolve(m_run.function_name());
    if (own.ok())
        m_platform.dispatcher.retire(m_run.function_name(), own->poolKey);
}

void Experiment::callOther(const std::string& function, std::shared_ptr<const std::string> event,
                           std::function<void(absl::StatusOr<std::string>)> reply)
{
    auto target = m_platform.resolve(function);
    if (!target.ok())
        return reply(target.status());
    invoke::Request request;
    request.target = *std::move(target);
    request.event = std::move(event);
    m_platform.dispatcher.invoke(
        std::move(request), [reply = std::move(reply)](absl::StatusOr<invoke::Result> result) {
            if (!result.ok())
                return reply(result.status());
            if (result->functionError)
                return reply(serviceError(result->record.errorType));
            reply(std::move(result->payload));
        });
}

// The payload that is furthest behind its weight: after any number of calls the shares are as near
// to the weights as they can be.
std::shared_ptr<const std::string> Experiment::nextPayload()
{
    const auto& payloads = m_run.options().payloads();
    double sum = 0;
    for (int i = 0; i < payloads.size(); ++i)
        sum += payloads[i].weight();
    for (int i = 0; i < payloads.size(); ++i)
        m_payloadDebt[static_cast<std::size_t>(i)] += payloads[i].weight() / sum;
    const auto most = std::max_element(m_payloadDebt.begin(), m_payloadDebt.end());
    *most -= 1;
    return std::make_shared<const std::string>(
        payloads[static_cast<int>(most - m_payloadDebt.begin())].payload());
}

void Experiment::fail(std::string message)
{
    if (m_failure.empty())
        m_failure = std::move(message);
}

void Experiment::end(v1::TuningState state, std::string message)
{
    if (std::exchange(m_ended, true))
        return;
    m_run.set_state(state);
    m_run.set_message(std::move(message));
    m_run.clear_next();
    m_progress(m_run);
}

} // namespace gantry::tuning
