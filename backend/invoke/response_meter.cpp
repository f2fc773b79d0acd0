#include "backend/invoke/response_meter.h"

#include "backend/base/clock.h"
#include "backend/invoke/dispatcher.h"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry::invoke {

ResponseMeter::ResponseMeter(boost::asio::io_context& io,
                             std::shared_ptr<runtime::ResponseSink> to,
                             const functions::StreamPace& pace)
    : m_to(std::move(to)), m_burst(static_cast<double>(pace.burstBytes)),
      m_perMicro(static_cast<double>(pace.bytesPerSecond) / 1e6), m_timer(io),
      m_madeAt(monotonicMicros()), m_tokens(m_burst), m_refilledAt(m_madeAt)
{
}

void ResponseMeter::begin(const std::string& contentType)
{
    m_begun = true;
    m_to->begin(contentType);
}

void ResponseMeter::write(std::string bytes, std::function<void()> more)
{
    if (m_bytes == 0)
        m_firstByteMicros = std::max<std::int64_t>(monotonicMicros() - m_madeAt, 1);
    m_bytes += static_cast<std::int64_t>(bytes.size());
    if (m_kept.size() <= kKeptPayloadBytes)
        m_kept.append(bytes, 0, kKeptPayloadBytes + 1 - m_kept.size());
    takeTokens(bytes.size());
    m_to->write(std::move(bytes),
                [self = shared_from_this(), more = std::move(more)]() mutable {
                    self->pace(std::move(more));
                });
}

void ResponseMeter::takeTokens(std::size_t bytes)
{
    const std::int64_t now = monotonicMicros();
    m_tokens = std::min(m_burst, m_tokens + static_cast<double>(now - m_refilledAt) * m_perMicro);
    m_refilledAt = now;
    m_tokens -= static_cast<double>(bytes);
}

// A debt is waited for; the next bytes come when it is paid.
void ResponseMeter::pace(std::function<void()> more)
{
    if (m_tokens >= 0 || m_perMicro <= 0)
        return more();
    const auto wait = static_cast<std::int64_t>(-m_tokens / m_perMicro);
    m_timer.expires_after(std::chrono::microseconds(wait));
    m_timer.async_wait([weak = weak_from_this(),
                        more = std::move(more)](const boost::system::error_code& error) {
        if (!error && !weak.expired())
            more();
    });
}

std::shared_ptr<const std::string> ResponseMeter::kept() const
{
    return m_kept.size() <= kKeptPayloadBytes ? std::make_shared<const std::string>(m_kept)
                                              : nullptr;
}

void ResponseMeter::report(InvocationRecord& record) const
{
    record.streamedBytes = m_bytes;
    record.firstByteMicros = m_firstByteMicros;
}

} // namespace gantry::invoke
