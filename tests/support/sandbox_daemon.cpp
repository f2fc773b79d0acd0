// A daemon for the test that kills one: starts an engine with the given state directory and
// instance and two sandboxes, says "ready", and serves until it is killed.
#include "backend/sandbox/engine.h"

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <memory>
#include <vector>

int main(int argc, char** argv)
{
    using namespace gantry::sandbox;
    if (argc != 4)
        return 2;
    boost::asio::io_context io;
    EngineOptions options;
    options.launcherPath = argv[1];
    options.stateDirectory = argv[2];
    options.instance = argv[3];
    options.preparedSandboxes = 2;
    auto engine = makeEngine(io, options);
    if (!engine.ok())
        return 1;
    std::vector<std::unique_ptr<Sandbox>> sandboxes;
    for (int i = 0; i < 2; ++i) {
        Spec spec;
        spec.id = "orphan-" + std::to_string(i);
        // The instance as an argument: the test finds the process by it.
        spec.argv = {"/bin/sh", "-c", "sleep 1000; true", argv[3]};
        spec.workingDirectory = "/";
        (*engine)->start(std::move(spec), [&](auto started) {
            if (!started.ok())
                std::exit(1);
            sandboxes.push_back(*std::move(started));
            // One frozen: the kill must reach that as well.
            if (sandboxes.size() == 1)
                sandboxes.back()->freeze();
            if (sandboxes.size() == 2) {
                std::puts("ready");
                std::fflush(stdout);
            }
        });
    }
    const auto work = boost::asio::make_work_guard(io);
    io.run();
}
