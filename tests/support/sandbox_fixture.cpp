#include "tests/support/sandbox_fixture.h"

#include "backend/base/ids.h"
#include "backend/sandbox/host_files.h"

#include <QTest>

#include <cctype>
#include <chrono>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace gantry::test {
namespace {

std::string readAll(int fd)
{
    std::string text;
    char buffer[4096];
    for (ssize_t size; (size = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(size));
    return text;
}

std::vector<pid_t> childrenOf(pid_t pid)
{
    std::vector<pid_t> children;
    std::ifstream list("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) +
                       "/children");
    for (pid_t child; list >> child;)
        children.push_back(child);
    return children;
}

} // namespace

std::string launcherPath()
{
    return GANTRY_BINARY_DIR "/bin/gantry-launcher";
}

std::string newInstance()
{
    return "test-" + randomHex(6);
}

SandboxFixture::SandboxFixture(int prepared, std::string launcher) : engine(nullptr)
{
    options.stateDirectory = directory.path().toStdString() + "/state";
    options.launcherPath = launcher.empty() ? launcherPath() : std::move(launcher);
    options.instance = newInstance();
    options.preparedSandboxes = prepared;
    engine = sandbox::makeEngine(io, options);
}

bool SandboxFixture::waitFor(const std::function<bool()>& condition, int milliseconds)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        io.restart();
        io.run_for(std::chrono::milliseconds(5));
    }
    return true;
}

absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> SandboxFixture::start(sandbox::Spec spec)
{
    static int count = 0;
    if (spec.id.empty())
        spec.id = "test-" + std::to_string(++count);
    std::optional<absl::StatusOr<std::unique_ptr<sandbox::Sandbox>>> result;
    (*engine)->start(std::move(spec), [&](auto started) { result.emplace(std::move(started)); });
    if (!waitFor([&] { return result.has_value(); }))
        return absl::DeadlineExceededError("no answer to a start");
    return *std::move(result);
}

void Running::read()
{
    out += readAll(output.get());
    err += readAll(errors.get());
}

std::unique_ptr<Running> run(SandboxFixture& fixture, sandbox::Spec spec)
{
    auto started = fixture.start(std::move(spec));
    if (!started.ok()) {
        QTest::qFail(std::string(started.status().message()).c_str(), __FILE__, __LINE__);
        return nullptr;
    }
    auto running = std::make_unique<Running>();
    running->sandbox = *std::move(started);
    running->output = running->sandbox->takeStdout();
    running->errors = running->sandbox->takeStderr();
    running->sandbox->onExit([raw = running.get()](sandbox::Exit exit) { raw->exit = exit; });
    return running;
}

std::unique_ptr<Running> runToEnd(SandboxFixture& fixture, sandbox::Spec spec)
{
    std::unique_ptr<Running> running = run(fixture, std::move(spec));
    if (!running)
        return nullptr;
    // Read meanwhile, or a full pipe would keep the program from ending.
    const bool ended = fixture.waitFor(
        [&] {
            running->read();
            return running->exit.has_value();
        },
        60'000);
    if (!ended)
        QTest::qFail("the program did not end", __FILE__, __LINE__);
    running->read();
    return running;
}

sandbox::Spec programSpec(std::vector<std::string> argv)
{
    sandbox::Spec spec;
    spec.argv = std::move(argv);
    spec.env = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
    spec.workingDirectory = "/";
    spec.limits.memoryBytes = 256LL << 20;
    spec.limits.tmpBytes = 64LL << 20;
    return spec;
}

sandbox::Spec pythonSpec(const std::string& code, std::vector<std::string> arguments)
{
    std::vector<std::string> argv{"/usr/bin/python3", "-c", code};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return programSpec(std::move(argv));
}

std::vector<std::string> cgroupsOf(const std::string& instance)
{
    namespace fs = std::filesystem;
    std::vector<std::string> found;
    std::error_code error;
    for (fs::recursive_directory_iterator at("/sys/fs/cgroup", error), end; at != end;
         at.increment(error)) {
        if (at->is_symlink(error) || !at->is_directory(error))
            continue;
        const std::string path = at->path();
        if (path.find("/gantry-" + instance) != std::string::npos)
            found.push_back(path);
        else if (at.depth() > 3)
            at.disable_recursion_pending();
    }
    return found;
}

pid_t launcherOf(pid_t daemon)
{
    for (const pid_t child : childrenOf(daemon))
        if (sandbox::readHostFile("/proc/" + std::to_string(child) + "/comm") == "gantry-launcher\n")
            return child;
    return 0;
}

int processesWith(const std::string& word)
{
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc"))
        if (std::isdigit(entry.path().filename().string()[0]))
            count += sandbox::readHostFile(entry.path() / "cmdline").find(word) != std::string::npos;
    return count;
}

} // namespace gantry::test
