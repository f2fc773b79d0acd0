#include "backend/observe/traces/groups.h"

#include "backend/base/error.h"
#include "backend/base/text.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace gantry::observe::traces {
namespace {

namespace pb = aws::xray;

constexpr const char* kDefault = "Default";

absl::Status invalid(std::string message)
{
    return makeError("InvalidRequestException", 400, std::move(message));
}

absl::Status noGroup()
{
    return invalid("There is no such group.");
}

absl::Status checkName(const std::string& name)
{
    const bool good = std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view("-_ .").find(static_cast<char>(c)) != std::string_view::npos;
    });
    if (!good || name == kDefault)
        return invalid("GroupName must be letters, digits, spaces, hyphens, dots and underscores, and not Default.");
    return absl::OkStatus();
}

absl::Status checkFilter(const std::string& text)
{
    const auto filter = FilterExpression::parse(text);
    return filter.ok() ? absl::OkStatus() : invalid(std::string(view(filter.status().message())));
}

// Gantry has no X-Ray insights.
absl::Status setInsights(const pb::InsightsConfiguration& wanted, pb::Group& group)
{
    if (wanted.insights_enabled() || wanted.notifications_enabled())
        return invalid("Insights of X-Ray are not supported by Gantry.");
    group.mutable_insights_configuration()->set_insights_enabled(false);
    group.mutable_insights_configuration()->set_notifications_enabled(false);
    return absl::OkStatus();
}

template <class Result> Result resultOf(const pb::Group& group)
{
    Result result;
    *result.mutable_group() = group;
    return result;
}

} // namespace

absl::StatusOr<std::unique_ptr<Groups>>
Groups::open(boost::asio::io_context& io, const std::filesystem::path& file, const Place& place)
{
    static constexpr std::array<std::string_view, 1> kMigrations = {store::kRecordMapSchema};
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    std::unique_ptr<Groups> groups(new Groups(io, *std::move(database), place));
    auto reader = store::Database::open(file, {}, {.readOnly = true});
    const absl::Status status = reader.ok() ? groups->m_groups.load(*reader) : reader.status();
    if (!status.ok())
        return status;
    return groups;
}

Groups::Groups(boost::asio::io_context& io, store::Database database, const Place& place)
    : m_place(place), m_writer(std::make_unique<store::Writer>(io, std::move(database)))
{
    m_groups.attach(*m_writer);
}

std::string Groups::arnOf(const std::string& name) const
{
    return absl::StrCat("arn:aws:xray:", m_place.region, ":", m_place.accountId, ":group/", name);
}

Groups::Records::Ptr Groups::defaultGroup() const
{
    auto group = std::make_shared<pb::Group>();
    group->set_group_name(kDefault);
    group->set_group_arn(arnOf(kDefault));
    return group;
}

Groups::Records::Ptr Groups::find(const std::string& name, const std::string& arn) const
{
    if (name == kDefault || (name.empty() && arn == arnOf(kDefault)))
        return defaultGroup();
    if (!name.empty())
        return m_groups.find(name);
    for (const auto& [each, group] : m_groups.all()) {
        if (group->group_arn() == arn)
            return group;
    }
    return nullptr;
}

absl::StatusOr<pb::GetGroupResult> Groups::get(const pb::GetGroupRequest& request) const
{
    const Records::Ptr group = find(request.group_name(), request.group_arn());
    if (!group)
        return noGroup();
    return resultOf<pb::GetGroupResult>(*group);
}

absl::StatusOr<pb::GetGroupsResult> Groups::list(const pb::GetGroupsRequest& request) const
{
    if (!request.next_token().empty())
        return invalid("There is no further page.");
    pb::GetGroupsResult result;
    const auto add = [&result](const pb::Group& group) {
        pb::GroupSummary& summary = *result.add_groups();
        summary.set_group_name(group.group_name());
        summary.set_group_arn(group.group_arn());
        if (group.has_filter_expression())
            summary.set_filter_expression(group.filter_expression());
        if (group.has_insights_configuration())
            *summary.mutable_insights_configuration() = group.insights_configuration();
    };
    add(*defaultGroup());
    for (const auto& [name, group] : m_groups.all())
        add(*group);
    return result;
}

void Groups::create(const pb::CreateGroupRequest& request, Done<pb::CreateGroupResult> done)
{
    pb::Group group;
    group.set_group_name(request.group_name());
    group.set_group_arn(arnOf(request.group_name()));
    group.set_filter_expression(request.filter_expression());
    absl::Status status = checkName(request.group_name());
    status.Update(checkFilter(request.filter_expression()));
    status.Update(setInsights(request.insights_configuration(), group));
    if (request.tags_size() > 0)
        status.Update(invalid("Tags of groups are not supported by Gantry."));
    if (!status.ok())
        return done(status);
    m_groups.change(
        request.group_name(),
        [this, group](const pb::Group* known) -> absl::StatusOr<std::unique_ptr<pb::Group>> {
            if (known)
                return invalid(absl::StrCat("There is a group ", group.group_name(), " already."));
            if (m_groups.all().size() >= kMost)
                return invalid(absl::StrCat("There may be ", kMost, " groups."));
            return std::make_unique<pb::Group>(group);
        },
        [done = std::move(done)](const absl::StatusOr<Records::Ptr>& made) {
            made.ok() ? done(resultOf<pb::CreateGroupResult>(**made)) : done(made.status());
        });
}

void Groups::update(const pb::UpdateGroupRequest& request, Done<pb::UpdateGroupResult> done)
{
    const Records::Ptr known = find(request.group_name(), request.group_arn());
    if (!known)
        return done(noGroup());
    if (known->group_name() == kDefault)
        return done(invalid("The group Default cannot be changed."));
    absl::Status status = checkFilter(request.filter_expression());
    pb::Group checked;
    status.Update(setInsights(request.insights_configuration(), checked));
    if (!status.ok())
        return done(status);
    m_groups.change(
        known->group_name(),
        [request](const pb::Group* current) -> absl::StatusOr<std::unique_ptr<pb::Group>> {
            if (!current)
                return noGroup();
            auto group = std::make_unique<pb::Group>(*current);
            if (request.has_filter_expression())
                group->set_filter_expression(request.filter_expression());
            return group;
        },
        [done = std::move(done)](const absl::StatusOr<Records::Ptr>& made) {
            made.ok() ? done(resultOf<pb::UpdateGroupResult>(**made)) : done(made.status());
        });
}

void Groups::remove(const pb::DeleteGroupRequest& request, Done<pb::DeleteGroupResult> done)
{
    const Records::Ptr known = find(request.group_name(), request.group_arn());
    if (!known)
        return done(noGroup());
    if (known->group_name() == kDefault)
        return done(invalid("The group Default cannot be deleted."));
    m_groups.change(
        known->group_name(),
        [](const pb::Group*) -> absl::StatusOr<std::unique_ptr<pb::Group>> { return nullptr; },
        [done = std::move(done)](const absl::StatusOr<Records::Ptr>& gone) {
            gone.ok() ? done(pb::DeleteGroupResult()) : done(gone.status());
        });
}

absl::StatusOr<FilterExpression> Groups::filterOf(const std::string& name, const std::string& arn) const
{
    if (name.empty() && arn.empty())
        return FilterExpression();
    const Records::Ptr group = find(name, arn);
    if (!group)
        return noGroup();
    return FilterExpression::parse(group->filter_expression());
}

} // namespace gantry::observe::traces
