#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gantry::runtime {

struct Invocation;

// A request to the Extensions API (2020-01-01), or of an extension to the Telemetry or Logs API,
// apart from HTTP.
struct ExtensionRequest {
    enum class Kind { Register, Next, InitError, ExitError, Telemetry, Logs };
    Kind kind = Kind::Next;
    std::string name;       // Lambda-Extension-Name
    std::string identifier; // Lambda-Extension-Identifier
    std::string errorType;  // Lambda-Extension-Function-Error-Type
    bool acceptsAccountId = false;
    std::string body;
};

struct ExtensionReply {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

// The extensions of one environment: who is registered for which events, who waits for the next,
// what each is told. An extension whose name is one of the launched programs' is external, any other
// is internal: a part of the runtime's process. Knows no HTTP and no time. I/O thread only.
class ExtensionHub final {
public:
    using Respond = std::function<void(ExtensionReply)>;

    static constexpr std::size_t kMax = 10;

    struct Host {
        std::string functionName, functionVersion, handler, accountId;
    };

    // Calls may destroy the hub: each is the last thing done before returning.
    class Listener {
    public:
        virtual ~Listener() = default;
        virtual void extensionsRegistered() = 0; // the last of the external ones has
        virtual void extensionsReady() = 0;      // the last one has come to /next
        // One reported that its init or its work failed.
        virtual void extensionFailed(std::string errorType, std::string message) = 0;
    };

    ExtensionHub(Host host, std::vector<std::string> external, Listener& events);

    // Responds once, at once or (to Next) when there is an event.
    void handle(const ExtensionRequest& request, Respond respond);

    // Null when nobody registered under that identifier.
    const std::string* nameOf(const std::string& identifier) const;

    // The runtime's init is done: nobody may register any more.
    void closeRegistration() { m_open = false; }

    // All external ones have registered, and every extension waits for an event.
    bool ready() const;
    bool registered() const; // all external ones have
    bool hasExternal() const { return !m_external.empty(); }
    bool hasAny() const { return hasExternal() || !m_extensions.empty(); }

    // Tells those that asked for it of an invocation.
    void invoke(const Invocation& invocation, std::int64_t deadlineUnixMillis);
    // Tells those that asked for it of the end; false when none did. reason: spindown, timeout or
    // failure.
    bool shutDown(std::string_view reason, std::int64_t deadlineUnixMillis);
    // The program of an external one has ended.
    void programEnded(std::size_t index);

    struct Described {
        std::string name;
        std::string state; // Registered, Ready, Running, Failed
        std::vector<std::string> events;
    };
    std::vector<Described> describe() const;

private:
    enum class State { Registered, Ready, Running, Failed };
    struct Extension {
        std::string name, identifier;
        bool external = false;
        bool wantsInvoke = false;
        bool wantsShutdown = false;
        State state = State::Registered;
        Respond parked;
        std::string waiting; // an event that came while it was at work
    };

    void registerExtension(const ExtensionRequest& request, const Respond& respond);
    void next(Extension& extension, Respond respond);
    void failed(Extension& extension, const ExtensionRequest& request, const Respond& respond);
    Extension* find(const std::string& identifier);
    void send(Extension& extension, std::string body);

    const Host m_host;
    const std::vector<std::string> m_external;
    Listener& m_events;
    bool m_open = true;
    std::vector<Extension> m_extensions;
};

} // namespace gantry::runtime
