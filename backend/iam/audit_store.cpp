#include "backend/iam/audit_store.h"

#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/iam/policy_pattern.h"
#include "backend/store/files.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace gantry::iam::audit {
namespace {

namespace json = boost::json;

constexpr int kPage = 200;
constexpr int kMaxPage = 2'000;
constexpr std::size_t kExportBytes = 2 << 20;
constexpr int kScanRows = 1'000; // that a query reads at a time

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE entry (
    sequence INTEGER PRIMARY KEY, time_ms INTEGER NOT NULL, principal TEXT NOT NULL,
    decision INTEGER NOT NULL, line TEXT NOT NULL, hash TEXT NOT NULL
);
-- Who did what: kept longer than the entries it sums up, and no part of the chain.
CREATE TABLE usage (
    principal TEXT NOT NULL, action TEXT NOT NULL, resource TEXT NOT NULL,
    allowed INTEGER NOT NULL, count INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (principal, action, resource, allowed)
) WITHOUT ROWID;
)sql"};

struct Filter {
    explicit Filter(const v1::AuditFilter& from) : wanted(from), text(lowerCase(from.text())) {}

    bool takes(std::int64_t timeMs, std::string_view principal, int decision,
               std::string_view line) const
    {
        if (timeMs < wanted.from_ms() || (wanted.to_ms() > 0 && timeMs > wanted.to_ms()))
            return false;
        if (!wanted.principal().empty() && principal != wanted.principal())
            return false;
        if (wanted.decisions_size() > 0 &&
            std::find(wanted.decisions().begin(), wanted.decisions().end(), decision) ==
                wanted.decisions().end())
            return false;
        return text.empty() || matches(line);
    }

    bool matches(std::string_view line) const
    {
        const auto read = readAuditLine(line);
        if (!read)
            return false;
        const v1::AuditEntry& entry = read->entry;
        const auto has = [this](const std::string& member) {
            return absl::StrContains(lowerCase(member), text);
        };
        return has(entry.principal_arn()) || has(entry.action()) || has(entry.resource()) ||
               has(entry.reason()) ||
               std::any_of(entry.also().begin(), entry.also().end(),
                           [&has](const v1::AuditedUse& use) {
                               return has(use.action()) || has(use.resource());
                           });
    }

    const v1::AuditFilter wanted;
    const std::string text;
};

absl::Status addUse(store::Database& database, const std::string& principal,
                    const std::string& action, const std::string& resource,
                    const v1::AuditEntry& entry)
{
    return database.run(
        "INSERT INTO usage VALUES (?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET "
        "count = count + excluded.count, last_ms = excluded.last_ms",
        {principal, action, resource, entry.decision() == v1::AUDIT_ALLOWED ? 1 : 0, entry.count(),
         entry.time_ms(), entry.last_time_ms()});
}

} // namespace

std::span<const std::string_view> migrations()
{
    return kMigrations;
}

absl::Status append(store::Database& database, std::int64_t sequence, const std::string& line,
                    const std::string& hash, const v1::AuditEntry& entry)
{
    const std::string principal = auditPrincipal(entry.principal_arn());
    absl::Status status = database.run(
        "INSERT INTO entry VALUES (?,?,?,?,?,?)",
        {sequence, entry.time_ms(), principal, static_cast<int>(entry.decision()), line, hash});
    const bool known = entry.decision() == v1::AUDIT_ALLOWED || entry.decision() == v1::AUDIT_DENIED;
    if (!status.ok() || !known || (!principal.starts_with("role/") && !principal.starts_with("user/")))
        return status;
    status = addUse(database, principal, entry.action(), entry.resource(), entry);
    for (int i = 0; i < entry.also_size() && status.ok(); ++i)
        status = addUse(database, principal, entry.also(i).action(), entry.also(i).resource(), entry);
    return status;
}

absl::Status prune(store::Database& database, std::int64_t first, std::int64_t usageRows)
{
    absl::Status status = database.run("DELETE FROM entry WHERE sequence < ?", {first});
    if (!status.ok())
        return status;
    return database.run("DELETE FROM usage WHERE last_ms <= (SELECT last_ms FROM usage "
                        "ORDER BY last_ms DESC LIMIT 1 OFFSET ?)",
                        {usageRows});
}

absl::StatusOr<End> endOf(store::Database& database)
{
    End end;
    absl::Status status = database.query(
        "SELECT sequence, hash, (SELECT MIN(sequence) FROM entry) FROM entry "
        "ORDER BY sequence DESC LIMIT 1",
        {}, [&](const store::Row& row) {
            end = {row.integer(2), row.integer(0), std::string(row.text(1))};
        });
    if (!status.ok())
        return status;
    return end;
}

absl::StatusOr<std::string> hashAt(store::Database& database, std::int64_t sequence)
{
    std::optional<std::string> hash;
    absl::Status status =
        database.query("SELECT hash FROM entry WHERE sequence = ?", {sequence},
                       [&](const store::Row& row) { hash = std::string(row.text(0)); });
    if (!status.ok())
        return status;
    if (!hash)
        return absl::NotFoundError("there is no such entry");
    return *std::move(hash);
}

absl::StatusOr<v1::ListAuditEntriesResponse> list(store::Database& database,
                                                  const v1::ListAuditEntriesRequest& request)
{
    const Filter filter(request.filter());
    const int limit = request.limit() > 0 ? std::min(request.limit(), kMaxPage) : kPage;
    v1::ListAuditEntriesResponse response;
    std::int64_t before =
        request.before() > 0 ? request.before() : std::numeric_limits<std::int64_t>::max();
    int read = kScanRows;
    while (read == kScanRows && !response.more()) {
        read = 0;
        absl::Status status = database.query(
            "SELECT sequence, time_ms, principal, decision, line, hash FROM entry "
            "WHERE sequence < ? ORDER BY sequence DESC LIMIT ?",
            {before, kScanRows}, [&](const store::Row& row) {
                ++read;
                before = row.integer(0);
                if (!filter.takes(row.integer(1), row.text(2), static_cast<int>(row.integer(3)),
                                  row.text(4)))
                    return;
                if (response.entries_size() == limit) {
                    response.set_more(true);
                    return;
                }
                auto line = readAuditLine(row.text(4));
                v1::AuditEntry entry = line ? std::move(line->entry) : v1::AuditEntry();
                entry.set_sequence(row.integer(0));
                entry.set_hash(std::string(row.text(5)));
                *response.add_entries() = std::move(entry);
            });
        if (!status.ok())
            return status;
    }
    absl::Status status =
        database.query("SELECT COUNT(*) FROM entry", {},
                       [&](const store::Row& row) { response.set_kept(row.integer(0)); });
    if (!status.ok())
        return status;
    return response;
}

absl::StatusOr<v1::ExportAuditLogResponse> exportLines(store::Database& database,
                                                       const v1::ExportAuditLogRequest& request)
{
    const Filter filter(request.filter());
    v1::ExportAuditLogResponse response;
    std::string lines;
    std::int64_t after = request.after();
    int read = kScanRows;
    while (read == kScanRows && lines.size() < kExportBytes) {
        read = 0;
        absl::Status status = database.query(
            "SELECT sequence, time_ms, principal, decision, line FROM entry WHERE sequence > ? "
            "ORDER BY sequence LIMIT ?",
            {after, kScanRows}, [&](const store::Row& row) {
                ++read;
                after = row.integer(0);
                if (filter.takes(row.integer(1), row.text(2), static_cast<int>(row.integer(3)),
                                 row.text(4)))
                    absl::StrAppend(&lines, view(row.text(4)), "\n");
            });
        if (!status.ok())
            return status;
    }
    response.set_lines(std::move(lines));
    response.set_last(after);
    response.set_more(read == kScanRows);
    return response;
}

absl::StatusOr<AuditLog::Usage> usage(store::Database& database, const std::string& principal)
{
    AuditLog::Usage usage;
    const auto add = [&](const store::Row& row) {
        usage.uses.push_back({std::string(row.text(0)), std::string(row.text(1)),
                              std::string(row.text(2)), row.integer(3) != 0, row.integer(4),
                              row.integer(5), row.integer(6)});
    };
    absl::Status status =
        principal.empty()
            ? database.query("SELECT principal, action, resource, allowed, count, first_ms, "
                             "last_ms FROM usage",
                             {}, add)
            : database.query("SELECT principal, action, resource, allowed, count, first_ms, "
                             "last_ms FROM usage WHERE principal = ?",
                             {principal}, add);
    if (status.ok())
        status = database.query("SELECT MIN(t) FROM (SELECT MIN(time_ms) AS t FROM entry UNION ALL "
                                "SELECT MIN(first_ms) FROM usage)",
                                {}, [&](const store::Row& row) { usage.sinceMs = row.integer(0); });
    if (!status.ok())
        return status;
    return usage;
}

namespace {

// Follows the chain from its beginning and keeps the first thing that is wrong.
class ChainWalk final {
public:
    explicit ChainWalk(const std::optional<AuditHead>& head) : m_head(head) {}

    void step(std::int64_t sequence, std::string_view line, std::string_view hash)
    {
        const std::int64_t begin = m_head ? m_head->first : sequence;
        if (sequence < begin)
            return; // about to be pruned
        if (m_next == 0) {
            m_next = begin;
            m_response.set_first(sequence);
            if (m_head)
                m_previous = m_head->beforeFirst;
        }
        m_response.set_entries(m_response.entries() + 1);
        if (sequence != m_next) {
            fail(m_next, absl::StrCat("entry ", m_next, " is missing; the next one there is ",
                                      sequence));
        } else {
            look(sequence, line, hash);
        }
        m_next = sequence + 1;
        m_previous = auditHash(line);
        m_response.set_last(sequence);
        m_response.set_head_hash(m_previous);
    }

    v1::VerifyAuditLogResponse end(bool headThere)
    {
        m_response.set_head_record(m_head.has_value());
        if (!m_head && (m_next > 0 || headThere)) {
            fail(m_response.first(),
                 headThere ? "the head record cannot be opened: another one was put in its place"
                           : "the head record is missing, so an end that was cut off would not show");
        } else if (m_head && m_head->last >= std::max<std::int64_t>(m_next, m_head->first)) {
            const std::int64_t missing = std::max(m_next, m_head->first);
            fail(missing, absl::StrCat("entries from ", missing, " to ", m_head->last,
                                       " were cut off at the end"));
        }
        m_response.set_intact(m_response.problem().empty());
        return std::move(m_response);
    }

private:
    void look(std::int64_t sequence, std::string_view line, std::string_view hash)
    {
        const std::string real = auditHash(line);
        const auto read = readAuditLine(line);
        if (!read || real != hash)
            fail(sequence, absl::StrCat("entry ", sequence, " was changed: its hash is another"));
        else if (read->entry.sequence() != sequence)
            fail(sequence, absl::StrCat("entry ", sequence, " was moved: it says it is number ",
                                        read->entry.sequence()));
        else if (!m_head && m_response.entries() == 1)
            return; // nothing says what came before
        else if (read->previousHash != m_previous)
            fail(sequence, absl::StrCat("entry ", sequence,
                                        " does not follow the one before: that was changed, or "
                                        "entries between them were removed"));
        else if (m_head && m_head->last == sequence && m_head->lastHash != real)
            fail(sequence, absl::StrCat("entry ", sequence,
                                        " is not the one that the head record names"));
    }

    void fail(std::int64_t sequence, std::string problem)
    {
        if (!m_response.problem().empty())
            return;
        m_response.set_first_broken(sequence);
        m_response.set_problem(std::move(problem));
    }

    const std::optional<AuditHead>& m_head;
    v1::VerifyAuditLogResponse m_response;
    std::int64_t m_next = 0; // that must come; 0: nothing was seen yet
    std::string m_previous;
};

} // namespace

absl::StatusOr<v1::VerifyAuditLogResponse> verify(store::Database& database,
                                                  const std::optional<AuditHead>& head,
                                                  bool headThere)
{
    ChainWalk walk(head);
    absl::Status status =
        database.query("SELECT sequence, line, hash FROM entry ORDER BY sequence", {},
                       [&](const store::Row& row) {
                           walk.step(row.integer(0), row.text(1), row.text(2));
                       });
    if (!status.ok())
        return status;
    return walk.end(headThere);
}

std::string headText(const AuditHead& head)
{
    return json::serialize(json::object{{"first", head.first},
                                        {"beforeFirst", head.beforeFirst},
                                        {"last", head.last},
                                        {"lastHash", head.lastHash}});
}

std::optional<AuditHead> readHead(const std::string& text)
{
    json::error_code error;
    const json::value value = json::parse(text, error);
    if (error || !value.is_object())
        return std::nullopt;
    const json::object& object = value.as_object();
    const json::value* first = object.if_contains("first");
    const json::value* before = object.if_contains("beforeFirst");
    const json::value* last = object.if_contains("last");
    const json::value* hash = object.if_contains("lastHash");
    if (!first || !first->is_int64() || !before || !before->is_string() || !last ||
        !last->is_int64() || !hash || !hash->is_string())
        return std::nullopt;
    return AuditHead{first->as_int64(), std::string(before->as_string()), last->as_int64(),
                     std::string(hash->as_string())};
}

void writeHead(const std::filesystem::path& file, const std::string& sealed)
{
    std::filesystem::path temporary = file;
    temporary += ".new";
    std::error_code none;
    std::filesystem::remove(temporary, none); // of a daemon that was killed
    if (const absl::Status status = store::writeDurably(file, sealed, temporary); !status.ok())
        log::warning(absl::StrCat("cannot write the head of the audit log: ", status.ToString()));
}

} // namespace gantry::iam::audit
