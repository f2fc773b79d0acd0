#include "backend/functions/deploy_history.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace gantry::functions {
namespace {

template <class Message> bool same(const Message& a, const Message& b)
{
    return a.SerializeAsString() == b.SerializeAsString();
}

template <class List> bool sameList(const List& a, const List& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return same(x, y); });
}

bool sameVariables(const Configuration& a, const Configuration& b)
{
    const auto& before = a.environment().variables();
    const auto& after = b.environment().variables();
    return before.size() == after.size() &&
           std::all_of(before.begin(), before.end(), [&after](const auto& variable) {
               const auto found = after.find(variable.first);
               return found != after.end() && found->second == variable.second;
           });
}

// What of a configuration changed; values only where they are no secrets.
std::string settingsBetween(const Configuration& a, const Configuration& b)
{
    std::vector<std::string> parts;
    if (a.memory_size() != b.memory_size())
        parts.push_back(absl::StrCat("memory ", a.memory_size(), " MB to ", b.memory_size(), " MB"));
    if (a.timeout() != b.timeout())
        parts.push_back(absl::StrCat("time-out ", a.timeout(), " s to ", b.timeout(), " s"));
    if (a.runtime() != b.runtime())
        parts.push_back(absl::StrCat("runtime ", std::string(a.runtime()), " to ", std::string(b.runtime())));
    const std::pair<bool, const char*> others[] = {
        {a.handler() == b.handler(), "handler"},
        {a.role() == b.role(), "role"},
        {a.ephemeral_storage().size() == b.ephemeral_storage().size(), "ephemeral storage"},
        {sameList(a.layers(), b.layers()), "layers"},
        {sameVariables(a, b), "environment variables"},
        {same(a.tracing_config(), b.tracing_config()), "tracing"},
        {same(a.logging_config(), b.logging_config()), "logging"},
        {a.snap_start().apply_on() == b.snap_start().apply_on(), "SnapStart"},
        {same(a.dead_letter_config(), b.dead_letter_config()), "dead letters"}};
    for (const auto& [equal, name] : others) {
        if (!equal)
            parts.emplace_back(name);
    }
    return absl::StrJoin(parts, ", ");
}

void addLatest(const Version& before, const Version& after, std::vector<Deploy>& deploys)
{
    if (before.package != after.package || before.image.digest != after.image.digest)
        deploys.push_back({0, {}, "code updated", {}});
    if (std::string changed = settingsBetween(before.configuration, after.configuration); !changed.empty())
        deploys.push_back({0, {}, "configuration updated", std::move(changed)});
}

void addVersions(const Function& before, const Function& after, std::vector<Deploy>& deploys)
{
    for (const auto& [number, version] : after.versions) {
        if (!before.versions.contains(number))
            deploys.push_back({0, {}, absl::StrCat("version ", number, " published"),
                               version->configuration.description()});
    }
    for (const auto& [name, alias] : after.aliases) {
        const auto old = before.aliases.find(name);
        if (old == before.aliases.end() ||
            old->second->function_version() != alias->function_version() ||
            !same(old->second->routing_config(), alias->routing_config()))
            deploys.push_back({0, {}, absl::StrCat("alias ", name, " leads to version ",
                                                   std::string(alias->function_version())),
                               alias->routing_config().additional_version_weights_size() > 0
                                   ? "a part of its calls to another version"
                                   : ""});
    }
}

} // namespace

std::vector<Deploy> deploysBetween(const FunctionPtr& before, const FunctionPtr& after,
                                   std::int64_t nowMs)
{
    std::vector<Deploy> deploys;
    if (!before)
        deploys.push_back({0, {}, "created", {}});
    else if (!after)
        deploys.push_back({0, {}, "deleted", {}});
    else if (before->latest != after->latest)
        addLatest(*before->latest, *after->latest, deploys);
    if (before && after)
        addVersions(*before, *after, deploys);
    for (Deploy& deploy : deploys) {
        deploy.timeMs = nowMs;
        deploy.function = after ? after->name : before->name;
    }
    return deploys;
}

absl::Status writeDeploys(store::Database& database, const std::vector<Deploy>& deploys)
{
    if (deploys.empty())
        return absl::OkStatus();
    absl::Status status;
    for (const Deploy& deploy : deploys)
        status.Update(database.run(
            "INSERT INTO deploy(time_ms, function, title, detail) VALUES(?, ?, ?, ?)",
            {deploy.timeMs, deploy.function, deploy.title, deploy.detail}));
    status.Update(database.run("DELETE FROM deploy WHERE id <= (SELECT MAX(id) FROM deploy) - ?",
                               {kMostDeploys}));
    return status;
}

absl::StatusOr<std::unique_ptr<DeployHistory>>
DeployHistory::open(boost::asio::io_context& io, const std::filesystem::path& file)
{
    auto reader = store::Database::open(file, {}, {.readOnly = true});
    if (!reader.ok())
        return reader.status();
    return std::unique_ptr<DeployHistory>(new DeployHistory(io, *std::move(reader)));
}

void DeployHistory::list(DeploysQuery query, Done done)
{
    m_worker.post([this, query = std::move(query), done = std::move(done),
                   alive = std::weak_ptr<int>(m_alive)] {
        auto deploys = std::make_shared<absl::StatusOr<std::vector<Deploy>>>(std::vector<Deploy>());
        const absl::Status status = m_reader.query(
            "SELECT time_ms, function, title, detail FROM deploy WHERE time_ms >= ?1 AND time_ms < ?2 "
            "AND (?3 = '' OR function = ?3) ORDER BY id DESC LIMIT ?4",
            {query.fromMs, query.toMs, query.function, query.limit}, [&](const store::Row& row) {
                (*deploys)->push_back({row.integer(0), std::string(row.text(1)),
                                       std::string(row.text(2)), std::string(row.text(3))});
            });
        if (status.ok())
            std::reverse((*deploys)->begin(), (*deploys)->end());
        else
            *deploys = status;
        boost::asio::post(m_io, [done, deploys, alive] {
            if (!alive.expired())
                done(std::move(*deploys));
        });
    });
}

} // namespace gantry::functions
