#pragma once

#include "backend/sandbox/engine.h"

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QTest>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace gantry::test {

// An engine of its own for a test, with its state in a temporary directory, and the loop that
// serves it. Waiting runs the loop until a condition holds.
class SandboxFixture {
public:
    explicit SandboxFixture(int prepared = 0, std::string launcher = {});

    bool waitFor(const std::function<bool()>& condition, int milliseconds = 20'000);
    absl::StatusOr<std::unique_ptr<sandbox::Sandbox>> start(sandbox::Spec spec);

    boost::asio::io_context io;
    QTemporaryDir directory;
    sandbox::EngineOptions options;
    absl::StatusOr<std::unique_ptr<sandbox::Engine>> engine;
};

// A running program with its output collected and its end noted.
struct Running {
    std::unique_ptr<sandbox::Sandbox> sandbox;
    UniqueFd output, errors;
    std::string out, err;
    std::optional<sandbox::Exit> exit;

    void read();
};

// Starts and watches; fails the calling test when the start failed.
std::unique_ptr<Running> run(SandboxFixture& fixture, sandbox::Spec spec);
// The same, waiting for the end.
std::unique_ptr<Running> runToEnd(SandboxFixture& fixture, sandbox::Spec spec);

// /usr/bin/python3 -c code, 256 MB, in /.
sandbox::Spec pythonSpec(const std::string& code, std::vector<std::string> arguments = {});
sandbox::Spec programSpec(std::vector<std::string> argv);

std::string launcherPath();
std::string newInstance();

// The directories of an instance's cgroups that exist, and the sandboxes' below them.
std::vector<std::string> cgroupsOf(const std::string& instance);

// The launcher of a daemon; 0 without one.
pid_t launcherOf(pid_t daemon);
// Processes whose command line has the word, wherever in the tree they are.
int processesWith(const std::string& word);

} // namespace gantry::test

#define REQUIRE_ENGINE(fixture)                                                                    \
    QVERIFY2(fixture.engine.ok(), std::string(fixture.engine.status().message()).c_str())

