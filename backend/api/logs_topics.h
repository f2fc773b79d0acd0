#pragma once

#include "backend/api/operation_table.h"
#include "backend/functions/arn.h"
#include "aws/logs.pb.h"
#include "backend/observe/logs/log_store.h"

#include <absl/status/statusor.h>
#include <google/protobuf/empty.pb.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

// What the handlers of CloudWatch Logs share.
namespace gantry::observe {
class Recorder;
}

namespace gantry::api::logs_api {

using google::protobuf::Empty;

struct Context {
    observe::Recorder& recorder;
    observe::logs::LogStore& store;
    functions::Place place;
    std::function<void()> subscriptionsChanged;
};

void registerGroups(OperationTable& table, Context context);
void registerEvents(OperationTable& table, Context context);
void registerQueries(OperationTable& table, Context context);
void registerTail(OperationTable& table, boost::asio::io_context& io, Context context);

absl::Status invalid(std::string message); // InvalidParameterException

std::string groupArn(const functions::Place& place, std::string_view group);
// The group's name from a name or an ARN, with or without :* at its end.
absl::StatusOr<std::string> groupOf(const functions::Place& place, std::string_view identifier);
// Of a request that may name the group in either of two ways.
template <class Request>
absl::StatusOr<std::string> requestedGroup(const functions::Place& place, const Request& request)
{
    if (request.has_log_group_name() == request.has_log_group_identifier())
        return invalid("Either logGroupName or logGroupIdentifier is required, not both.");
    return request.has_log_group_name() ? absl::StatusOr<std::string>(request.log_group_name())
                                        : groupOf(place, request.log_group_identifier());
}

// Answers a change of the store with an empty message.
inline store::Writer::Done emptyAnswer(Reply<Empty> reply)
{
    return [reply = std::move(reply)](const absl::Status& status) {
        if (status.ok())
            reply(Empty());
        else
            reply(status);
    };
}

} // namespace gantry::api::logs_api
