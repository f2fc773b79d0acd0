#include "backend/observe/logs/scan.h"

#include "backend/observe/logs/needles.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/strings/ascii.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace gantry::observe::logs {
namespace {

struct ChunkRow {
    std::int64_t id = 0;
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t group = 0;
    std::int64_t lines = 0;
    bool sealed = false;
};

bool holds(const std::vector<std::string>& list, std::string_view value)
{
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

std::string lowered(std::string_view text)
{
    std::string result(text);
    absl::AsciiStrToLower(&result);
    return result;
}

// One scan at work.
class Scanner final {
public:
    Scanner(store::Database& database, const Scan& scan, ScanStatistics& statistics)
        : m_database(database), m_scan(scan), m_statistics(statistics)
    {
        for (const std::string& text : scan.texts) {
            if (!text.empty())
                m_texts.push_back(scan.anyCase ? lowered(text) : text);
        }
        std::sort(m_texts.begin(), m_texts.end(),
                  [](const auto& a, const auto& b) { return a.size() > b.size(); });
    }

    absl::Status prepare()
    {
        absl::flat_hash_set<std::int64_t> ofFunctions;
        for (const std::string& function : m_scan.functions) {
            const absl::Status status = m_database.query(
                "SELECT DISTINCT grp FROM streams WHERE function = ?", {function},
                [&](const store::Row& row) { ofFunctions.insert(row.integer(0)); });
            if (!status.ok())
                return status;
        }
        return m_database.query("SELECT id, name FROM groups", {}, [&](const store::Row& row) {
            const bool wanted = holds(m_scan.groups, row.text(1)) &&
                                (m_scan.functions.empty() || ofFunctions.contains(row.integer(0)));
            if (wanted)
                m_groups.emplace(row.integer(0), std::string(row.text(1)));
        });
    }

    // The index is asked after the list was made: a chunk that is sealed in between is not missed.
    absl::StatusOr<std::vector<ChunkRow>> chunks(Order order)
    {
        std::vector<ChunkRow> rows;
        absl::Status status = m_database.query(
            "SELECT id, first_us, last_us, grp, lines, sealed FROM chunks WHERE last_us >= ? AND "
            "first_us < ? ORDER BY last_us DESC",
            {m_scan.fromMicros, m_scan.toMicros}, [&](const store::Row& row) {
                ChunkRow chunk{row.integer(0), row.integer(1), row.integer(2),
                               row.integer(3), row.integer(4), row.integer(5) != 0};
                if (m_groups.contains(chunk.group))
                    rows.push_back(chunk);
            });
        if (status.ok())
            status = readCandidates();
        if (!status.ok())
            return status;
        if (m_candidates) {
            m_statistics.chunksSkipped +=
                static_cast<std::int64_t>(std::erase_if(rows, [this](const ChunkRow& chunk) {
                    return chunk.sealed && !m_candidates->contains(chunk.id);
                }));
        }
        if (order == Order::OldestFirst)
            std::sort(rows.begin(), rows.end(),
                      [](const auto& a, const auto& b) { return a.first < b.first; });
        return rows;
    }

    absl::Status read(const ChunkRow& row, const std::function<void(const LineView&)>& each)
    {
        ++m_statistics.chunksRead;
        m_statistics.linesScanned += row.lines;
        absl::Status result;
        const absl::Status status = m_database.query(
            "SELECT head, body FROM chunks WHERE id = ?", {row.id}, [&](const store::Row& blobs) {
                const bool exact = !m_scan.anyCase && !m_texts.empty();
                const auto found = m_reader.openBody(
                    blobs.blob(1), exact ? std::string_view(m_texts.front()) : std::string_view());
                m_statistics.bytesScanned += static_cast<std::int64_t>(m_reader.text().size());
                if (!found.ok())
                    result = found.status();
                else if (*found && hasLowered())
                    result = m_reader.openHead(blobs.blob(0));
                else
                    return;
                if (result.ok())
                    eachLine(m_groups.find(row.group)->second, each);
            });
        return status.ok() ? result : status;
    }

private:
    absl::Status readCandidates()
    {
        const std::string query = indexQuery(m_texts, m_scan.requestId);
        if (query.empty())
            return absl::OkStatus();
        m_candidates.emplace();
        return m_database.query("SELECT rowid FROM chunk_index WHERE chunk_index MATCH ?", {query},
                                [&](const store::Row& row) {
                                    m_candidates->insert(row.integer(0));
                                });
    }

    // Whether the chunk's messages hold the longest text; brings them into lower case if need be.
    bool hasLowered()
    {
        if (!m_scan.anyCase || m_texts.empty())
            return true;
        m_lowered.assign(m_reader.text());
        absl::AsciiStrToLower(&m_lowered);
        return m_lowered.find(m_texts.front()) != std::string::npos;
    }

    void eachLine(const std::string& group, const std::function<void(const LineView&)>& each)
    {
        const bool useLowered = m_scan.anyCase && !m_texts.empty();
        std::size_t offset = 0;
        for (int i = 0; i < m_reader.lines(); ++i) {
            LineView line = m_reader.next();
            const std::size_t start = std::exchange(offset, offset + line.message.size() + 1);
            const std::string_view text =
                useLowered ? std::string_view(m_lowered).substr(start, line.message.size())
                           : line.message;
            if (!matches(line, text))
                continue;
            line.group = group;
            ++m_statistics.linesMatched;
            each(line);
        }
    }

    bool matches(const LineView& line, std::string_view text) const
    {
        if (line.timeMicros < m_scan.fromMicros || line.timeMicros >= m_scan.toMicros)
            return false;
        if (!m_scan.requestId.empty() && line.requestId != m_scan.requestId)
            return false;
        if (!holds(m_scan.functions, line.function) || !holds(m_scan.streams, line.stream) ||
            !line.stream.starts_with(m_scan.streamPrefix))
            return false;
        return std::all_of(m_texts.begin(), m_texts.end(), [text](const std::string& wanted) {
            return text.find(wanted) != std::string_view::npos;
        });
    }

    store::Database& m_database;
    const Scan& m_scan;
    ScanStatistics& m_statistics;
    std::vector<std::string> m_texts; // the longest first
    absl::flat_hash_map<std::int64_t, std::string> m_groups;
    std::optional<absl::flat_hash_set<std::int64_t>> m_candidates; // sealed chunks by the index
    ChunkReader m_reader;
    std::string m_lowered;
};

// Keeps the first lines by an order.
class Best final {
    bool before(std::int64_t time, std::int64_t id, const LogLine& than) const
    {
        const auto a = std::tie(time, id);
        const auto b = std::tie(than.entry.timeMicros, than.id);
        return m_order == Order::OldestFirst ? a < b : a > b;
    }
    auto less() const
    {
        return [this](const LogLine& a, const LogLine& b) {
            return before(a.entry.timeMicros, a.id, b);
        };
    }

public:
    Best(Order order, std::size_t limit) : m_order(order), m_limit(limit) {}

    bool full() const { return m_lines.size() >= m_limit; }
    std::int64_t worstMicros() const { return m_lines.front().entry.timeMicros; }

    void offer(const LineView& view)
    {
        if (m_limit == 0 || (full() && !before(view.timeMicros, view.id, m_lines.front())))
            return;
        if (full()) {
            std::pop_heap(m_lines.begin(), m_lines.end(), less());
            m_lines.pop_back();
        }
        m_lines.push_back(lineOf(view));
        std::push_heap(m_lines.begin(), m_lines.end(), less());
    }

    std::vector<LogLine> take()
    {
        std::sort_heap(m_lines.begin(), m_lines.end(), less());
        return std::move(m_lines);
    }

private:
    const Order m_order;
    const std::size_t m_limit;
    std::vector<LogLine> m_lines; // a heap, the worst at its top
};

} // namespace

absl::Status scanLines(store::Database& database, const Scan& scan, Order order,
                       const std::function<bool(std::int64_t, std::int64_t)>& goOn,
                       const std::function<void(const LineView&)>& each,
                       ScanStatistics* statistics)
{
    ScanStatistics own;
    Scanner scanner(database, scan, statistics ? *statistics : own);
    if (absl::Status status = scanner.prepare(); !status.ok())
        return status;
    const auto chunks = scanner.chunks(order);
    if (!chunks.ok())
        return chunks.status();
    for (const ChunkRow& chunk : *chunks) {
        if (!goOn(chunk.first, chunk.last))
            break;
        if (absl::Status status = scanner.read(chunk, each); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

absl::StatusOr<std::vector<LogLine>>
findLines(store::Database& database, const Scan& scan, Order order, std::size_t limit,
          const std::function<bool(const LineView&)>& condition, ScanStatistics* statistics)
{
    Best best(order, limit);
    const absl::Status status = scanLines(
        database, scan, order,
        [&](std::int64_t first, std::int64_t last) {
            return !best.full() || (order == Order::OldestFirst ? first <= best.worstMicros()
                                                                : last >= best.worstMicros());
        },
        [&](const LineView& line) {
            if (!condition || condition(line))
                best.offer(line);
        },
        statistics);
    if (!status.ok())
        return status;
    return best.take();
}

} // namespace gantry::observe::logs
