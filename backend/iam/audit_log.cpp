#include "backend/iam/audit_log.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/iam/audit_store.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace gantry::iam {
namespace {

namespace fs = std::filesystem;
namespace asio = boost::asio;

constexpr char kHeadSubject[] = "audit-head";
constexpr std::size_t kPending = 1'000;      // distinct entries that are not waited for longer
constexpr std::size_t kMaxPending = 20'000;  // while the disk is full
constexpr std::int64_t kPruneEvery = 1'000;  // entries
constexpr std::size_t kShown = 1'024;        // of a text that a caller chose

fs::path headFile(const fs::path& directory)
{
    return directory / "audit.head";
}

void cut(std::string& text)
{
    if (text.size() <= kShown)
        return;
    std::size_t end = kShown;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
        --end;
    text.resize(end);
    text += "...";
}

// Who, what, on what, what was decided and why: equal for calls that share an entry.
std::string joinKey(const v1::AuditEntry& entry)
{
    constexpr char kBetween[] = "\x1f";
    std::string key = absl::StrCat(entry.door(), kBetween, entry.access_key_id(), kBetween,
                        entry.principal_arn(), kBetween, entry.action(), kBetween,
                        entry.resource(), kBetween, entry.decision(), kBetween, entry.reason());
    for (const v1::AuditedUse& use : entry.also())
        absl::StrAppend(&key, kBetween, use.action(), kBetween, use.resource());
    return key;
}

v1::AuditEntry ownEntry(std::string action, std::string reason, std::int64_t count)
{
    v1::AuditEntry entry;
    entry.set_door("platform");
    entry.set_principal_arn("gantryd");
    entry.set_action(std::move(action));
    entry.set_resource("*");
    entry.set_decision(v1::AUDIT_ALLOWED);
    entry.set_reason(std::move(reason));
    entry.set_count(count);
    return entry;
}

} // namespace

struct AuditLog::Reader {
    explicit Reader(store::Database opened) : database(std::move(opened)) {}
    store::Database database;
};

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::open(asio::io_context& io,
                                                         const fs::path& directory,
                                                         const Clock& clock, Sealing sealing,
                                                         AuditOptions options)
{
    const fs::path file = directory / "audit.db";
    auto writing = store::Database::open(file, audit::migrations());
    if (!writing.ok())
        return writing.status();
    auto reading =
        store::Database::open(file, audit::migrations(), {.durable = true, .readOnly = true});
    if (!reading.ok())
        return reading.status();
    std::unique_ptr<AuditLog> log(new AuditLog(io, directory, clock, std::move(sealing), options,
                                               *std::move(writing), *std::move(reading)));
    if (absl::Status status = log->goOn(); !status.ok())
        return status;
    return log;
}

AuditLog::AuditLog(asio::io_context& io, fs::path directory, const Clock& clock, Sealing sealing,
                   AuditOptions options, store::Database database, store::Database reading)
    : m_io(io), m_directory(std::move(directory)), m_clock(clock), m_sealing(std::move(sealing)),
      m_options(options), m_timer(io), m_reader(std::make_shared<Reader>(std::move(reading))),
      m_writer(std::make_unique<store::Writer>(io, std::move(database)))
{
}

AuditLog::~AuditLog()
{
    *m_alive = false;
    m_timer.cancel();
    m_writing = nullptr; // its end is the tail that the last batch follows
    flush();
    m_writer.reset(); // commits
    m_worker.reset(); // no other head record is being written
    // Its answer does not come any more, so what is there is looked up.
    const auto end = audit::endOf(m_reader->database);
    if (!end.ok() || end->sequence <= m_head.last)
        return;
    m_head.last = end->sequence;
    m_head.lastHash = end->hash;
    if (const auto sealed = m_sealing.seal(kHeadSubject, audit::headText(m_head)); sealed.ok())
        audit::writeHead(headFile(m_directory), *sealed);
}

// Finds where the chain goes on. An end that was cut off while the daemon was down stays visible:
// the next entry names the hash that the head record has, and the numbers in between are missing.
absl::Status AuditLog::goOn()
{
    const auto end = audit::endOf(m_reader->database);
    if (!end.ok())
        return end.status();
    const auto sealed = store::readFile(headFile(m_directory));
    std::optional<AuditHead> head;
    if (sealed.ok()) {
        if (const auto opened = m_sealing.open(kHeadSubject, *sealed); opened.ok())
            head = audit::readHead(*opened);
    }
    std::string problem;
    if (head) {
        m_head = *head;
        if (head->last > end->sequence)
            problem = absl::StrCat("entries from ", end->sequence + 1, " to ", head->last,
                                   " were removed from the audit log while the platform was down");
    } else if (end->sequence > 0) {
        problem = absl::StrCat("the head record of the audit log ",
                               sealed.ok() ? "cannot be opened: it was replaced"
                                           : "is missing: it was removed");
    }
    if (end->sequence > m_head.last) { // what was committed just before a kill
        m_head.last = end->sequence;
        m_head.lastHash = end->hash;
    }
    if (!head && end->sequence > 0)
        m_head.first = end->first;
    m_tail = m_head.last;
    m_tailHash = m_head.lastHash;
    if (problem.empty())
        return absl::OkStatus();
    log::warning(problem);
    v1::AuditEntry entry = ownEntry("gantry:AuditLogDamaged", problem, 1);
    entry.set_decision(v1::AUDIT_REJECTED);
    record(std::move(entry));
    return absl::OkStatus();
}

void AuditLog::record(v1::AuditEntry entry)
{
    cut(*entry.mutable_resource());
    for (v1::AuditedUse& use : *entry.mutable_also())
        cut(*use.mutable_resource());
    cut(*entry.mutable_user_agent());
    cut(*entry.mutable_reason());
    const std::int64_t now = m_clock.unixMillis();
    const auto [place, added] = m_joins.try_emplace(joinKey(entry), m_pending.size());
    if (!added) {
        v1::AuditEntry& first = m_pending[place->second];
        first.set_count(first.count() + 1);
        first.set_last_time_ms(now);
        return;
    }
    if (m_pending.size() >= kMaxPending) {
        m_joins.erase(place);
        ++m_lost;
        return;
    }
    entry.set_time_ms(now);
    entry.set_last_time_ms(now);
    entry.set_count(std::max<std::int64_t>(entry.count(), 1));
    m_pending.push_back(std::move(entry));
    if (m_pending.size() >= kPending && !m_writing)
        flush();
    else
        arm();
}

void AuditLog::arm()
{
    if (std::exchange(m_armed, true))
        return;
    m_timer.expires_after(std::chrono::milliseconds(m_options.flushMs));
    m_timer.async_wait([this, alive = std::weak_ptr(m_alive)](const boost::system::error_code& error) {
        if (error || alive.expired())
            return;
        m_armed = false;
        flush();
    });
}

void AuditLog::flush()
{
    if (m_writing)
        return; // goes on when that is done
    if (m_lost > 0 && m_pending.size() < kMaxPending) {
        const std::int64_t lost = std::exchange(m_lost, 0);
        record(ownEntry("gantry:AuditEntriesLost", "The disk had no room for these entries.", lost));
    }
    if (m_pending.empty())
        return;
    auto batch = std::make_shared<Batch>();
    for (v1::AuditEntry& entry : m_pending) {
        Line line;
        line.sequence = ++m_tail;
        entry.set_sequence(m_tail);
        line.text = auditLine(entry, m_tailHash);
        line.hash = m_tailHash = auditHash(line.text);
        line.entry = std::move(entry);
        batch->push_back(std::move(line));
    }
    m_pending.clear();
    m_joins.clear();
    m_waiting.insert(m_waiting.end(), std::make_move_iterator(m_waitingNext.begin()),
                     std::make_move_iterator(m_waitingNext.end()));
    m_waitingNext.clear();
    m_writing = batch;
    m_writer->submit(
        [batch](store::Database& database) {
            for (const Line& line : *batch) {
                absl::Status status =
                    audit::append(database, line.sequence, line.text, line.hash, line.entry);
                if (!status.ok())
                    return status;
            }
            return absl::OkStatus();
        },
        [this, batch, alive = std::weak_ptr(m_alive)](const absl::Status& status) {
            if (!alive.expired())
                written(batch, status);
        });
}

void AuditLog::written(const std::shared_ptr<const Batch>& batch, const absl::Status& status)
{
    m_writing = nullptr;
    if (status.ok()) {
        m_head.last = batch->back().sequence;
        m_head.lastHash = batch->back().hash;
        saveHead();
        m_unpruned += static_cast<std::int64_t>(batch->size());
        if (m_unpruned >= kPruneEvery && m_checks == 0)
            prune();
    } else {
        // Tried again under the same numbers, before what came since.
        if (!m_failing)
            log::warning(absl::StrCat("cannot write the audit log: ", status.ToString()));
        m_tail = m_head.last;
        m_tailHash = m_head.lastHash;
        std::vector<v1::AuditEntry> again;
        for (const Line& line : *batch)
            again.push_back(line.entry);
        again.insert(again.end(), std::make_move_iterator(m_pending.begin()),
                     std::make_move_iterator(m_pending.end()));
        m_pending = std::move(again);
        m_joins.clear();
    }
    m_failing = !status.ok();
    for (const auto& then : std::exchange(m_waiting, {}))
        then();
    if (!m_pending.empty() || !m_waitingNext.empty())
        !m_failing && !m_waitingNext.empty() ? flush() : arm();
}

void AuditLog::saveHead()
{
    auto sealed = m_sealing.seal(kHeadSubject, audit::headText(m_head));
    if (!sealed.ok()) {
        log::warning(absl::StrCat("cannot seal the head of the audit log: ",
                                  sealed.status().ToString()));
        return;
    }
    m_worker->post([file = headFile(m_directory), text = *std::move(sealed)] {
        audit::writeHead(file, text);
    });
}

// The head record says where the log begins before the beginning goes.
void AuditLog::prune()
{
    m_unpruned = 0;
    const std::int64_t first = m_head.last - m_options.entries + 1;
    if (first <= m_head.first)
        return;
    ask<std::string>(
        [first](store::Database& database) { return audit::hashAt(database, first - 1); },
        [this, first](const absl::StatusOr<std::string>& before) {
            if (!before.ok() || m_checks > 0)
                return;
            m_head.first = first;
            m_head.beforeFirst = *before;
            saveHead();
            m_worker->post([this, alive = std::weak_ptr(m_alive), first] {
                asio::post(m_io, [this, alive, first] {
                    if (alive.expired())
                        return;
                    m_writer->submit(
                        [first, rows = m_options.usageRows](store::Database& database) {
                            return audit::prune(database, first, rows);
                        },
                        [](const absl::Status&) {});
                });
            });
        });
}

void AuditLog::whenWritten(std::function<void()> then)
{
    if (m_pending.empty() && !m_writing)
        return then();
    (m_pending.empty() ? m_waiting : m_waitingNext).push_back(std::move(then));
    flush();
}

template <class T>
void AuditLog::ask(std::function<absl::StatusOr<T>(store::Database&)> question, Answer<T> answer)
{
    m_worker->post([&io = m_io, reader = m_reader, alive = std::weak_ptr(m_alive),
                   question = std::move(question), answer = std::move(answer)]() mutable {
        auto result = question(reader->database);
        asio::post(io, [alive, answer = std::move(answer), result = std::move(result)] {
            if (!alive.expired())
                answer(result);
        });
    });
}

void AuditLog::list(const v1::ListAuditEntriesRequest& request,
                    Answer<v1::ListAuditEntriesResponse> answer)
{
    whenWritten([this, request, answer = std::move(answer)]() mutable {
        ask<v1::ListAuditEntriesResponse>(
            [request](store::Database& database) { return audit::list(database, request); },
            std::move(answer));
    });
}

void AuditLog::exportLines(const v1::ExportAuditLogRequest& request,
                           Answer<v1::ExportAuditLogResponse> answer)
{
    whenWritten([this, request, answer = std::move(answer)]() mutable {
        ask<v1::ExportAuditLogResponse>(
            [request](store::Database& database) { return audit::exportLines(database, request); },
            std::move(answer));
    });
}

void AuditLog::usage(const std::string& principal, Answer<Usage> answer)
{
    whenWritten([this, principal, answer = std::move(answer)]() mutable {
        ask<Usage>([principal](store::Database& database) { return audit::usage(database, principal); },
                   std::move(answer));
    });
}

// The record as it is in its file, not as this daemon remembers it; then the chain, which is longer
// by then, never shorter.
void AuditLog::verify(Answer<v1::VerifyAuditLogResponse> answer)
{
    ++m_checks;
    whenWritten([this, answer = std::move(answer)]() mutable {
        ask<std::string>(
            [file = headFile(m_directory)](store::Database&) { return store::readFile(file); },
            [this, answer = std::move(answer)](const absl::StatusOr<std::string>& sealed) mutable {
                std::optional<AuditHead> head;
                if (sealed.ok()) {
                    if (const auto opened = m_sealing.open(kHeadSubject, *sealed); opened.ok())
                        head = audit::readHead(*opened);
                }
                check(head, sealed.ok(), std::move(answer));
            });
    });
}

void AuditLog::check(const std::optional<AuditHead>& head, bool headThere,
                     Answer<v1::VerifyAuditLogResponse> answer)
{
    ask<v1::VerifyAuditLogResponse>(
        [head, headThere](store::Database& database) {
            return audit::verify(database, head, headThere);
        },
        [this, answer = std::move(answer)](const absl::StatusOr<v1::VerifyAuditLogResponse>& result) {
            --m_checks;
            answer(result);
        });
}

} // namespace gantry::iam
