#include "backend/observe/logs/log_store.h"

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/observe/logs/ingest.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace gantry::observe::logs {
namespace {

namespace fs = std::filesystem;

// What an earlier daemon left in the journal goes into the database; answers the state after that.
absl::StatusOr<State> recover(store::Database& database, const fs::path& directory)
{
    const auto segments = journalSegments(directory);
    Ingester ingester(directory);
    for (const std::int64_t segment : segments) {
        absl::Status status = database.run("BEGIN IMMEDIATE");
        if (status.ok())
            status = ingester.run(database, {segment, std::numeric_limits<std::int64_t>::max()});
        if (status.ok())
            status = database.run("COMMIT");
        if (!status.ok())
            return status;
    }
    auto state = readState(database);
    if (!state.ok())
        return state.status();
    state->position = {std::max(state->position.segment, segments.empty() ? 0 : segments.back()) + 1,
                       0};
    if (absl::Status status = writeState(database, *state); !status.ok())
        return status;
    removeJournal(directory);
    return state;
}

} // namespace

absl::StatusOr<std::unique_ptr<LogStore>> LogStore::open(boost::asio::io_context& io,
                                                         const Clock& clock,
                                                         const fs::path& directory,
                                                         LogStoreOptions options)
{
    const fs::path file = directory / "logs.db";
    std::unique_ptr<LogStore> logs(new LogStore(io, clock, options));
    logs->m_journalDirectory = directory / "logs";
    auto writer = store::Database::open(file, migrations(), {.durable = false});
    if (!writer.ok())
        return writer.status();
    const auto state = recover(*writer, logs->m_journalDirectory);
    if (!state.ok())
        return state.status();
    auto journal =
        Journal::open(logs->m_journalDirectory, state->position.segment, options.journal);
    if (!journal.ok())
        return journal.status();
    for (auto* reader : {&logs->m_short, &logs->m_long}) {
        auto database = store::Database::open(file, {}, {.durable = false, .readOnly = true});
        if (!database.ok())
            return database.status();
        *reader = std::make_unique<Reader>(*std::move(database));
    }
    logs->m_lastLineId = state->lastLineId;
    logs->m_ingester = std::make_shared<Ingester>(logs->m_journalDirectory);
    logs->m_journal = *std::move(journal);
    logs->m_writer = std::make_unique<store::Writer>(io, *std::move(writer));
    logs->schedule(logs->m_ingestTimer, options.ingestMs, &LogStore::ingest);
    logs->schedule(logs->m_pruneTimer, options.pruneMs, &LogStore::prune);
    return logs;
}

LogStore::LogStore(boost::asio::io_context& io, const Clock& clock, LogStoreOptions options)
    : m_io(io), m_clock(clock), m_options(options), m_ingestTimer(io), m_pruneTimer(io)
{
}

LogStore::~LogStore()
{
    if (m_writer)
        ingest();
}

bool LogStore::append(const LogLine& line)
{
    if (m_journal->append(line))
        return true;
    ++m_dropped;
    return false;
}

void LogStore::schedule(boost::asio::steady_timer& timer, int ms, void (LogStore::*what)())
{
    timer.expires_after(std::chrono::milliseconds(ms));
    timer.async_wait([this, &timer, ms, what](const boost::system::error_code& error) {
        if (error)
            return;
        (this->*what)();
        schedule(timer, ms, what);
    });
}

void LogStore::ingest()
{
    const JournalPosition end = m_journal->end();
    // A segment at a time, so that no transaction grows without bounds.
    while (m_submitted.segment < end.segment && m_submitted.segment > 0) {
        ingestTo({m_submitted.segment, std::numeric_limits<std::int64_t>::max()});
        m_submitted = {m_submitted.segment + 1, 0};
    }
    if (end > m_submitted)
        ingestTo(end);
    m_submitted = end;
    if (m_dropped > 0)
        log::warning(std::exchange(m_dropped, 0),
                     " log lines were not kept: the disk is full or does not take them fast enough");
}

void LogStore::ingestTo(JournalPosition end)
{
    m_writer->submit(
        [ingester = m_ingester, end](store::Database& database) {
            return ingester->run(database, end);
        },
        [this, end](const absl::Status& status) {
            report(status);
            if (status.ok())
                m_journal->release(end);
            else
                m_submitted = {}; // all again the next time
        });
}

void LogStore::afterIngest(std::function<void()> then)
{
    ingest();
    m_writer->submit([](store::Database&) { return absl::OkStatus(); },
                     [then = std::move(then)](const absl::Status&) { then(); });
}

void LogStore::change(store::Writer::Work work, store::Writer::Done done)
{
    ingest();
    m_writer->submit(std::move(work), std::move(done));
}

void LogStore::remove(store::Writer::Work work, store::Writer::Done done)
{
    change(
        [work = std::move(work), ingester = m_ingester](store::Database& database) {
            ingester->forget();
            return work(database);
        },
        std::move(done));
}

void LogStore::prune()
{
    const auto more = std::make_shared<bool>(false);
    m_writer->submit(
        [more, ingester = m_ingester, limits = m_options.limits,
         now = m_clock.unixMillis()](store::Database& database) {
            const auto pruned = logs::prune(database, limits, now);
            *more = pruned.ok() && *pruned;
            ingester->forget(); // an open chunk may have been among them
            return pruned.status();
        },
        [this, more](const absl::Status& status) {
            report(status);
            if (*more)
                prune();
        });
}

// Says once that the disk fails and once that it is well again; the platform goes on either way,
// and lines wait in the journal.
void LogStore::report(const absl::Status& status)
{
    if (!status.ok() && !m_failed)
        log::warning("logs cannot be written: ", std::string(view(status.message())));
    if (status.ok() && m_failed)
        log::info("logs are written again");
    m_failed = !status.ok();
}

} // namespace gantry::observe::logs
