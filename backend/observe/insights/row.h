#pragma once

#include "backend/observe/insights/value.h"
#include "backend/observe/logs/chunk.h"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::observe::insights {

// A row on its way through a query: a log line with the fields that are discovered in it, or what
// stats made of many; and the fields that the query computed.
//
// Of every line: @timestamp, @ingestionTime, @message, @logStream, @log, @requestId. Of a JSON
// message: its members, those within others as a.b.0. Of a REPORT line of the platform: @type,
// @duration, @billedDuration, @initDuration (ms), @memorySize, @maxMemoryUsed (bytes).
class Row final {
public:
    Row() = default;
    explicit Row(const logs::LineView& line) : m_line(&line) {}
    Row(Row&&) noexcept = default;
    Row& operator=(Row&&) noexcept = default;

    Value field(std::string_view name) const;
    // Without a copy where it is a part of the line or computed as text.
    std::optional<std::string_view> text(std::string_view name) const;
    void set(std::string name, Value value);
    const std::vector<std::pair<std::string, Value>>& computed() const { return m_computed; }
    std::int64_t lineId() const { return m_owned ? m_owned->id : m_line ? m_line->id : 0; }

    // Makes the row independent of the line's buffers.
    void own();

private:
    std::optional<std::string_view> lineText(std::string_view name) const;
    Value lineField(std::string_view name) const;
    const boost::json::value* json() const;
    Value jsonField(std::string_view name) const;

    const logs::LineView* m_line = nullptr;
    std::optional<LogLine> m_owned;
    std::vector<std::pair<std::string, Value>> m_computed;
    mutable std::optional<boost::json::value> m_json; // null when the message is not JSON
};

} // namespace gantry::observe::insights
