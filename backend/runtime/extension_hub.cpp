#include "backend/runtime/extension_hub.h"

#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/runtime/environment.h"
#include "backend/runtime/error_document.h"

#include <absl/strings/str_cat.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace gantry::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxName = 128;

ExtensionReply refusal(std::string_view type, std::string_view message)
{
    return {403, makeErrorDocument(absl::StrCat("Extension.", view(type)), message), {}};
}

ExtensionReply accepted()
{
    return {202, "{\"status\":\"OK\"}\n", {}};
}

json::value tracing(const std::string& traceId)
{
    return {{"type", "X-Amzn-Trace-Id"}, {"value", traceId}};
}

} // namespace

ExtensionHub::ExtensionHub(Host host, std::vector<std::string> external, Listener& events)
    : m_host(std::move(host)), m_external(std::move(external)), m_events(events)
{
    m_extensions.reserve(kMax); // pointers into it stay
}

ExtensionHub::Extension* ExtensionHub::find(const std::string& identifier)
{
    const auto found = std::find_if(m_extensions.begin(), m_extensions.end(),
                                    [&](const Extension& e) { return e.identifier == identifier; });
    return found == m_extensions.end() ? nullptr : &*found;
}

const std::string* ExtensionHub::nameOf(const std::string& identifier) const
{
    for (const Extension& extension : m_extensions) {
        if (extension.identifier == identifier)
            return &extension.name;
    }
    return nullptr;
}

void ExtensionHub::handle(const ExtensionRequest& request, Respond respond)
{
    if (request.kind == ExtensionRequest::Kind::Register)
        return registerExtension(request, respond);
    if (request.identifier.empty())
        return respond(
            refusal("MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"));
    Extension* extension = find(request.identifier);
    if (!extension)
        return respond(refusal("InvalidExtensionIdentifier", "Unknown extension identifier"));
    if (request.kind == ExtensionRequest::Kind::Next)
        next(*extension, std::move(respond));
    else
        failed(*extension, request, respond);
}

void ExtensionHub::registerExtension(const ExtensionRequest& request, const Respond& respond)
{
    if (request.name.empty() || request.name.size() > kMaxName)
        return respond(refusal("InvalidExtensionName", "Empty or too long extension name"));
    json::error_code error;
    const json::value body = json::parse(request.body, error);
    const json::value* events =
        !error && body.is_object() ? body.get_object().if_contains("events") : nullptr;
    if (error || !body.is_object() || (events && !events->is_array()))
        return respond(refusal("InvalidRequestFormat", "Invalid JSON in the request's body"));
    if (!m_open)
        return respond(refusal("RegistrationClosed", "Extension registration closed already"));
    if (m_extensions.size() >= kMax)
        return respond(
            refusal("TooManyExtensions", absl::StrCat("Extension limit (", kMax, ") reached")));
    Extension extension;
    extension.name = request.name;
    extension.external =
        std::find(m_external.begin(), m_external.end(), request.name) != m_external.end();
    for (const Extension& other : m_extensions) {
        if (other.name == extension.name)
            return respond(refusal("InvalidExtensionState",
                                   "An extension of this name has registered already"));
    }
    for (const json::value& event : events ? events->get_array() : json::array()) {
        const std::string name = event.is_string() ? std::string(event.get_string()) : "";
        if (name == "INVOKE")
            extension.wantsInvoke = true;
        else if (name == "SHUTDOWN" && extension.external)
            extension.wantsShutdown = true;
        else
            return respond(
                refusal("InvalidEventType",
                        absl::StrCat(name, ": event type is not supported for ",
                                     extension.external ? "external" : "internal", " extensions")));
    }
    extension.identifier = randomUuid();
    json::object answer = {{"functionName", m_host.functionName},
                           {"functionVersion", m_host.functionVersion},
                           {"handler", m_host.handler}};
    if (request.acceptsAccountId)
        answer["accountId"] = m_host.accountId;
    const std::string identifier = extension.identifier;
    const bool wasRegistered = registered();
    m_extensions.push_back(std::move(extension));
    respond({200, json::serialize(answer), {{"Lambda-Extension-Identifier", identifier}}});
    if (!wasRegistered && registered())
        m_events.extensionsRegistered();
}

void ExtensionHub::next(Extension& extension, Respond respond)
{
    if (extension.state == State::Failed)
        return respond(refusal("InvalidExtensionState", "The extension has reported its failure"));
    extension.parked = std::move(respond);
    if (!extension.waiting.empty())
        return send(extension, std::exchange(extension.waiting, {}));
    extension.state = State::Ready;
    if (ready())
        m_events.extensionsReady();
}

void ExtensionHub::failed(Extension& extension, const ExtensionRequest& request,
                          const Respond& respond)
{
    const bool init = request.kind == ExtensionRequest::Kind::InitError;
    if (init && extension.state != State::Registered)
        return respond(refusal("InvalidExtensionState",
                               "An extension reports a failed init before its first /next"));
    extension.state = State::Failed;
    respond(accepted());
    const std::string message = parseErrorDocument(request.body).message;
    m_events.extensionFailed(!request.errorType.empty()
                                 ? request.errorType
                                 : (init ? "Extension.InitError" : "Extension.ExitError"),
                             absl::StrCat("Extension ", extension.name,
                                          init ? " failed its init" : " ended with an error",
                                          message.empty() ? "" : ": ", message));
}

bool ExtensionHub::registered() const
{
    return static_cast<std::size_t>(std::count_if(m_extensions.begin(), m_extensions.end(),
                                                  [](const Extension& e) { return e.external; })) ==
           m_external.size();
}

bool ExtensionHub::ready() const
{
    return registered() && std::all_of(m_extensions.begin(), m_extensions.end(),
                                       [](const Extension& e) { return e.state == State::Ready; });
}

void ExtensionHub::send(Extension& extension, std::string body)
{
    extension.state = State::Running;
    const Respond respond = std::exchange(extension.parked, nullptr);
    if (!respond)
        extension.waiting = std::move(body);
    else
        respond({200, std::move(body), {{"Lambda-Extension-Event-Identifier", randomUuid()}}});
}

void ExtensionHub::invoke(const Invocation& invocation, std::int64_t deadlineUnixMillis)
{
    for (Extension& extension : m_extensions) {
        if (!extension.wantsInvoke)
            continue;
        send(extension,
             json::serialize(json::value{{"eventType", "INVOKE"},
                                         {"deadlineMs", deadlineUnixMillis},
                                         {"requestId", invocation.requestId},
                                         {"invokedFunctionArn", invocation.invokedFunctionArn},
                                         {"tracing", tracing(invocation.traceId)}}));
    }
}

bool ExtensionHub::shutDown(std::string_view reason, std::int64_t deadlineUnixMillis)
{
    bool any = false;
    for (Extension& extension : m_extensions) {
        if (!extension.wantsShutdown)
            continue;
        any = true;
        send(extension, json::serialize(json::value{
                            {"eventType", "SHUTDOWN"},
                            {"shutdownReason", json::string_view(reason.data(), reason.size())},
                            {"deadlineMs", deadlineUnixMillis}}));
    }
    return any;
}

void ExtensionHub::programEnded(std::size_t index)
{
    for (Extension& extension : m_extensions) {
        if (index < m_external.size() && extension.name == m_external[index])
            extension.parked = nullptr;
    }
}

std::vector<ExtensionHub::Described> ExtensionHub::describe() const
{
    static constexpr const char* kStates[] = {"Registered", "Ready", "Running", "Failed"};
    std::vector<Described> result;
    for (const Extension& extension : m_extensions) {
        Described& one = result.emplace_back();
        one.name = extension.name;
        one.state = kStates[static_cast<int>(extension.state)];
        if (extension.wantsInvoke)
            one.events.emplace_back("INVOKE");
        if (extension.wantsShutdown)
            one.events.emplace_back("SHUTDOWN");
    }
    return result;
}

} // namespace gantry::runtime
