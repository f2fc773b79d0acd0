#include "backend/observe/logs/chunk.h"

#include "backend/base/error.h"
#include "backend/observe/compression.h"
#include "backend/observe/logs/needles.h"

#include <algorithm>

#include <cstring>

namespace gantry::observe::logs {
namespace {

constexpr int kLevel = 1; // higher ones save little on log lines

absl::Status damaged()
{
    return serviceError("A part of the logs is damaged and cannot be read.");
}

absl::Status decompress(std::string_view data, std::string& out)
{
    auto whole = observe::decompress(data);
    if (!whole)
        return damaged();
    out = *std::move(whole);
    return absl::OkStatus();
}

// Whether the numbers of a head that was read fit together.
bool consistent(const record::LogChunk& head)
{
    const int lines = head.lengths_size();
    const auto below = [](const auto& values, int limit) {
        return std::all_of(values.begin(), values.end(), [limit](std::uint32_t value) {
            return value < static_cast<std::uint32_t>(limit);
        });
    };
    return head.ids_size() == lines && head.times_size() == lines &&
           head.ingested_size() == lines && head.stream_size() == lines &&
           head.request_size() == lines && head.source_size() == lines &&
           below(head.stream(), head.streams_size()) &&
           below(head.request(), head.requests_size());
}

std::uint64_t bodySize(const record::LogChunk& head)
{
    std::uint64_t size = 0;
    for (const std::uint32_t length : head.lengths())
        size += length + std::uint64_t{1};
    return size;
}

std::uint32_t indexOf(absl::flat_hash_map<std::string, std::uint32_t>& known,
                      const std::string& key, auto add)
{
    const auto [entry, isNew] = known.try_emplace(key, static_cast<std::uint32_t>(known.size()));
    if (isNew)
        add();
    return entry->second;
}

} // namespace

LogLine lineOf(const LineView& view)
{
    LogLine line;
    line.id = view.id;
    line.entry.timeMicros = view.timeMicros;
    line.ingestedMicros = view.ingestedMicros;
    line.entry.logGroup = std::string(view.group);
    line.entry.functionName = std::string(view.function);
    line.entry.requestId = std::string(view.requestId);
    line.entry.logStream = std::string(view.stream);
    line.entry.message = std::string(view.message);
    line.entry.source = view.source;
    return line;
}

void ChunkBuilder::add(const LogLine& line)
{
    const invoke::LogEntry& e = line.entry;
    const bool first = lines() == 0;
    m_first = first ? e.timeMicros : std::min(m_first, e.timeMicros);
    m_last = first ? e.timeMicros : std::max(m_last, e.timeMicros);
    if (first)
        m_firstId = line.id;
    m_head.add_ids(line.id - (first ? 0 : m_lastId));
    m_lastId = line.id;
    m_head.add_times(e.timeMicros - std::exchange(m_previousMicros, e.timeMicros));
    m_head.add_ingested(line.ingestedMicros > 0 ? line.ingestedMicros - e.timeMicros : 0);
    m_head.add_stream(indexOf(m_streams, e.logStream, [&] {
        auto* stream = m_head.add_streams();
        stream->set_name(e.logStream);
        stream->set_function(e.functionName);
    }));
    m_head.add_request(
        indexOf(m_requests, e.requestId, [&] { m_head.add_requests(e.requestId); }));
    m_head.add_source(static_cast<std::uint32_t>(e.source));
    m_head.add_lengths(static_cast<std::uint32_t>(e.message.size()));
    m_body += e.message;
    m_body += '\n';
}

absl::Status ChunkBuilder::load(std::string_view head, std::string_view body)
{
    ChunkReader reader;
    if (const auto opened = reader.openBody(body, {}); !opened.ok())
        return opened.status();
    if (absl::Status status = reader.openHead(head); !status.ok())
        return status;
    *this = {};
    for (int i = 0; i < reader.lines(); ++i)
        add(lineOf(reader.next()));
    return absl::OkStatus();
}

std::string ChunkBuilder::head() const
{
    return compress(m_head.SerializeAsString(), kLevel);
}

std::string ChunkBuilder::body() const
{
    return compress(m_body, kLevel);
}

std::string ChunkBuilder::words() const
{
    return indexWords(m_body, m_head.requests());
}

absl::StatusOr<bool> ChunkReader::openBody(std::string_view body, std::string_view text)
{
    if (absl::Status status = decompress(body, m_body); !status.ok())
        return status;
    return text.empty() || ::memmem(m_body.data(), m_body.size(), text.data(), text.size());
}

absl::Status ChunkReader::openHead(std::string_view head)
{
    if (absl::Status status = decompress(head, m_buffer); !status.ok())
        return status;
    if (!m_head.ParseFromString(m_buffer) || !consistent(m_head) ||
        bodySize(m_head) != m_body.size())
        return damaged();
    m_line = 0;
    m_offset = 0;
    m_id = m_time = 0;
    return absl::OkStatus();
}

LineView ChunkReader::next()
{
    const int i = m_line++;
    m_id += m_head.ids(i);
    m_time += m_head.times(i);
    const std::size_t length = m_head.lengths(i);
    LineView line;
    line.id = m_id;
    line.timeMicros = m_time;
    line.ingestedMicros = m_time + m_head.ingested(i);
    const record::LogChunk::Stream& stream = m_head.streams(static_cast<int>(m_head.stream(i)));
    line.stream = stream.name();
    line.function = stream.function();
    line.requestId = m_head.requests(static_cast<int>(m_head.request(i)));
    line.source = static_cast<invoke::LogEntry::Source>(m_head.source(i));
    line.message = std::string_view(m_body).substr(m_offset, length);
    m_offset += length + 1;
    return line;
}

} // namespace gantry::observe::logs
