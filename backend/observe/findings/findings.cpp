#include "backend/observe/findings/findings.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/log.h"
#include "backend/observe/recorder.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <utility>

namespace gantry::observe::findings {
namespace {

// A snooze that has ended is none.
void wake(v1::HealthFinding& finding, std::int64_t nowMs)
{
    if (!finding.dismissed() || finding.snoozed_until_ms() == 0 || finding.snoozed_until_ms() > nowMs)
        return;
    finding.set_dismissed(false);
    finding.set_snoozed_until_ms(0);
}

} // namespace

absl::StatusOr<std::unique_ptr<Findings>>
Findings::open(boost::asio::io_context& io, const std::filesystem::path& file, Recorder& recorder,
               std::function<Surroundings()> surroundings)
{
    static constexpr std::array<std::string_view, 1> kMigrations = {store::kRecordMapSchema};
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::unique_ptr<Findings> findings(
        new Findings(io, *std::move(database), recorder, std::move(surroundings)));
    auto reader = store::Database::open(file, {}, {.readOnly = true});
    const absl::Status status = reader.ok() ? findings->m_findings.load(*reader) : reader.status();
    if (!status.ok())
        return status;
    return findings;
}

Findings::Findings(boost::asio::io_context& io, store::Database database, Recorder& recorder,
                   std::function<Surroundings()> surroundings)
    : m_recorder(recorder), m_surroundings(std::move(surroundings)), m_timer(io),
      m_writer(std::make_unique<store::Writer>(io, std::move(database)))
{
    m_findings.attach(*m_writer);
}

void Findings::start()
{
    wait();
}

void Findings::wait()
{
    m_timer.expires_after(std::chrono::milliseconds(kEveryMs));
    m_timer.async_wait([this](const boost::system::error_code& error) {
        if (error)
            return;
        look([](const absl::Status& status) {
            if (!status.ok())
                log::warning("Findings could not be looked for: ", status.message());
        });
        wait();
    });
}

void Findings::look(std::function<void(absl::Status)> done)
{
    m_waiting.push_back(std::move(done));
    if (m_waiting.size() > 1)
        return;
    const std::int64_t now = m_recorder.clock().unixMillis();
    Surroundings there = m_surroundings();
    readFacts(m_recorder, there, now,
              [this, now, there, alive = std::weak_ptr<int>(m_alive)](const absl::StatusOr<std::vector<FunctionFacts>>& facts) {
                  if (alive.expired())
                      return;
                  std::vector<v1::HealthFinding> found;
                  if (facts.ok()) {
                      for (const FunctionFacts& each : *facts) {
                          for (v1::HealthFinding& finding : evaluate(each, now))
                              found.push_back(std::move(finding));
                      }
                      take(std::move(found), now, there);
                  }
                  // Behind the changes: they are on the disk and in the map by then.
                  m_writer->submit([](store::Database&) { return absl::OkStatus(); },
                                   [this, status = facts.status()](const absl::Status& written) {
                                       absl::Status outcome = status;
                                       outcome.Update(written);
                                       for (const auto& done : std::exchange(m_waiting, {}))
                                           done(outcome);
                                   });
              });
}

void Findings::take(std::vector<v1::HealthFinding> found, std::int64_t nowMs, const Surroundings& there)
{
    m_lookedMs = nowMs;
    std::set<std::string> ids;
    for (v1::HealthFinding& finding : found) {
        ids.insert(finding.id());
        keep(std::move(finding), nowMs);
    }
    std::vector<std::pair<std::string, bool>> over; // and whether to forget it
    for (const auto& [id, stored] : m_findings.all()) {
        const v1::HealthFinding& finding = stored->finding();
        const bool forget = !there.contains(finding.function_name()) ||
                            (!ids.contains(id) && finding.last_seen_ms() < nowMs - kKeptMs);
        if (forget || (finding.active() && !ids.contains(id)))
            over.emplace_back(id, forget);
    }
    for (const auto& [id, forget] : over)
        end(id, nowMs, forget);
}

void Findings::keep(v1::HealthFinding found, std::int64_t nowMs)
{
    m_findings.change(
        found.id(),
        [found, nowMs](const record::StoredFinding* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredFinding>> {
            auto made = std::make_unique<record::StoredFinding>();
            v1::HealthFinding& finding = *made->mutable_finding();
            finding = found;
            finding.set_active(true);
            finding.set_first_seen_ms(nowMs);
            finding.set_last_seen_ms(nowMs);
            if (known) {
                // One that comes again after it was over is new, but stays dismissed.
                if (known->finding().active())
                    finding.set_first_seen_ms(known->finding().first_seen_ms());
                finding.set_dismissed(known->finding().dismissed());
                finding.set_snoozed_until_ms(known->finding().snoozed_until_ms());
                wake(finding, nowMs);
            }
            return made;
        },
        [](const absl::StatusOr<Records::Ptr>&) {});
}

void Findings::end(const std::string& id, std::int64_t nowMs, bool forget)
{
    m_findings.change(
        id,
        [nowMs, forget](const record::StoredFinding* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredFinding>> {
            if (!known || forget)
                return nullptr;
            auto made = std::make_unique<record::StoredFinding>(*known);
            made->mutable_finding()->set_active(false);
            wake(*made->mutable_finding(), nowMs);
            return made;
        },
        [](const absl::StatusOr<Records::Ptr>&) {});
}

v1::ListHealthFindingsResponse Findings::response() const
{
    const std::int64_t now = m_recorder.clock().unixMillis();
    v1::ListHealthFindingsResponse response;
    response.set_evaluated_ms(m_lookedMs);
    for (const auto& [id, stored] : m_findings.all()) {
        v1::HealthFinding& finding = *response.add_findings();
        finding = stored->finding();
        wake(finding, now);
    }
    std::stable_sort(response.mutable_findings()->begin(), response.mutable_findings()->end(),
                     [](const v1::HealthFinding& a, const v1::HealthFinding& b) {
                         return std::pair(!a.active(), -a.severity()) < std::pair(!b.active(), -b.severity());
                     });
    for (v1::FindingRule& rule : rules())
        *response.add_rules() = std::move(rule);
    return response;
}

void Findings::list(const v1::ListHealthFindingsRequest& request, Done<v1::ListHealthFindingsResponse> done)
{
    if (!request.evaluate() && m_lookedMs > 0)
        return done(response());
    look([this, done = std::move(done)](const absl::Status& status) {
        status.ok() ? done(response()) : done(status);
    });
}

void Findings::edit(const std::string& id, std::function<void(v1::HealthFinding&)> change,
                    Done<v1::HealthFinding> done)
{
    m_findings.change(
        id,
        [id, change = std::move(change)](const record::StoredFinding* known)
            -> absl::StatusOr<std::unique_ptr<record::StoredFinding>> {
            if (!known)
                return notFound(absl::StrCat("There is no finding ", id, " any more."));
            auto made = std::make_unique<record::StoredFinding>(*known);
            change(*made->mutable_finding());
            return made;
        },
        [done = std::move(done)](const absl::StatusOr<Records::Ptr>& stored) {
            stored.ok() ? done((*stored)->finding()) : done(stored.status());
        });
}

void Findings::dismiss(const v1::DismissHealthFindingRequest& request, Done<v1::HealthFinding> done)
{
    const std::int64_t until = request.snooze_until_ms();
    if (until != 0 && until <= m_recorder.clock().unixMillis())
        return done(invalidParameter("A finding can be snoozed only until a time that is to come."));
    edit(
        request.id(),
        [until](v1::HealthFinding& finding) {
            finding.set_dismissed(true);
            finding.set_snoozed_until_ms(until);
        },
        std::move(done));
}

void Findings::restore(const v1::RestoreHealthFindingRequest& request, Done<v1::HealthFinding> done)
{
    edit(
        request.id(),
        [](v1::HealthFinding& finding) {
            finding.set_dismissed(false);
            finding.set_snoozed_until_ms(0);
        },
        std::move(done));
}

} // namespace gantry::observe::findings
