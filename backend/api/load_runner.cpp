#include "backend/api/load_runner.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace gantry::api {
namespace {
constexpr auto kReportPeriod = std::chrono::milliseconds(100);
// A throttled sender waits this long: without it the loop would do nothing but be refused.
constexpr std::int64_t kThrottlePauseMicros = 20'000;
} // namespace

LoadRunner::LoadRunner(boost::asio::io_context& io, invoke::Dispatcher& dispatcher, Resolve resolve,
                       LoadPlan plan, StreamPtr sink)
    : m_io(io), m_dispatcher(dispatcher), m_resolve(std::move(resolve)), m_plan(std::move(plan)),
      m_sink(std::move(sink)), m_reportTimer(io), m_dueTimer(io)
{
}

void LoadRunner::start(const CallPtr& call)
{
    call->onCancelled = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->m_cancelled = true;
            self->end(absl::CancelledError());
        }
    };
    m_begin = monotonicMicros();
    scheduleReport();
    pump();
}

// How many events the rate has let out by now.
std::int64_t LoadRunner::dueBy(std::int64_t now) const
{
    if (m_plan.perSecond <= 0)
        return std::numeric_limits<std::int64_t>::max();
    return 1 +
           static_cast<std::int64_t>(static_cast<double>(now - m_begin) / 1e6 * m_plan.perSecond);
}

bool LoadRunner::isOver(std::int64_t now) const
{
    return (m_plan.count > 0 && m_totals.sent() >= m_plan.count) ||
           (m_plan.durationMicros > 0 && now - m_begin >= m_plan.durationMicros);
}

bool LoadRunner::mayStartMore(std::int64_t now) const
{
    return !m_ended && !isOver(now) && m_totals.in_flight() < m_plan.concurrency;
}

void LoadRunner::pump()
{
    m_pumpPosted = false;
    std::int64_t now = monotonicMicros();
    while (mayStartMore(now) && !m_waiting) {
        if (m_totals.sent() >= dueBy(now))
            return waitForDue(now);
        sendOne();
        now = monotonicMicros();
    }
    if (!m_ended && isOver(now) && m_totals.in_flight() == 0)
        end(absl::OkStatus());
}

void LoadRunner::waitForDue(std::int64_t now)
{
    const double dueAt = static_cast<double>(m_totals.sent()) / m_plan.perSecond * 1e6;
    std::int64_t wait = m_begin + static_cast<std::int64_t>(std::ceil(dueAt)) - now;
    if (m_plan.durationMicros > 0)
        wait = std::min(wait, m_begin + m_plan.durationMicros - now);
    m_waiting = true;
    m_dueTimer.expires_after(std::chrono::microseconds(std::max<std::int64_t>(wait, 0)));
    m_dueTimer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        self->m_waiting = false;
        if (!error)
            self->pump();
    });
}

void LoadRunner::sendOne()
{
    auto target = m_resolve();
    if (!target.ok())
        return end(target.status());
    m_totals.set_sent(m_totals.sent() + 1);
    m_totals.set_in_flight(m_totals.in_flight() + 1);
    invoke::Request request;
    request.target = *std::move(target);
    request.event = m_plan.event;
    m_dispatcher.invoke(std::move(request), [self = shared_from_this(), sentAt = monotonicMicros()](
                                                absl::StatusOr<invoke::Result> result) {
        self->answered(result, sentAt);
    });
}

void LoadRunner::answered(const absl::StatusOr<invoke::Result>& result, std::int64_t sentAt)
{
    if (!result.ok() && awsErrorOf(result.status()).status == 429) {
        m_totals.set_throttled(m_totals.throttled() + 1);
        // The slot stays taken while it pauses.
        auto pause = std::make_shared<Timer>(m_io, std::chrono::microseconds(kThrottlePauseMicros));
        pause->async_wait([self = shared_from_this(), pause](const boost::system::error_code&) {
            self->again();
        });
        return;
    }
    if (!result.ok()) {
        again();
        return end(result.status()); // the platform's own refusal: the next would be the same
    }
    const double ms = static_cast<double>(monotonicMicros() - sentAt) / 1000.0;
    m_latency.add(ms);
    m_maxMs = std::max(m_maxMs, ms);
    ++m_completions[m_tenth];
    if (!result->functionError) {
        m_totals.set_succeeded(m_totals.succeeded() + 1);
    } else {
        m_totals.set_failed(m_totals.failed() + 1);
        if (m_totals.first_error().empty())
            m_totals.set_first_error(result->payload);
    }
    m_cost += result->record.costUsd;
    m_totals.set_cold_starts(m_totals.cold_starts() + (result->record.coldStart ? 1 : 0));
    again();
}

// Not at once: the environment that has just answered is still on the stack.
void LoadRunner::again()
{
    m_totals.set_in_flight(m_totals.in_flight() - 1);
    if (m_ended || std::exchange(m_pumpPosted, true))
        return;
    boost::asio::post(m_io, [self = shared_from_this()] { self->pump(); });
}

v1::LoadProgress LoadRunner::progress(std::int64_t now) const
{
    v1::LoadProgress progress = m_totals;
    progress.set_cost_usd(m_cost.toString());
    progress.set_elapsed_ms((now - m_begin) / 1000);
    const auto recent =
        std::accumulate(m_completions.begin(), m_completions.end(), std::int64_t{0});
    const double window = std::min(1.0, static_cast<double>(now - m_begin) / 1e6);
    progress.set_per_second(window > 0 ? static_cast<double>(recent) / window : 0);
    progress.set_p50_ms(m_latency.quantile(0.5));
    progress.set_p90_ms(m_latency.quantile(0.9));
    progress.set_p99_ms(m_latency.quantile(0.99));
    progress.set_max_ms(m_maxMs);
    return progress;
}

void LoadRunner::scheduleReport()
{
    m_reportTimer.expires_after(kReportPeriod);
    m_reportTimer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self && !self->m_ended)
            self->report();
    });
}

void LoadRunner::report()
{
    const std::int64_t now = monotonicMicros();
    (void)m_sink->write(progress(now)); // without room the next one will say it all
    m_tenth = (m_tenth + 1) % m_completions.size();
    m_completions[m_tenth] = 0;
    scheduleReport();
    pump(); // ends a run by time even when nothing is answered any more
}

void LoadRunner::end(absl::Status status)
{
    if (std::exchange(m_ended, true))
        return;
    m_reportTimer.cancel();
    m_dueTimer.cancel();
    if (m_cancelled)
        return; // no one reads any more
    sendLast(std::move(status));
}

void LoadRunner::sendLast(absl::Status status)
{
    v1::LoadProgress last = progress(monotonicMicros());
    last.set_finished(true);
    const double seconds = static_cast<double>(last.elapsed_ms()) / 1000.0;
    if (seconds > 0)
        last.set_per_second(static_cast<double>(last.succeeded() + last.failed()) / seconds);
    if (m_sink->write(last))
        return m_sink->finish(std::move(status));
    m_sink->onWritable([self = shared_from_this(), status] {
        if (!self->m_cancelled)
            self->sendLast(status);
    });
}

} // namespace gantry::api
