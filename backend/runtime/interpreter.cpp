#include "backend/runtime/interpreter.h"

#include "backend/base/unique_fd.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gantry::runtime {

namespace fs = std::filesystem;

namespace {

constexpr int kVersionTimeoutMillis = 3000;
constexpr std::size_t kVersionOutputLimit = 4096;

bool startsWith(const std::string& text, const char* prefix)
{
    return text.rfind(prefix, 0) == 0;
}

bool isVersion(const std::string& text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isdigit(c) != 0 || c == '.';
    });
}

// python3, python3.11, but not python3-config; node, nodejs, node22, node-22, nodejs22; ruby,
// ruby3.1.
bool isInterpreterName(const std::string& family, const std::string& name)
{
    const std::vector<std::string> stems = family == "python" ? std::vector<std::string>{"python"}
                                           : family == "nodejs"
                                               ? std::vector<std::string>{"nodejs", "node"}
                                               : std::vector<std::string>{family};
    for (const std::string& stem : stems) {
        if (!startsWith(name, stem.c_str()))
            continue;
        std::string rest = name.substr(stem.size());
        if (!rest.empty() && rest[0] == '-')
            rest.erase(0, 1);
        return family == "python" ? startsWith(rest, "3") && isVersion(rest)
                                  : rest.empty() || isVersion(rest);
    }
    return false;
}

std::vector<fs::path> directoriesOf(const std::string& family)
{
    std::vector<fs::path> directories = {"/usr/bin", "/usr/local/bin"};
    std::error_code error;
    if (family == "java") {
        for (const auto& machine : fs::directory_iterator("/usr/lib/jvm", error))
            directories.push_back(machine.path() / "bin");
    }
    return directories;
}

// Reads until the end, the limit or the deadline.
std::string readBounded(int fd)
{
    using namespace std::chrono;
    const auto deadline = steady_clock::now() + milliseconds(kVersionTimeoutMillis);
    std::string text;
    while (text.size() < kVersionOutputLimit) {
        const auto left = duration_cast<milliseconds>(deadline - steady_clock::now()).count();
        pollfd entry{fd, POLLIN, 0};
        if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) <= 0)
            break;
        char chunk[512];
        const ssize_t count = ::read(fd, chunk, sizeof chunk);
        if (count <= 0)
            break;
        text.append(chunk, static_cast<std::size_t>(count));
    }
    return text;
}

std::string versionOutput(const std::string& path)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return {};
    UniqueFd readEnd(ends[0]);
    UniqueFd writeEnd(ends[1]);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, writeEnd.get(), 1);
    posix_spawn_file_actions_adddup2(&actions, writeEnd.get(), 2);
    std::string program = path;
    std::string option = "--version";
    char* const argv[] = {program.data(), option.data(), nullptr};
    char* const environment[] = {nullptr};
    pid_t pid = -1;
    const int failed = ::posix_spawn(&pid, path.c_str(), &actions, nullptr, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return {};
    writeEnd.reset();
    std::string text = readBounded(readEnd.get());
    ::kill(pid, SIGKILL); // does nothing to one that has ended
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return text;
}

} // namespace

Interpreter parseVersion(const std::string& text)
{
    Interpreter found;
    int patch = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
        if (digit &&
            std::sscanf(text.c_str() + i, "%4d.%4d.%4d", &found.major, &found.minor, &patch) == 3) {
            found.version = std::to_string(found.major) + "." + std::to_string(found.minor) + "." +
                            std::to_string(patch);
            return found;
        }
    }
    return {};
}

std::vector<Interpreter> findInterpreters(const std::string& family)
{
    std::set<std::string> paths;
    for (const fs::path& directory : directoriesOf(family)) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(directory, error)) {
            if (!isInterpreterName(family, entry.path().filename()))
                continue;
            std::error_code unresolved;
            const fs::path real = fs::canonical(entry.path(), unresolved);
            // What a link reaches outside /usr does not exist inside an environment.
            if (!unresolved && startsWith(real, "/usr/") && ::access(real.c_str(), X_OK) == 0)
                paths.insert(real);
        }
    }
    std::vector<Interpreter> found;
    for (const std::string& path : paths) {
        Interpreter interpreter = parseVersion(versionOutput(path));
        interpreter.path = path;
        if (!interpreter.version.empty())
            found.push_back(std::move(interpreter));
    }
    std::sort(found.begin(), found.end(), [](const Interpreter& a, const Interpreter& b) {
        return std::pair(a.major, a.minor) < std::pair(b.major, b.minor);
    });
    return found;
}

} // namespace gantry::runtime
