#include "backend/api/alarm_actions.h"

#include "backend/api/alarm_feed.h"
#include "backend/base/error.h"
#include "backend/functions/registry.h"
#include "backend/invoke/async_queue.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>

#include <utility>

namespace gantry::api {
namespace {

bool isUrl(std::string_view action)
{
    return action.starts_with("http://") || action.starts_with("https://");
}

std::string serviceOf(const std::string& arn)
{
    const std::vector<std::string> parts = absl::StrSplit(arn, absl::MaxSplits(':', 3));
    return parts.size() > 2 ? parts[2] : std::string();
}

} // namespace

bool isFunctionAction(std::string_view action)
{
    return action.starts_with("arn:") && action.find(":lambda:") != std::string_view::npos;
}

absl::Status checkAlarmAction(const std::string& action)
{
    if (action == kDesktopAction || isUrl(action) || action.starts_with("arn:"))
        return absl::OkStatus();
    return validationError(absl::StrCat("The action ", action,
                                        " is neither an ARN nor a URL nor gantry:desktop."));
}

void AlarmActions::perform(const std::string& action, const record::StoredAlarm& alarm,
                           std::string event, std::function<void(absl::Status)> done)
{
    if (action == kDesktopAction)
        return done(m_feed.notify(alarm) ? absl::OkStatus()
                                         : serviceError("No console is open to notify."));
    if (isUrl(action))
        return m_webhook.post(action, std::move(event), std::move(done));
    if (isFunctionAction(action))
        return invoke(action, std::move(event), std::move(done));
    done(serviceError(absl::StrCat("Gantry has no service ", serviceOf(action),
                                   " to send to: use a function, a webhook or gantry:desktop.")));
}

void AlarmActions::invoke(const std::string& arn, std::string event,
                          std::function<void(absl::Status)> done)
{
    const auto named = functions::parseReference(m_registry.place(), arn);
    if (!named.ok())
        return done(named.status());
    auto target = m_registry.resolve(arn, {}, 0);
    if (!target.ok())
        return done(target.status());
    invoke::AsyncRequest request;
    request.target = *std::move(target);
    request.qualifier = named->qualifier;
    request.payload = std::make_shared<const std::string>(std::move(event));
    m_queue.accept(std::move(request), [done = std::move(done)](
                                           const absl::StatusOr<std::string>& accepted) {
        done(accepted.status());
    });
}

} // namespace gantry::api
