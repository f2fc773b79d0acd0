#include "backend/functions/registry.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/time/time.h>

#include <utility>

// Function URLs: a part of the function, so that they come and go with it.
namespace gantry::functions {
namespace {

// As long as AWS's, and as unlikely to be guessed: 32 characters of base 32.
std::string newUrlId()
{
    constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
    std::string id;
    for (const char c : sha256(randomUuid() + randomUuid()))
        id += kDigits[static_cast<unsigned char>(c) % kDigits.size()];
    return id;
}

std::string timeText(const Clock& clock)
{
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(clock.unixMicros()),
                            absl::UTCTimeZone());
}

absl::Status noUrl()
{
    return notFound("The resource you requested does not exist.");
}

// $LATEST's has no qualifier; versions cannot have one.
absl::Status checkTarget(const Place& place, const Function& function, const std::string& qualifier)
{
    if (qualifier.empty() || function.aliases.contains(qualifier))
        return absl::OkStatus();
    return notFound(
        absl::StrCat("Function not found: ", functionArn(place, function.name, qualifier)));
}

// AWS's rule: all or a list, and no credentials for all.
absl::Status checkCors(const aws::lambda::Cors& cors)
{
    for (const std::string& origin : cors.allow_origins()) {
        if (origin == "*" && cors.allow_origins_size() > 1)
            return invalidParameter("AllowOrigins must be either '*' or a list of origins.");
    }
    return absl::OkStatus();
}

template <class Request> void setCors(const Request& request, aws::lambda::FunctionUrlConfig& to)
{
    if (!request.has_cors())
        return;
    if (request.cors().ByteSizeLong() == 0)
        to.clear_cors();
    else
        *to.mutable_cors() = request.cors();
}

} // namespace

void Registry::indexUrls(const FunctionPtr& before, const FunctionPtr& after)
{
    if (before) {
        for (const auto& [qualifier, url] : before->urls)
            m_urls.erase(url->id);
    }
    if (after) {
        for (const auto& [qualifier, url] : after->urls)
            m_urls[url->id] = {after->name, qualifier, url};
    }
}

const UrlPlace* Registry::findUrl(const std::string& id) const
{
    const auto found = m_urls.find(id);
    return found == m_urls.end() ? nullptr : &found->second;
}

absl::StatusOr<UrlPtr> Registry::url(std::string_view nameOrArn, std::string_view qualifier) const
{
    const absl::StatusOr<Found> found = find(nameOrArn, qualifier);
    if (!found.ok())
        return found.status();
    const auto url = found->function->urls.find(found->qualifier);
    if (url == found->function->urls.end())
        return noUrl();
    return url->second;
}

void Registry::saveUrl(const Draft& draft, const std::string& qualifier, Url url, Addressed reply)
{
    if (absl::Status valid = checkCors(url.config.cors()); !valid.ok())
        return reply(valid);
    url.config.set_last_modified_time(timeText(m_clock));
    const auto saved = std::make_shared<const Url>(std::move(url));
    draft.after->urls[qualifier] = saved;
    commit(draft.before, draft.after,
           [saved, reply, pass = draft.pass](const absl::Status& status) {
               status.ok() ? reply(saved) : reply(status);
           });
}

void Registry::changeUrl(const std::string& nameOrArn, const std::string& qualifier, Done fail,
                         std::function<void(Draft, const std::string&)> begin)
{
    const absl::StatusOr<Reference> reference =
        parseReference(m_options.place, nameOrArn, qualifier);
    if (!reference.ok())
        return fail(reference.status());
    change(reference->name, std::move(fail),
           [begin = std::move(begin), qualifier = reference->qualifier](
               Draft draft, const Reference&) { begin(std::move(draft), qualifier); });
}

void Registry::createUrl(const aws::lambda::CreateFunctionUrlConfigRequest& request,
                         Addressed reply)
{
    changeUrl(request.function_name(), request.qualifier(), reply,
           [this, request, reply](Draft draft, const std::string& qualifier) {
               const std::string arn = functionArn(m_options.place, draft.before->name, qualifier);
               if (absl::Status s = checkTarget(m_options.place, *draft.before, qualifier); !s.ok())
                   return reply(s);
               if (draft.before->urls.contains(qualifier)) {
                   return reply(conflict(
                       absl::StrCat("Failed to create function url config for [functionArn = ", arn,
                                    "]. Error message:  FunctionUrlConfig exists for this Lambda "
                                    "function")));
               }
               if (draft.before->latest->configuration.has_tenancy_config()) {
                   return reply(invalidParameter(
                       "Function URLs are not supported for functions with tenant isolation."));
               }
               Url url;
               url.id = newUrlId();
               url.config.set_function_arn(arn);
               url.config.set_creation_time(timeText(m_clock));
               url.config.set_auth_type(request.auth_type());
               url.config.set_invoke_mode(request.has_invoke_mode() ? request.invoke_mode()
                                                                    : "BUFFERED");
               setCors(request, url.config);
               saveUrl(draft, qualifier, std::move(url), reply);
           });
}

void Registry::updateUrl(const aws::lambda::UpdateFunctionUrlConfigRequest& request,
                         Addressed reply)
{
    changeUrl(request.function_name(), request.qualifier(), reply,
           [this, request, reply](Draft draft, const std::string& qualifier) {
               const auto found = draft.before->urls.find(qualifier);
               if (found == draft.before->urls.end())
                   return reply(noUrl());
               Url url = *found->second;
               if (request.has_auth_type())
                   url.config.set_auth_type(request.auth_type());
               if (request.has_invoke_mode())
                   url.config.set_invoke_mode(request.invoke_mode());
               setCors(request, url.config);
               saveUrl(draft, qualifier, std::move(url), reply);
           });
}

void Registry::removeUrl(const aws::lambda::DeleteFunctionUrlConfigRequest& request, Done reply)
{
    changeUrl(request.function_name(), request.qualifier(), reply,
           [this, reply](Draft draft, const std::string& qualifier) {
               if (draft.after->urls.erase(qualifier) == 0)
                   return reply(noUrl());
               commit(draft.before, draft.after, [reply, pass = draft.pass](absl::Status status) {
                   reply(std::move(status));
               });
           });
}

} // namespace gantry::functions
