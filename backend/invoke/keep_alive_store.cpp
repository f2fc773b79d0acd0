#include "backend/invoke/keep_alive_store.h"

#include <array>
#include <string>
#include <utility>

namespace gantry::invoke {
namespace {

constexpr std::array<std::string_view, 1> kMigrations = {R"(
CREATE TABLE keep_alive (
    id INTEGER PRIMARY KEY CHECK (id = 1), policy TEXT NOT NULL, fixed_us INTEGER NOT NULL);
)"};

} // namespace

absl::StatusOr<std::unique_ptr<KeepAliveStore>>
KeepAliveStore::open(boost::asio::io_context& io, const std::filesystem::path& file)
{
    auto database = store::Database::open(file, kMigrations, {});
    if (!database.ok())
        return database.status();
    std::optional<Choice> choice;
    const absl::Status status = database->query(
        "SELECT policy, fixed_us FROM keep_alive", {}, [&choice](const store::Row& row) {
            if (const auto policy = keepAlivePolicy(row.text(0)))
                choice = Choice{*policy, row.integer(1)};
        });
    if (!status.ok())
        return status;
    return std::unique_ptr<KeepAliveStore>(new KeepAliveStore(io, *std::move(database), choice));
}

void KeepAliveStore::save(const Choice& choice, std::function<void(absl::Status)> done)
{
    m_writer.submit(
        [choice](store::Database& database) {
            return database.run("INSERT OR REPLACE INTO keep_alive VALUES (1, ?, ?)",
                                {std::string(nameOf(choice.policy)), choice.fixedMicros});
        },
        [this, choice, done = std::move(done)](absl::Status status) {
            if (status.ok())
                m_choice = choice;
            done(std::move(status));
        });
}

} // namespace gantry::invoke
