#include "backend/daemon/options.h"

#include "backend/base/version.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <utility>

#include <unistd.h>

namespace gantry {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name)
{
    const char* value = std::getenv(name);
    return value ? value : "";
}

// The XDG base directory specification's place for data.
fs::path defaultDataDirectory()
{
    const std::string data = environment("XDG_DATA_HOME");
    const fs::path home = environment("HOME").empty() ? "/var/lib" : environment("HOME");
    return (data.empty() ? home / ".local/share" : fs::path(data)) / "gantry";
}

// The XDG runtime directory, which is the user's alone; the console looks in the same two places.
fs::path defaultSocket()
{
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    const fs::path folder = runtime.empty() ? fs::path("/tmp/gantry-" + std::to_string(getuid()))
                                            : fs::path(runtime) / "gantry";
    return folder / "gantryd.sock";
}

std::string checkAddress(const std::string& address)
{
    const auto colon = address.rfind(':');
    const std::string port = colon == std::string::npos ? "" : address.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 &&
                        port.find_first_not_of("0123456789") == std::string::npos;
    return digits && colon > 0 && std::stoi(port) <= 65'535
               ? ""
               : "give an address and a port, as in 127.0.0.1:4566 (port 0 takes a free one)";
}

std::string checkSocket(std::string& value)
{
    constexpr std::string_view scheme = "unix:";
    if (value.rfind(scheme, 0) != 0 || value.size() == scheme.size())
        return "give a Unix socket, as in unix:/run/user/1000/gantry/gantryd.sock";
    return "";
}

// As the OpenTelemetry specification has it: pairs with commas between them.
void addHeadersOfEnvironment(DaemonOptions& options)
{
    std::istringstream pairs(environment("OTEL_EXPORTER_OTLP_HEADERS"));
    for (std::string pair; !options.otlpEndpoint.empty() && std::getline(pairs, pair, ',');) {
        if (!pair.empty())
            options.otlpHeaders.push_back(std::move(pair));
    }
}

} // namespace

std::optional<int> readOptions(int argc, char** argv, DaemonOptions& options)
{
    options.dataDirectory = defaultDataDirectory();
    std::string socket = "unix:" + defaultSocket().string();

    CLI::App app("Runs functions on this machine and speaks the AWS Lambda API.", "gantryd");
    app.set_version_flag("--version", std::string("gantryd ") + kVersion);
    app.add_option("--data-dir", options.dataDirectory,
                   "Where functions, code, logs, metrics and the credentials file are kept")
        ->capture_default_str();
    app.add_option("--aws", options.awsAddress, "Address and port of the AWS API; port 0 takes a free one")
        ->check(checkAddress)
        ->capture_default_str();
    app.add_option("--url-tls", options.urlTlsAddress,
                   "Address and port for HTTPS, for function URLs and the AWS API, with a certificate of "
                   "this installation's own authority (tls/authority.pem in the data directory)")
        ->check(checkAddress);
    app.add_option("--grpc", socket, "Unix socket for the console")
        ->check(CLI::Validator(checkSocket, "unix:PATH"))
        ->capture_default_str();
    app.add_option("--host", options.hosts,
                   "A further name that clients may put into the Host header; may be repeated");
    app.add_option("--concurrency", options.concurrency, "Concurrent executions of the account")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    app.add_option("--keep-alive", options.keepAliveSeconds,
                   "Seconds after which an idle environment is shut down (600 unless chosen in the console)")
        ->check(CLI::Range(1, 86'400));
    app.add_option("--keep-alive-policy", options.keepAlivePolicy,
                   "fixed: the same time for all; learned: as each function's calls teach")
        ->check(CLI::IsMember({"fixed", "learned"}));
    app.add_option("--keep-alive-minute", options.keepAliveMinuteMs,
                   "Milliseconds that the learned keep-alive takes for a minute: less for calls that "
                   "come faster than they did where they were recorded")
        ->check(CLI::Range(100, 60'000))
        ->capture_default_str();
    app.add_option("--scaling-rate", options.scalingRate,
                   "New environments that one function may take in 10 seconds (1,000 unless chosen in "
                   "the console)")
        ->check(CLI::Range(1, 100'000));
    app.add_option("--call-rate", options.callRate,
                   "Calls a second for each environment that a function, or the account, may have (10 "
                   "unless chosen in the console)")
        ->check(CLI::Range(1, 100'000));
    app.add_option("--code-storage", options.codeStorageMb,
                   "MB that the packages of functions and layers may have together")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    app.add_option("--retry-delay", options.retryDelaySeconds,
                   "Seconds until an asynchronous event that failed is tried again, twice as many the "
                   "second time. AWS waits 60")
        ->check(CLI::Range(0, 3'600))
        ->capture_default_str();
    app.add_option("--role-credentials", options.roleCredentialSeconds,
                   "Seconds for which the credentials of an environment are good; before they "
                   "expire, another environment takes its place")
        ->check(CLI::Range(15, 43'200))
        ->capture_default_str();
    app.add_option("--prepared", options.preparedSandboxes, "Empty sandboxes kept ready")
        ->check(CLI::Range(0, 64))
        ->capture_default_str();
    app.add_option("--stream-burst", options.streamBurstMb,
                   "MB of a streamed response that go out before its rate is limited, as on AWS")
        ->check(CLI::Range(0, 200))
        ->capture_default_str();
    app.add_option("--stream-rate", options.streamMbPerSecond,
                   "MB per second of a streamed response after its burst; 0: no limit")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    app.add_option("--master-key", options.masterKey,
                   "Where the first start puts the key that everything secret is encrypted with: "
                   "auto (the desktop's keyring if it can be used, else a file), keyring or file")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, keys::MasterKeyPlace>{
                {"auto", keys::MasterKeyPlace::Automatic},
                {"keyring", keys::MasterKeyPlace::Keyring},
                {"file", keys::MasterKeyPlace::File}},
            CLI::ignore_case))
        ->option_text("auto|keyring|file");
    app.add_flag("--prometheus", options.serveMetrics,
                 "Serve the metrics of all functions in Prometheus' text format at /metrics of the AWS "
                 "address, unsigned: whoever reaches the port can read them");
    app.add_option("--otlp-endpoint", options.otlpEndpoint,
                   "Push the metrics of all functions to this OTLP/HTTP receiver, as in "
                   "http://127.0.0.1:4318 (/v1/metrics is below it)");
    app.add_option("--otlp-interval", options.otlpIntervalSeconds, "Seconds between two pushes")
        ->check(CLI::Range(5, 3'600))
        ->capture_default_str();
    app.add_option("--otlp-header", options.otlpHeaders,
                   "A header of each push, NAME=VALUE; may be repeated. Other users of this machine can "
                   "read a command line: OTEL_EXPORTER_OTLP_HEADERS, NAME=VALUE,..., is for secrets");
    app.add_flag("--otlp-traces", options.otlpTraces, "Push traces as well");
    app.add_flag("--allow-no-isolation", options.allowNoIsolation,
                 "Run functions without isolation where the host offers none. They can then do what you can");
    app.add_flag("--verbose", options.verbose, "Write more to standard error");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    addHeadersOfEnvironment(options);
    options.grpcSocket = socket.substr(socket.find(':') + 1);
    return std::nullopt;
}

} // namespace gantry
