#include "backend/api/logs.h"

#include "backend/api/logs_topics.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/observe/recorder.h"

#include <absl/strings/str_cat.h>

#include <memory>
#include <utility>

namespace gantry::api {
namespace logs_api {

absl::Status invalid(std::string message)
{
    return makeError("InvalidParameterException", 400, std::move(message));
}

std::string groupArn(const functions::Place& place, std::string_view group)
{
    return absl::StrCat("arn:aws:logs:", place.region, ":", place.accountId, ":log-group:",
                        view(group));
}

absl::StatusOr<std::string> groupOf(const functions::Place& place, std::string_view identifier)
{
    if (!identifier.starts_with("arn:"))
        return std::string(identifier);
    const std::string prefix = groupArn(place, "");
    if (!identifier.starts_with(prefix))
        return invalid(absl::StrCat("The ARN ", view(identifier), " is not that of a log group of "
                                                                  "this account and region."));
    identifier.remove_prefix(prefix.size());
    if (identifier.ends_with(":*"))
        identifier.remove_suffix(2);
    return std::string(identifier);
}

} // namespace logs_api

void registerLogs(OperationTable& table, boost::asio::io_context& io, observe::Recorder& recorder,
                  functions::Place place, LogSubscriptions::Deliver deliver)
{
    const auto subscriptions =
        std::make_shared<LogSubscriptions>(io, recorder, place, std::move(deliver));
    const logs_api::Context context{recorder, recorder.logStore(), std::move(place),
                                    [subscriptions] { subscriptions->refresh(); }};
    logs_api::registerGroups(table, context);
    logs_api::registerEvents(table, context);
    logs_api::registerQueries(table, context);
    logs_api::registerTail(table, io, context);
}

} // namespace gantry::api
