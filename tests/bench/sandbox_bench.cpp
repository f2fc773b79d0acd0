// What isolation adds to the start of a program: build the target sandbox_bench and run it. Bare
// and isolated starts alternate, so that a busy machine slows both; medians are printed.
#include "backend/base/clock.h"
#include "tests/support/sandbox_fixture.h"

#include <QFile>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace gantry;
using namespace gantry::test;

namespace {

constexpr int rounds = 30;

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values.at(values.size() / 2);
}

double bareStart(const std::vector<std::string>& argv)
{
    std::vector<char*> arguments;
    for (const std::string& text : argv)
        arguments.push_back(const_cast<char*>(text.c_str()));
    arguments.push_back(nullptr);
    char path[] = "PATH=/usr/bin:/bin";
    char* env[] = {path, nullptr};
    const std::int64_t begin = monotonicMicros();
    pid_t pid = 0;
    ::posix_spawn(&pid, arguments[0], nullptr, nullptr, arguments.data(), env);
    ::waitpid(pid, nullptr, 0);
    return static_cast<double>(monotonicMicros() - begin) / 1000;
}

// From the request to the notice of the end.
double isolatedStart(SandboxFixture& fixture, const std::vector<std::string>& argv)
{
    const std::int64_t begin = monotonicMicros();
    std::int64_t end = 0;
    std::unique_ptr<sandbox::Sandbox> running;
    sandbox::Spec spec = programSpec(argv);
    spec.id = "bench";
    (*fixture.engine)->start(spec, [&](auto started) {
        running = *std::move(started);
        running->onExit([&](sandbox::Exit) { end = monotonicMicros(); });
    });
    fixture.waitFor([&] { return end != 0; });
    return static_cast<double>(end - begin) / 1000;
}

void pauseFor(SandboxFixture& fixture, int milliseconds)
{
    fixture.waitFor([] { return false; }, milliseconds);
}

void measure(const char* name, const std::vector<std::string>& argv)
{
    SandboxFixture cold(0), pooled(2);
    std::vector<double> bare, fresh, prepared;
    for (int i = 0; i < rounds; ++i) {
        pauseFor(pooled, 150); // the pool refills when it is quiet
        bare.push_back(bareStart(argv));
        fresh.push_back(isolatedStart(cold, argv));
        prepared.push_back(isolatedStart(pooled, argv));
    }
    std::printf("%-18s %9.1f %14.1f %14.1f\n", name, median(bare), median(fresh), median(prepared));
}

void measureRate()
{
    SandboxFixture fixture(4);
    constexpr int count = 500;
    int ended = 0;
    std::vector<std::unique_ptr<sandbox::Sandbox>> running(count);
    const std::int64_t begin = monotonicMicros();
    for (int i = 0; i < count; ++i) {
        sandbox::Spec spec = programSpec({"/bin/true"});
        spec.id = "rate";
        (*fixture.engine)->start(spec, [&, i](auto started) {
            running[i] = *std::move(started);
            running[i]->onExit([&, i](sandbox::Exit) {
                ++ended;
                running[i].reset();
            });
        });
        // Eight at a time, as a busy daemon would.
        fixture.waitFor([&] { return i - ended < 8; });
    }
    fixture.waitFor([&] { return ended == count; });
    const double seconds = static_cast<double>(monotonicMicros() - begin) / 1e6;
    std::printf("\n%d sandboxes of /bin/true, 8 at a time: %.0f a second\n", count,
                count / seconds);
    std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
    for (std::string pid; children >> pid;) {
        std::ifstream status("/proc/" + pid + "/status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("Name") || line.starts_with("VmRSS"))
                std::cout << line << "  ";
        std::cout << "\n";
    }
}

} // namespace

int main()
{
    std::printf("medians of %d, ms        bare     without pool      with pool\n", rounds);
    measure("/bin/true", {"/bin/true"});
    measure("python3 -c 0", {"/usr/bin/python3", "-c", "0"});
    if (QFile::exists("/usr/bin/node"))
        measure("node -e 0", {"/usr/bin/node", "-e", "0"});
    measureRate();
}
