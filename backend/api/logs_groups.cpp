#include "backend/api/logs_topics.h"
#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/logs/filter_pattern.h"
#include "backend/observe/logs/groups.h"
#include "backend/observe/recorder.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>

// Log groups and streams, their retention, tags and subscription filters.
namespace gantry::api::logs_api {
namespace {

namespace logs = observe::logs;
using namespace aws::logs;

constexpr int kPage = 50;
constexpr std::array<int, 23> kRetentions{1,   3,   5,   7,   14,   30,   60,   90,
                                          120, 150, 180, 365, 400,  545,  731,  1096,
                                          1827, 2192, 2557, 2922, 3288, 3653, 0};

logs::Tags tagsOf(const google::protobuf::Map<std::string, std::string>& map)
{
    return {map.begin(), map.end()};
}

void createGroup(const Context& c, const CreateLogGroupRequest& request, Reply<Empty> reply)
{
    c.store.change(
        [name = request.log_group_name(), tags = tagsOf(request.tags()),
         now = c.recorder.clock().unixMillis()](store::Database& database) {
            return logs::createGroup(database, name, now, tags);
        },
        emptyAnswer(std::move(reply)));
}

void describeGroups(const Context& c, const DescribeLogGroupsRequest& request,
                    Reply<DescribeLogGroupsResponse> reply)
{
    if (request.has_log_group_name_prefix() && request.has_log_group_name_pattern())
        return reply(invalid("logGroupNamePrefix and logGroupNamePattern exclude each other."));
    const int limit = request.has_limit() ? request.limit() : kPage;
    using Groups = std::vector<logs::GroupInfo>;
    c.store.read<Groups>(
        [request, limit](store::Database& database) {
            return logs::listGroups(database, request.log_group_name_prefix(),
                                    request.log_group_name_pattern(), request.next_token(),
                                    limit + 1);
        },
        [reply = std::move(reply), place = c.place, limit](absl::StatusOr<Groups> groups) {
            if (!groups.ok())
                return reply(groups.status());
            DescribeLogGroupsResponse response;
            for (const logs::GroupInfo& info : *groups) {
                if (response.log_groups_size() == limit) {
                    response.set_next_token(response.log_groups(limit - 1).log_group_name());
                    break;
                }
                LogGroup& group = *response.add_log_groups();
                group.set_log_group_name(info.name);
                group.set_creation_time(info.createdMs);
                group.set_metric_filter_count(0);
                group.set_log_group_arn(groupArn(place, info.name));
                group.set_arn(group.log_group_arn() + ":*");
                group.set_stored_bytes(info.storedBytes);
                group.set_log_group_class("STANDARD");
                if (info.retentionDays > 0)
                    group.set_retention_in_days(info.retentionDays);
            }
            reply(std::move(response));
        });
}

void describeStreams(const Context& c, const DescribeLogStreamsRequest& request,
                     Reply<DescribeLogStreamsResponse> reply)
{
    const auto group = requestedGroup(c.place, request);
    if (!group.ok())
        return reply(group.status());
    logs::StreamQuery query;
    query.group = *group;
    query.prefix = request.log_stream_name_prefix();
    query.byTime = request.order_by() == "LastEventTime";
    query.descending = request.descending();
    query.limit = (request.has_limit() ? request.limit() : kPage) + 1;
    if (query.byTime && !query.prefix.empty())
        return reply(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    if (request.has_next_token() && (!absl::SimpleAtoi(request.next_token(), &query.offset) ||
                                     query.offset < 0))
        return reply(invalid("The specified nextToken is invalid."));
    using Streams = std::vector<logs::StreamInfo>;
    c.store.read<Streams>(
        [query](store::Database& database) { return logs::listStreams(database, query); },
        [reply = std::move(reply), query, place = c.place](absl::StatusOr<Streams> streams) {
            if (!streams.ok())
                return reply(streams.status());
            DescribeLogStreamsResponse response;
            for (const logs::StreamInfo& info : *streams) {
                if (response.log_streams_size() == query.limit - 1) {
                    response.set_next_token(absl::StrCat(query.offset + query.limit - 1));
                    break;
                }
                LogStream& stream = *response.add_log_streams();
                stream.set_log_stream_name(info.name);
                stream.set_creation_time(info.createdMs);
                stream.set_arn(absl::StrCat(groupArn(place, query.group), ":log-stream:",
                                            info.name));
                stream.set_stored_bytes(0); // as AWS answers since 2019
                if (info.lastMs > 0) {
                    stream.set_first_event_timestamp(info.firstMs);
                    stream.set_last_event_timestamp(info.lastMs);
                    stream.set_last_ingestion_time(info.ingestedMs);
                }
            }
            reply(std::move(response));
        });
}

void putRetention(const Context& c, const std::string& group, int days, Reply<Empty> reply)
{
    if (std::find(kRetentions.begin(), kRetentions.end(), days) == kRetentions.end())
        return reply(invalid(absl::StrCat("Invalid retentionInDays value ", days, ".")));
    c.store.change(
        [group, days](store::Database& database) {
            return logs::setRetention(database, group, days);
        },
        emptyAnswer(std::move(reply)));
}

// As emptyAnswer; the filters in force are read anew before the answer.
store::Writer::Done subscriptionsAnswer(const Context& c, Reply<Empty> reply)
{
    return [changed = c.subscriptionsChanged,
            reply = std::move(reply)](const absl::Status& status) {
        if (!status.ok())
            return reply(status);
        changed();
        reply(Empty());
    };
}

void putSubscription(const Context& c, const PutSubscriptionFilterRequest& request,
                     Reply<Empty> reply)
{
    if (const auto pattern = logs::FilterPattern::parse(request.filter_pattern()); !pattern.ok())
        return reply(pattern.status());
    const auto function = functions::parseReference(c.place, request.destination_arn());
    if (!function.ok() || !absl::StrContains(request.destination_arn(), ":lambda:"))
        return reply(invalid("destinationArn: this platform delivers to functions only; give the "
                             "ARN of a function of this account and region."));
    if (request.log_group_name() == logs::functionGroup(function->name))
        return reply(invalid("destinationArn: the function would be invoked by its own log, "
                             "without end."));
    logs::Subscription subscription;
    subscription.group = request.log_group_name();
    subscription.name = request.filter_name();
    subscription.pattern = request.filter_pattern();
    subscription.destination = request.destination_arn();
    subscription.role = request.role_arn();
    subscription.distribution = request.has_distribution() ? request.distribution() : "ByLogStream";
    subscription.createdMs = c.recorder.clock().unixMillis();
    c.store.change(
        [subscription](store::Database& database) {
            return logs::putSubscription(database, subscription);
        },
        subscriptionsAnswer(c, std::move(reply)));
}

void describeSubscriptions(const Context& c, const DescribeSubscriptionFiltersRequest& request,
                           Reply<DescribeSubscriptionFiltersResponse> reply)
{
    using Subscriptions = std::vector<logs::Subscription>;
    c.store.read<Subscriptions>(
        [group = request.log_group_name()](store::Database& database) {
            return logs::subscriptions(database, group);
        },
        [reply = std::move(reply),
         prefix = request.filter_name_prefix()](absl::StatusOr<Subscriptions> list) {
            if (!list.ok())
                return reply(list.status());
            DescribeSubscriptionFiltersResponse response;
            for (const logs::Subscription& s : *list) {
                if (!s.name.starts_with(prefix))
                    continue;
                SubscriptionFilter& filter = *response.add_subscription_filters();
                filter.set_filter_name(s.name);
                filter.set_log_group_name(s.group);
                filter.set_filter_pattern(s.pattern);
                filter.set_destination_arn(s.destination);
                if (!s.role.empty())
                    filter.set_role_arn(s.role);
                filter.set_distribution(s.distribution);
                filter.set_creation_time(s.createdMs);
            }
            reply(std::move(response));
        });
}

void tag(const Context& c, absl::StatusOr<std::string> group, logs::Tags tags, Reply<Empty> reply)
{
    if (!group.ok())
        return reply(group.status());
    c.store.change(
        [group = *group, tags = std::move(tags)](store::Database& database) {
            return logs::setTags(database, group, tags);
        },
        emptyAnswer(std::move(reply)));
}

void untag(const Context& c, absl::StatusOr<std::string> group,
           const google::protobuf::RepeatedPtrField<std::string>& keys, Reply<Empty> reply)
{
    if (!group.ok())
        return reply(group.status());
    c.store.change(
        [group = *group,
         keys = std::vector<std::string>(keys.begin(), keys.end())](store::Database& database) {
            return logs::removeTags(database, group, keys);
        },
        emptyAnswer(std::move(reply)));
}

template <class Response>
void listTags(const Context& c, absl::StatusOr<std::string> group, Reply<Response> reply)
{
    if (!group.ok())
        return reply(group.status());
    c.store.read<logs::Tags>(
        [group = *group](store::Database& database) { return logs::tagsOf(database, group); },
        [reply = std::move(reply)](absl::StatusOr<logs::Tags> tags) {
            if (!tags.ok())
                return reply(tags.status());
            Response response;
            response.mutable_tags()->insert(tags->begin(), tags->end());
            reply(std::move(response));
        });
}

// The operations on tags take the ARN without ":*" ("CloudWatch Logs resources and operations"), which
// is also what the permission is asked for.
absl::StatusOr<std::string> taggedGroup(const functions::Place& place, const std::string& arn)
{
    if (!absl::StartsWith(arn, "arn:") || absl::EndsWith(arn, ":*"))
        return invalid("resourceArn: must be the ARN of a log group, without :* at its end.");
    return groupOf(place, arn);
}

void registerTags(OperationTable& table, const Context& c)
{
    table.on<TagResourceRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        tag(c, taggedGroup(c.place, request.resource_arn()), tagsOf(request.tags()), std::move(reply));
    });
    table.on<UntagResourceRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        untag(c, taggedGroup(c.place, request.resource_arn()), request.tag_keys(), std::move(reply));
    });
    table.on<ListTagsForResourceRequest, ListTagsForResourceResponse>(
        [c](CallPtr, const auto& request, Reply<ListTagsForResourceResponse> reply) {
            listTags(c, taggedGroup(c.place, request.resource_arn()), std::move(reply));
        });
    table.on<TagLogGroupRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        tag(c, request.log_group_name(), tagsOf(request.tags()), std::move(reply));
    });
    table.on<UntagLogGroupRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        untag(c, request.log_group_name(), request.tags(), std::move(reply));
    });
    table.on<ListTagsLogGroupRequest, ListTagsLogGroupResponse>(
        [c](CallPtr, const auto& request, Reply<ListTagsLogGroupResponse> reply) {
            listTags(c, absl::StatusOr<std::string>(request.log_group_name()), std::move(reply));
        });
}

void registerSubscriptions(OperationTable& table, const Context& c)
{
    table.on<PutSubscriptionFilterRequest, Empty>(
        [c](CallPtr, const auto& request, Reply<Empty> reply) {
            putSubscription(c, request, std::move(reply));
        });
    table.on<DescribeSubscriptionFiltersRequest, DescribeSubscriptionFiltersResponse>(
        [c](CallPtr, const auto& request, Reply<DescribeSubscriptionFiltersResponse> reply) {
            describeSubscriptions(c, request, std::move(reply));
        });
    table.on<DeleteSubscriptionFilterRequest, Empty>(
        [c](CallPtr, const auto& request, Reply<Empty> reply) {
            c.store.change(
                [group = request.log_group_name(),
                 name = request.filter_name()](store::Database& database) {
                    return logs::deleteSubscription(database, group, name);
                },
                subscriptionsAnswer(c, std::move(reply)));
        });
}

void registerStreams(OperationTable& table, const Context& c)
{
    table.on<CreateLogStreamRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        c.store.change(
            [group = request.log_group_name(), name = request.log_stream_name(),
             now = c.recorder.clock().unixMillis()](store::Database& database) {
                return logs::createStream(database, group, name, now);
            },
            emptyAnswer(std::move(reply)));
    });
    table.on<DeleteLogStreamRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        c.store.remove(
            [group = request.log_group_name(),
             name = request.log_stream_name()](store::Database& database) {
                return logs::deleteStream(database, group, name);
            },
            emptyAnswer(std::move(reply)));
    });
    table.on<DescribeLogStreamsRequest, DescribeLogStreamsResponse>(
        [c](CallPtr, const auto& request, Reply<DescribeLogStreamsResponse> reply) {
            describeStreams(c, request, std::move(reply));
        });
}

} // namespace

void registerGroups(OperationTable& table, Context c)
{
    table.on<CreateLogGroupRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        createGroup(c, request, std::move(reply));
    });
    table.on<DeleteLogGroupRequest, Empty>([c](CallPtr, const auto& request, Reply<Empty> reply) {
        c.store.remove(
            [name = request.log_group_name()](store::Database& database) {
                return logs::deleteGroup(database, name);
            },
            subscriptionsAnswer(c, std::move(reply)));
    });
    table.on<DescribeLogGroupsRequest, DescribeLogGroupsResponse>(
        [c](CallPtr, const auto& request, Reply<DescribeLogGroupsResponse> reply) {
            describeGroups(c, request, std::move(reply));
        });
    table.on<PutRetentionPolicyRequest, Empty>(
        [c](CallPtr, const auto& request, Reply<Empty> reply) {
            if (request.retention_in_days() < 1)
                return reply(invalid("Invalid retentionInDays value."));
            putRetention(c, request.log_group_name(), request.retention_in_days(),
                         std::move(reply));
        });
    table.on<DeleteRetentionPolicyRequest, Empty>(
        [c](CallPtr, const auto& request, Reply<Empty> reply) {
            putRetention(c, request.log_group_name(), 0, std::move(reply));
        });
    registerStreams(table, c);
    registerSubscriptions(table, c);
    registerTags(table, c);
}

} // namespace gantry::api::logs_api
