#pragma once

#include "backend/keys/master_key_place.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gantry {

// What the command line of gantryd says.
struct DaemonOptions {
    std::string dataDirectory;            // made with mode 0700
    std::string awsAddress = "127.0.0.1:4566";
    std::string urlTlsAddress;            // of HTTPS beside HTTP; empty: as chosen in the console
    std::string grpcSocket;               // path, without unix:
    std::vector<std::string> hosts;       // further names for the Host header
    int concurrency = 1000;               // of the account
    static constexpr std::int64_t kKeepAliveSeconds = 600;
    std::optional<std::int64_t> keepAliveSeconds; // of idle environments
    std::string keepAlivePolicy;          // fixed, learned; empty: as chosen before
    std::int64_t keepAliveMinuteMs = 60'000; // what the learned policy takes for a minute
    std::optional<int> scalingRate; // environments of one function in 10 seconds
    std::optional<int> callRate;    // of each environment, a second
    std::int64_t codeStorageMb = 76'800;  // 75 GB: packages of functions and layers
    int preparedSandboxes = 4;
    std::int64_t streamBurstMb = 6;     // of a streamed response, before its rate is limited
    std::int64_t streamMbPerSecond = 2; // 0: no limit
    keys::MasterKeyPlace masterKey = keys::MasterKeyPlace::Automatic;
    std::int64_t retryDelaySeconds = 60;  // of asynchronous events
    bool serveMetrics = false; // /metrics, to anybody who can reach the port
    std::string otlpEndpoint;  // that metrics are pushed to; empty: as chosen in the console
    std::vector<std::string> otlpHeaders; // NAME=VALUE
    int otlpIntervalSeconds = 60;
    bool otlpTraces = false;
    std::int64_t roleCredentialSeconds = 12 * 3600; // of an environment
    bool allowNoIsolation = false;
    bool verbose = false;
};

// An exit code when there is nothing more to do: --help, --version, or a mistake, which was said on
// standard error.
std::optional<int> readOptions(int argc, char** argv, DaemonOptions& options);

} // namespace gantry
