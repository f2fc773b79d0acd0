#include "backend/cost/standing.h"

#include "backend/base/clock.h"

#include <chrono>

namespace gantry::cost {
namespace {
constexpr std::int64_t kSecondMicros = 1'000'000;
}

StandingMeter::StandingMeter(boost::asio::io_context& io, Ledger& ledger, List list)
    : m_ledger(ledger), m_list(std::move(list)), m_timer(io)
{
    scheduleTick();
}

void StandingMeter::scheduleTick()
{
    m_timer.expires_after(std::chrono::seconds(1));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        tick();
        scheduleTick();
    });
}

void StandingMeter::charge(const Provision& provision, std::int64_t atMicros, int environments)
{
    pricing::Usage usage;
    const std::int64_t millis = m_ledger.prices().table.provisionedStepSeconds * 1'000;
    std::int64_t& amount = provision.snapshot ? usage.snapshotMbMillis
                           : provision.arm64  ? usage.arm.provisionedMbMillis
                                              : usage.x86.provisionedMbMillis;
    amount = std::int64_t{environments} * provision.memoryMb * millis;
    Subject subject;
    subject.function = provision.function;
    subject.version = provision.qualifier;
    subject.memoryMb = provision.memoryMb;
    m_ledger.add(atMicros, std::move(subject), usage);
}

void StandingMeter::tick()
{
    const std::int64_t now = m_ledger.clock().unixMicros();
    const std::int64_t length = m_ledger.prices().table.provisionedStepSeconds * kSecondMicros;
    for (auto& [key, step] : m_steps)
        step.seen = false;
    for (const Provision& provision : m_list()) {
        if (provision.environments <= 0)
            continue;
        Step& step = m_steps[{provision.function, provision.qualifier, provision.snapshot}];
        step.seen = true;
        if (provision.environments > step.environments && now < step.endMicros)
            charge(provision, now, provision.environments - step.environments);
        if (now >= step.endMicros) {
            // A daemon that slept is not charged for the time in which it did.
            const bool late = now - step.endMicros > length;
            const std::int64_t from = step.endMicros == 0 || late ? now : step.endMicros;
            charge(provision, from, provision.environments);
            step.endMicros = from + length;
        }
        step.environments = provision.environments;
    }
    std::erase_if(m_steps, [](const auto& entry) { return !entry.second.seen; });
}

} // namespace gantry::cost
