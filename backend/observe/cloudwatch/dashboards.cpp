#include "backend/observe/cloudwatch/dashboards.h"

#include "backend/base/error.h"

#include <absl/strings/str_cat.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gantry::observe::cloudwatch {

using store::Database;
using store::Row;

namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE dashboards (
    name TEXT PRIMARY KEY, body TEXT NOT NULL, modified_ms INTEGER NOT NULL
) WITHOUT ROWID;
)sql"};

constexpr std::array<std::string_view, 6> kWidgetTypes{"metric", "text",     "log",
                                                       "alarm",  "explorer", "custom"};

absl::Status invalid(std::string message)
{
    return makeError("DashboardInvalidInputError", 400, std::move(message));
}

absl::Status missing(const std::string& name)
{
    return makeError("DashboardNotFoundError", 404,
                     absl::StrCat("Dashboard ", name, " does not exist"));
}

absl::Status checkWidget(const json::value& widget, const std::string& path,
                         std::vector<DashboardMessage>& messages)
{
    const json::object* object = widget.if_object();
    if (!object)
        return invalid(absl::StrCat("The dashboard body is invalid: ", path, " should be an object"));
    const json::value* type = object->if_contains("type");
    if (!type || !type->is_string())
        return invalid(absl::StrCat("The dashboard body is invalid: ", path,
                                    " should have the property \"type\", a string"));
    const std::string_view name(type->get_string().data(), type->get_string().size());
    if (std::find(kWidgetTypes.begin(), kWidgetTypes.end(), name) == kWidgetTypes.end())
        messages.push_back({absl::StrCat(path, "/type"), "Should be one of metric, text, log, alarm, "
                                                         "explorer and custom"});
    if (const json::value* properties = object->if_contains("properties");
        !properties || !properties->is_object())
        messages.push_back({path, "Should have the property \"properties\", an object"});
    return absl::OkStatus();
}

} // namespace

absl::StatusOr<std::unique_ptr<Dashboards>> Dashboards::open(boost::asio::io_context& io,
                                                             const std::filesystem::path& file)
{
    auto database = Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    return std::unique_ptr<Dashboards>(new Dashboards(io, *std::move(database)));
}

Dashboards::Dashboards(boost::asio::io_context& io, Database database)
    : m_writer(io, std::move(database))
{
}

absl::StatusOr<std::vector<DashboardMessage>> Dashboards::check(const std::string& body)
{
    if (body.size() > kMostBytes)
        return invalid("The dashboard body is invalid: it is longer than 1 MiB");
    json::error_code error;
    const json::value parsed = json::parse(body, error);
    if (error || !parsed.is_object())
        return invalid("The field DashboardBody must be a valid JSON object");
    const json::value* widgets = parsed.get_object().if_contains("widgets");
    if (!widgets || !widgets->is_array())
        return invalid("The dashboard body is invalid: it should have the property \"widgets\", an array");
    const json::array& all = widgets->get_array();
    if (all.size() > kMostWidgets)
        return invalid(absl::StrCat("The dashboard body is invalid: it has ", all.size(),
                                    " widgets, more than ", kMostWidgets));
    std::vector<DashboardMessage> messages;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (absl::Status status = checkWidget(all[i], absl::StrCat("/widgets/", i), messages);
            !status.ok())
            return status;
    }
    return messages;
}

void Dashboards::put(std::string name, std::string body, std::int64_t nowMs, Done done)
{
    m_writer.submit(
        [name = std::move(name), body = std::move(body), nowMs](Database& database) {
            return database.run("INSERT OR REPLACE INTO dashboards VALUES (?, ?, ?)",
                                {name, body, nowMs});
        },
        std::move(done));
}

// On the writer's thread: dashboards are few, and what was written before has to be seen.
template <class T>
void Dashboards::read(std::function<absl::Status(Database&, T&)> work, Answer<T> done)
{
    auto result = std::make_shared<T>();
    m_writer.submit(
        [work = std::move(work), result](Database& database) {
            *result = T();
            return work(database, *result);
        },
        [result, done = std::move(done)](const absl::Status& status) {
            status.ok() ? done(std::move(*result)) : done(status);
        });
}

void Dashboards::get(std::string name, Answer<std::string> done)
{
    read<std::string>(
        [name = std::move(name)](Database& database, std::string& body) {
            bool found = false;
            absl::Status status = database.query("SELECT body FROM dashboards WHERE name = ?",
                                                 {name}, [&](const Row& row) {
                                                     body = std::string(row.text(0));
                                                     found = true;
                                                 });
            return !status.ok() || found ? status : missing(name);
        },
        std::move(done));
}

void Dashboards::list(std::string prefix, std::string after, int limit,
                      Answer<std::vector<DashboardEntry>> done)
{
    read<std::vector<DashboardEntry>>(
        [prefix = std::move(prefix), after = std::move(after),
         limit](Database& database, std::vector<DashboardEntry>& entries) {
            // A prefix is compared, not matched: LIKE would take its underscores for wildcards.
            return database.query("SELECT name, modified_ms, length(CAST(body AS BLOB)) FROM dashboards "
                                  "WHERE substr(name, 1, length(?1)) = ?1 AND name > ?2 "
                                  "ORDER BY name LIMIT ?3",
                                  {prefix, after, limit}, [&](const Row& row) {
                                      entries.push_back({std::string(row.text(0)), row.integer(1),
                                                         row.integer(2)});
                                  });
        },
        std::move(done));
}

void Dashboards::remove(std::vector<std::string> names, Done done)
{
    m_writer.submit(
        [names = std::move(names)](Database& database) {
            for (const std::string& name : names) {
                bool found = false;
                absl::Status status =
                    database.query("SELECT 1 FROM dashboards WHERE name = ?", {name},
                                   [&found](const Row&) { found = true; });
                if (status.ok() && !found)
                    status = missing(name);
                if (status.ok())
                    status = database.run("DELETE FROM dashboards WHERE name = ?", {name});
                if (!status.ok())
                    return status;
            }
            return absl::OkStatus();
        },
        std::move(done));
}

} // namespace gantry::observe::cloudwatch
