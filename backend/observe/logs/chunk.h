#pragma once

#include "backend/observe/log_ring.h"
#include "gantry/store/logs.pb.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe::logs {

// A chunk holds lines of one group, in the order in which they came.
inline constexpr int kChunkLines = 1'024;
inline constexpr std::size_t kChunkBytes = 256 * 1024; // of messages

// One line of a chunk that is being read; the views live as long as the reader.
struct LineView {
    std::int64_t id = 0;
    std::int64_t timeMicros = 0;
    std::int64_t ingestedMicros = 0;
    std::string_view group;
    std::string_view function;
    std::string_view stream;
    std::string_view requestId;
    std::string_view message;
    invoke::LogEntry::Source source{};
};

LogLine lineOf(const LineView& view);

// Collects lines and writes them down, both parts compressed.
class ChunkBuilder final {
public:
    void add(const LogLine& line);
    // Goes on with a chunk that was written before.
    absl::Status load(std::string_view head, std::string_view body);

    int lines() const { return m_head.lengths_size(); }
    std::size_t bytes() const { return m_body.size(); }
    bool full() const { return lines() >= kChunkLines || bytes() >= kChunkBytes; }
    std::int64_t firstMicros() const { return m_first; }
    std::int64_t lastMicros() const { return m_last; }
    std::int64_t firstId() const { return m_firstId; }
    std::int64_t lastId() const { return m_lastId; }
    std::string head() const;
    std::string body() const;
    // What the full-text index is given, see needles.h.
    std::string words() const;

private:
    void index();

    record::LogChunk m_head;
    std::string m_body;
    std::int64_t m_first = 0, m_last = 0; // times
    std::int64_t m_firstId = 0, m_lastId = 0;
    std::int64_t m_previousMicros = 0;
    absl::flat_hash_map<std::string, std::uint32_t> m_streams;
    absl::flat_hash_map<std::string, std::uint32_t> m_requests;
};

// Reads chunks, one after the other; keeps its buffers.
class ChunkReader final {
public:
    // Decompresses the messages only. False when none of them holds the text.
    absl::StatusOr<bool> openBody(std::string_view body, std::string_view text);
    absl::Status openHead(std::string_view head);

    int lines() const { return m_head.lengths_size(); }
    // Lines are numbered in the chunk's own order; next() must be called lines() times.
    LineView next();
    std::string_view text() const { return m_body; }
    const record::LogChunk& head() const { return m_head; }

private:
    record::LogChunk m_head;
    std::string m_buffer;
    std::string m_body;
    int m_line = 0;
    std::size_t m_offset = 0;
    std::int64_t m_id = 0;
    std::int64_t m_time = 0;
};

} // namespace gantry::observe::logs
