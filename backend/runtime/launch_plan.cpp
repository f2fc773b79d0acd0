#include "backend/runtime/launch_plan.h"

#include "backend/base/elf.h"
#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/runtime/image_plan.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

namespace gantry::runtime {

namespace {

constexpr std::array<std::string_view, 22> kReserved = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "_LAMBDA_TELEMETRY_LOG_FD",
};

using Variables = std::map<std::string, std::string>;

// A function may replace these.
Variables packageVariables(const Runtime& runtime)
{
    Variables variables = {
        {"LANG", "en_US.UTF-8"},
        {"PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
        {"LD_LIBRARY_PATH", "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
                            "/var/task:/var/task/lib:/opt/lib"},
        {"TZ", ":UTC"},
        {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
    };
    if (runtime.family == "python")
        variables["PYTHONPATH"] = "/var/runtime";
    if (runtime.family == "ruby") {
        // Libraries as AWS places them. The host's own gems are no part of the environment.
        const std::string abi =
            absl::StrCat(runtime.version.substr(0, runtime.version.rfind('.')), ".0");
        variables["RUBYLIB"] = "/var/task:/var/runtime/lib:/opt/ruby/lib";
        variables["GEM_PATH"] =
            absl::StrCat("/var/task/vendor/bundle/ruby/", abi, ":/opt/ruby/gems/", abi);
    }
    if (runtime.family == "nodejs") {
        const std::string major = runtime.version.substr(0, runtime.version.find('.'));
        variables["NODE_PATH"] = absl::StrCat(
            "/opt/nodejs/node", major,
            "/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:"
            "/var/task");
    }
    return variables;
}

Variables defaultVariables(const EnvironmentSpec& spec, const Runtime& runtime)
{
    Variables variables = spec.image ? imageVariables(*spec.image) : packageVariables(runtime);
    // What the runtimes' own loggers go by.
    variables["AWS_LAMBDA_LOG_FORMAT"] = spec.log.json ? "JSON" : "Text";
    if (spec.log.json)
        variables["AWS_LAMBDA_LOG_LEVEL"] = spec.log.applicationLevel;
    if (!spec.awsEndpoint.empty())
        variables["AWS_ENDPOINT_URL"] = spec.awsEndpoint;
    if (!spec.traceDaemon.empty())
        variables["AWS_XRAY_DAEMON_ADDRESS"] = spec.traceDaemon;
    return variables;
}

void setReserved(const EnvironmentSpec& spec, const std::string& logStream, Variables& variables)
{
    variables["AWS_REGION"] = spec.region;
    variables["AWS_DEFAULT_REGION"] = spec.region;
    variables["AWS_LAMBDA_FUNCTION_NAME"] = spec.functionName;
    variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(spec.memoryMb);
    variables["AWS_LAMBDA_FUNCTION_VERSION"] = spec.version;
    variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = spec.initializationType;
    variables["AWS_LAMBDA_LOG_GROUP_NAME"] = spec.log.group;
    variables["AWS_LAMBDA_LOG_STREAM_NAME"] = logStream;
    if (!spec.image) {
        variables["_HANDLER"] = spec.handler;
        variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + spec.runtime;
        variables["LAMBDA_TASK_ROOT"] = "/var/task";
        variables["LAMBDA_RUNTIME_DIR"] = "/var/runtime";
    }
    if (spec.accessKeyId.empty())
        return;
    variables["AWS_ACCESS_KEY_ID"] = spec.accessKeyId;
    variables["AWS_SECRET_ACCESS_KEY"] = spec.secretAccessKey;
    if (!spec.sessionToken.empty())
        variables["AWS_SESSION_TOKEN"] = spec.sessionToken;
}

constexpr std::uint16_t kInspectorPort = 9229; // the ports that debuggers offer for a start
constexpr std::uint16_t kDebugpyPort = 5678;
constexpr std::uint16_t kJdwpPort = 5005;
// See resources/runtimes/python/_gantry_debugger.py.
constexpr const char* kDebugpy = "/usr/lib/python3/dist-packages/debugpy/__init__.py";

// Short-lived processes: the quick compiler and collector, and the archive of the JDK's classes.
void appendJava(const EnvironmentSpec& spec, std::vector<std::string>& command)
{
    // What the JVM needs besides the heap, so that the function and not the kernel runs out first.
    const int heapMb = std::max(spec.memoryMb * 3 / 4, 64);
    if (spec.debugging)
        command.push_back(absl::StrCat("-agentlib:jdwp=transport=dt_socket,server=y,suspend=y,quiet=y,"
                                       "address=127.0.0.1:",
                                       kJdwpPort));
    command.insert(command.end(),
                   {absl::StrCat("-Xmx", heapMb, "m"), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                    "-XX:-UsePerfData", "-Xshare:auto", "-Dfile.encoding=UTF-8", "-cp",
                    "/var/runtime/gantry-runtime.jar:/usr/share/java/jackson-databind.jar:"
                    "/usr/share/java/jackson-core.jar:/usr/share/java/jackson-annotations.jar",
                    "gantry.runtime.Bootstrap"});
}

enum class EntryPoint { Missing, NotExecutable, Usable };

EntryPoint inspect(const std::string& path)
{
    struct stat info = {};
    if (::stat(path.c_str(), &info) != 0 || S_ISDIR(info.st_mode))
        return EntryPoint::Missing;
    return S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0 ? EntryPoint::Usable
                                                               : EntryPoint::NotExecutable;
}

#if defined(__aarch64__)
constexpr std::string_view kHost = "arm64";
constexpr std::array<const char*, 2> kEmulators = {"/usr/bin/qemu-x86_64-static",
                                                   "/usr/bin/qemu-x86_64"};
#else
constexpr std::string_view kHost = "x86_64";
constexpr std::array<const char*, 2> kEmulators = {"/usr/bin/qemu-aarch64-static",
                                                   "/usr/bin/qemu-aarch64"};
#endif

// What runs the program at `path`, which the environment sees as `target`: itself, or through an
// emulator of its processor. A script is its interpreter's business.
absl::StatusOr<std::vector<std::string>> runnerOf(const std::string& path,
                                                  const std::string& target)
{
    std::ifstream file(path, std::ios::binary);
    std::string head(kElfHeadBytes, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    const std::string architecture = file ? elfArchitecture(head) : std::string();
    if (architecture.empty() || architecture == kHost)
        return std::vector<std::string>{target};
    for (const char* emulator : kEmulators)
        if (::access(emulator, X_OK) == 0)
            return std::vector<std::string>{emulator, target};
    return makeError("Runtime.InvalidEntrypoint", 400,
                     absl::StrCat(target, " is built for ", architecture, ", this host is ",
                                  view(kHost),
                                  ": install the Debian package qemu-user-static to have it "
                                  "emulated, or build it for this architecture"));
}

absl::StatusOr<std::vector<std::string>> findBootstrap(const EnvironmentSpec& spec)
{
    std::string why = "neither exists in the package or its layers";
    for (const auto& [directory, target] : {std::pair{&spec.codeDirectory, "/var/task/bootstrap"},
                                            std::pair{&spec.layersDirectory, "/opt/bootstrap"}}) {
        if (directory->empty())
            continue;
        const EntryPoint state = inspect(*directory + "/bootstrap");
        if (state == EntryPoint::Usable)
            return runnerOf(*directory + "/bootstrap", target);
        if (state == EntryPoint::NotExecutable) {
            why = absl::StrCat(target, " is not executable; run chmod +x on it before packaging");
            break;
        }
    }
    return makeError("Runtime.InvalidEntrypoint", 400,
                     absl::StrCat("Couldn't find valid bootstrap(s): [/var/task/bootstrap "
                                  "/opt/bootstrap]: ",
                                  why));
}

// Variables that are the runtime's business.
constexpr std::array<std::string_view, 9> kOfRuntimeOnly = {
    "_HANDLER",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_LAMBDA_TELEMETRY_LOG_FD",
};

bool isForExtensions(const std::string& line)
{
    const std::string_view name = std::string_view(line).substr(0, line.find('='));
    return std::find(kOfRuntimeOnly.begin(), kOfRuntimeOnly.end(), name) == kOfRuntimeOnly.end();
}

} // namespace

bool isReservedVariable(std::string_view name)
{
    return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

namespace {

Variables chosenVariables(const EnvironmentSpec& spec, const Runtime& runtime)
{
    Variables variables = defaultVariables(spec, runtime);
    for (const auto& [name, value] : spec.variables) {
        if (!isReservedVariable(name))
            variables[name] = value;
    }
    return variables;
}

} // namespace

std::vector<std::string> environmentVariables(const EnvironmentSpec& spec, const Runtime& runtime,
                                              const std::string& logStream)
{
    Variables variables = chosenVariables(spec, runtime);
    setReserved(spec, logStream, variables);
    if (spec.debugging)
        variables["GANTRY_DEBUGGER"] = "wait";
    std::vector<std::string> lines;
    lines.reserve(variables.size());
    for (const auto& [name, value] : variables)
        lines.push_back(absl::StrCat(name, "=", value));
    return lines;
}

absl::StatusOr<std::vector<std::string>> commandLine(const EnvironmentSpec& spec,
                                                     const Runtime& runtime)
{
    if (spec.image)
        return imageCommand(*spec.image, chosenVariables(spec, runtime));
    if (!runtime.available)
        return makeError(kInvalidRuntime, 502,
                         absl::StrCat(runtime.id, " cannot run on this host: ", runtime.note));
    if (runtime.family == "provided")
        return findBootstrap(spec);
    std::vector<std::string> command;
    const auto wrapper = spec.variables.find("AWS_LAMBDA_EXEC_WRAPPER");
    if (wrapper != spec.variables.end() && !wrapper->second.empty())
        command.push_back(wrapper->second);
    command.push_back(runtime.interpreter);
    if (runtime.family == "python") {
        // -S: the host's site-packages are not part of the environment; -B: the code is read-only.
        command.insert(command.end(),
                       {"-S", "-s", "-B", "-X", "utf8", "/var/runtime/bootstrap.py"});
    } else if (runtime.family == "java") {
        appendJava(spec, command);
    } else if (runtime.family == "ruby") {
        command.insert(command.end(), {"-Ku", "/var/runtime/bootstrap.rb"});
    } else {
        // The heap may grow to the whole memory size, so that reaching it is told as out of memory.
        command.push_back(absl::StrCat("--max-old-space-size=", spec.memoryMb));
        if (spec.debugging) {
            command.push_back(absl::StrCat("--inspect=127.0.0.1:", kInspectorPort));
            command.push_back("--inspect-publish-uid=http"); // not into the function's log
        }
        command.push_back("/var/runtime/bootstrap.js");
    }
    return command;
}

absl::StatusOr<Debugger> debuggerOf(const EnvironmentSpec& spec, const Runtime& runtime)
{
    if (runtime.family == "nodejs")
        return Debugger{"inspector", kInspectorPort};
    if (runtime.family == "java")
        return Debugger{"jdwp", kJdwpPort};
    if (runtime.family != "python")
        return invalidParameter(absl::StrCat("No debugger can be attached to ",
                                             spec.image ? "container images" : spec.runtime,
                                             " here; to Node.js, Python and Java there can."));
    if (::access(kDebugpy, R_OK) != 0 &&
        ::access((spec.codeDirectory + "/debugpy/__init__.py").c_str(), R_OK) != 0)
        return invalidParameter("Debugging Python needs debugpy: install the Debian package "
                                "python3-debugpy, or put debugpy into the function's package.");
    return Debugger{"debugpy", kDebugpyPort};
}

namespace {

std::vector<std::string> extensionNames(const EnvironmentSpec& spec)
{
    if (spec.image)
        return executablesIn(*spec.image, "/opt/extensions");
    std::vector<std::string> names;
    if (spec.layersDirectory.empty())
        return names;
    std::error_code ignored;
    for (const auto& entry :
         std::filesystem::directory_iterator(spec.layersDirectory + "/extensions", ignored)) {
        if (inspect(entry.path().string()) == EntryPoint::Usable)
            names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

std::vector<sandbox::Program> extensionPrograms(const EnvironmentSpec& spec,
                                                const std::vector<std::string>& environment)
{
    std::vector<sandbox::Program> programs;
    std::vector<std::string> variables;
    std::copy_if(environment.begin(), environment.end(), std::back_inserter(variables),
                 isForExtensions);
    for (const std::string& name : extensionNames(spec))
        programs.push_back({{"/opt/extensions/" + name}, variables});
    return programs;
}

std::vector<sandbox::Mount> mountsOf(const EnvironmentSpec& spec, const Runtime& runtime,
                                     const std::string& resourceDirectory)
{
    if (spec.image)
        return {};
    std::vector<sandbox::Mount> mounts = {{spec.codeDirectory, "/var/task"}};
    if (runtime.family != "provided")
        mounts.push_back({runtime.clientDirectory.empty()
                              ? absl::StrCat(resourceDirectory, "/runtimes/", runtime.family)
                              : runtime.clientDirectory,
                          "/var/runtime"});
    if (!spec.layersDirectory.empty())
        mounts.push_back({spec.layersDirectory, "/opt"});
    return mounts;
}

} // namespace gantry::runtime
