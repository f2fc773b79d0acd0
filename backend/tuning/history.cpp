#include "backend/tuning/history.h"

#include "backend/base/log.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gantry::tuning {
namespace {

constexpr std::size_t kMostRuns = 300;
constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE runs (id TEXT PRIMARY KEY, run BLOB NOT NULL) WITHOUT ROWID;
)sql"};

} // namespace

absl::StatusOr<std::unique_ptr<History>> History::open(boost::asio::io_context& io,
                                                       const std::filesystem::path& file)
{
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::map<std::string, v1::TuningRun> runs;
    const absl::Status read =
        database->query("SELECT id, run FROM runs", {}, [&](const store::Row& row) {
            v1::TuningRun run;
            const std::string_view bytes = row.blob(1);
            if (!run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
                return log::warning("A tuning run cannot be read: ", std::string(row.text(0)));
            runs[std::string(row.text(0))] = std::move(run);
        });
    if (!read.ok())
        return read;
    for (auto& [id, run] : runs) {
        if (run.state() != v1::TUNING_RUNNING)
            continue;
        run.set_state(v1::TUNING_FAILED);
        run.set_message("The platform ended while this ran.");
        run.clear_next();
    }
    return std::unique_ptr<History>(new History(io, *std::move(database), std::move(runs)));
}

History::History(boost::asio::io_context& io, store::Database database,
                 std::map<std::string, v1::TuningRun> runs)
    : m_runs(std::move(runs)), m_writer(io, std::move(database))
{
}

const v1::TuningRun* History::find(const std::string& id) const
{
    const auto found = m_runs.find(id);
    return found == m_runs.end() ? nullptr : &found->second;
}

std::vector<const v1::TuningRun*> History::list(const std::string& function) const
{
    std::vector<const v1::TuningRun*> list;
    for (const auto& [id, run] : m_runs)
        if (function.empty() || run.function_name() == function)
            list.push_back(&run);
    std::stable_sort(list.begin(), list.end(), [](const v1::TuningRun* a, const v1::TuningRun* b) {
        return a->started_at_ms() > b->started_at_ms();
    });
    return list;
}

void History::save(v1::TuningRun run, Done done)
{
    const std::string id = run.id();
    std::string bytes = run.SerializeAsString();
    m_runs[id] = std::move(run);
    if (m_runs.size() > kMostRuns) {
        const std::string oldest = list({}).back()->id();
        remove(oldest, [](const absl::Status&) {});
    }
    m_writer.submit(
        [id, bytes = std::move(bytes)](store::Database& database) {
            return database.run("INSERT OR REPLACE INTO runs VALUES (?, ?)",
                                {id, store::Value::blob(bytes)});
        },
        std::move(done));
}

void History::remove(const std::string& id, Done done)
{
    m_runs.erase(id);
    m_writer.submit([id](store::Database& database) {
        return database.run("DELETE FROM runs WHERE id = ?", {id});
    }, std::move(done));
}

} // namespace gantry::tuning
