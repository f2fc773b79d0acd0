#pragma once

#include "backend/invoke/invocation_record.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace gantry::observe {

struct LogLine {
    std::int64_t id = 0; // ascending, over restarts too
    invoke::LogEntry entry;          // without a function's name when PutLogEvents sent it
    std::int64_t ingestedMicros = 0; // when the platform got it
};
using LogLinePtr = std::shared_ptr<const LogLine>;

// The newest lines, for the readers that follow the log. Bounded in lines and in bytes.
class LogRing final {
public:
    static constexpr std::size_t kLines = 10'000;
    static constexpr std::size_t kBytes = 5 * 1024 * 1024 / 2;

    void push(LogLinePtr line);

    std::int64_t lastId() const { return m_lines.empty() ? m_dropped : m_lines.back()->id; }
    // How many lines after `id` are no longer here.
    std::int64_t missedAfter(std::int64_t id) const;
    // Calls each(line) for the lines after `id`, oldest first, until it answers false.
    template <class Each> void after(std::int64_t id, Each each) const
    {
        if (m_lines.empty())
            return;
        const std::int64_t skip = id - m_lines.front()->id + 1;
        for (std::size_t i = skip > 0 ? static_cast<std::size_t>(skip) : 0; i < m_lines.size();
             ++i) {
            if (!each(*m_lines[i]))
                return;
        }
    }

private:
    std::deque<LogLinePtr> m_lines; // ids without gaps
    std::size_t m_bytes = 0;
    std::int64_t m_dropped = 0; // id of the newest line that was dropped
};

} // namespace gantry::observe
