#include "backend/daemon/parts.h"

#include "backend/api/key_needs.h"
#include "backend/observe/traces/segment_receiver.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <utility>

// What an environment is given to call AWS services with.
namespace gantry {
namespace {

constexpr std::uint16_t kAwsPort = 4566;  // inside; the same that the daemon has outside
constexpr std::uint16_t kTracePort = 2000; // where the X-Ray daemon is on AWS
constexpr std::size_t kConnections = 128; // of one environment, to each of its ports
// Beside the function's time-out: for an init, and for clocks that differ.
constexpr std::int64_t kMarginSeconds = 10;

} // namespace

absl::StatusOr<runtime::Belongings> Daemon::Parts::equip(runtime::EnvironmentSpec& spec)
{
    runtime::Belongings own;
    auto session = roleSessions->assume(spec.role, spec.functionName, spec.functionArn);
    if (!session.ok())
        return session.status();
    const std::shared_ptr<const iam::Credential> credential = *std::move(session);
    const api::ExtensionSettings extension = api::extensionSettings(spec.variables);
    if (credential) {
        const auto found = registry->find(spec.functionArn, spec.version);
        absl::Status readable;
        if (found.ok())
            readable = api::checkVariablesKey(*access, {*access, *keys},
                                              found->version->configuration, *credential);
        if (!readable.ok())
            return readable;
        spec.accessKeyId = credential->accessKeyId;
        spec.secretAccessKey = credential->secretAccessKey;
        spec.sessionToken = credential->sessionToken;
        const std::int64_t margin =
            std::min(spec.timeoutSeconds + kMarginSeconds, options.roleCredentialSeconds / 2);
        own.goodUntilUnixMicros = (credential->expiresUnixSeconds - margin) * 1'000'000;
        own.leases.push_back(credential);
        own.leases.push_back(extensionCaches.open(credential->accessKeyId, extension));
    }
    const auto receive = [this, name = spec.functionName](UniqueFd socket) {
        return observe::traces::receiveSegments(io, std::move(socket), [this, name](std::string document) {
            tracer->putOfFunction(name, std::move(document));
        });
    };
    // Without isolation there is one network for all, where the front listens anyway.
    if (engine->name() == "process") {
        spec.awsEndpoint = awsEndpoint();
        if (auto [socket, port] = observe::traces::openDatagramSocket(); socket) {
            spec.traceDaemon = absl::StrCat("127.0.0.1:", port);
            own.leases.push_back(receive(std::move(socket)));
        }
        return own;
    }
    spec.awsEndpoint = absl::StrCat("http://127.0.0.1:", kAwsPort);
    spec.traceDaemon = absl::StrCat("127.0.0.1:", kTracePort);
    own.services.push_back({kTracePort, receive, true});
    own.services.push_back({kAwsPort, [this](UniqueFd listener) {
                                return http->serve(std::move(listener), kConnections);
                            },
                            false});
    if (credential) {
        own.services.push_back({extension.port, [this, id = spec.accessKeyId](UniqueFd listener) {
                                    return http->serve(std::move(listener), kConnections, id);
                                },
                                false});
    }
    return own;
}

} // namespace gantry
