#pragma once

#include "backend/functions/target.h"
#include "backend/invoke/invocation_record.h"
#include "backend/runtime/environment.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace gantry::invoke {

// Stands between a streaming function and its caller: counts the bytes for the record and lets
// them through at Lambda's bandwidth, a burst and then a steady rate (a token bucket).
class ResponseMeter final : public runtime::ResponseSink,
                            public std::enable_shared_from_this<ResponseMeter> {
public:
    ResponseMeter(boost::asio::io_context& io, std::shared_ptr<runtime::ResponseSink> to,
                  const functions::StreamPace& pace);

    void begin(const std::string& contentType) override;
    void write(std::string bytes, std::function<void()> more) override;

    bool begun() const { return m_begun; }
    // The whole response when it is small enough to be kept with the record; else null.
    std::shared_ptr<const std::string> kept() const;
    void report(InvocationRecord& record) const;

private:
    void takeTokens(std::size_t bytes);
    void pace(std::function<void()> more);

    const std::shared_ptr<runtime::ResponseSink> m_to;
    const double m_burst;
    const double m_perMicro; // 0: no limit
    boost::asio::steady_timer m_timer;
    const std::int64_t m_madeAt;
    double m_tokens;
    std::int64_t m_refilledAt = 0;
    bool m_begun = false;
    std::int64_t m_bytes = 0;
    std::int64_t m_firstByteMicros = 0;
    std::string m_kept;
};

} // namespace gantry::invoke
