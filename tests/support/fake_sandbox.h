#pragma once

#include "backend/sandbox/engine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gantry::test {

// A sandbox without a process: the test itself plays the runtime, at the other ends of the same
// kinds of descriptors that a real one hands out.
struct FakeSandboxState {
    sandbox::Spec spec;
    std::uint16_t port = 0;
    UniqueFd standardOutput, standardError; // the runtime's ends
    std::function<void(sandbox::Exit)> onExit;
    int freezes = 0, thaws = 0, kills = 0;
    bool cpuLimited = false;
    bool destroyed = false;

    void write(const std::string& text)
    {
        [[maybe_unused]] const auto written =
            ::write(standardOutput.get(), text.data(), text.size());
    }
    void exit(sandbox::Exit::Kind kind, int value)
    {
        if (auto callback = std::exchange(onExit, nullptr))
            callback({kind, value});
    }
};

class FakeSandbox final : public sandbox::Sandbox {
public:
    explicit FakeSandbox(std::shared_ptr<FakeSandboxState> state) : m_state(std::move(state))
    {
        m_listener = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(m_listener.get(), reinterpret_cast<sockaddr*>(&address), size);
        ::listen(m_listener.get(), 64);
        ::getsockname(m_listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
        m_state->port = ntohs(address.sin_port);
        m_address = "127.0.0.1:" + std::to_string(m_state->port);
        makePipe(m_output, m_state->standardOutput);
        makePipe(m_error, m_state->standardError);
    }
    ~FakeSandbox() override { m_state->destroyed = true; }

    const std::string& id() const override { return m_state->spec.id; }
    const std::string& runtimeApiAddress() const override { return m_address; }
    UniqueFd takeRuntimeApiListener() override { return std::move(m_listener); }
    std::vector<UniqueFd> takeServiceListeners() override
    {
        return std::vector<UniqueFd>(m_state->spec.servicePorts.size()); // nobody connects
    }
    UniqueFd takeStdout() override { return std::move(m_output); }
    UniqueFd takeStderr() override { return std::move(m_error); }
    void onExit(std::function<void(sandbox::Exit)> callback) override
    {
        m_state->onExit = std::move(callback);
    }
    void freeze() override { ++m_state->freezes; }
    void thaw() override { ++m_state->thaws; }
    void limitCpu(bool limited) override { m_state->cpuLimited = limited; }
    void terminate() override {}
    void kill() override
    {
        ++m_state->kills;
        m_state->exit(sandbox::Exit::Kind::Signalled, 9);
    }
    sandbox::Usage usage() const override { return {1 << 20, 42 << 20, 1000}; }
    std::int64_t memoryPeakBytes() const override { return usage().memoryPeakBytes; }

private:
    static void makePipe(UniqueFd& readEnd, UniqueFd& writeEnd)
    {
        int ends[2] = {-1, -1};
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return;
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        readEnd = UniqueFd(ends[0]);
        writeEnd = UniqueFd(ends[1]);
    }

    std::shared_ptr<FakeSandboxState> m_state;
    std::string m_address;
    UniqueFd m_listener, m_output, m_error;
};

class FakeEngine final : public sandbox::Engine {
public:
    std::string_view name() const override { return "fake"; }
    std::string reason() const override { return "the test plays the runtime"; }
    std::vector<sandbox::Capability> capabilities() const override { return {}; }
    void start(sandbox::Spec spec, Started done) override
    {
        last = std::make_shared<FakeSandboxState>();
        last->spec = std::move(spec);
        if (!failure.ok())
            done(failure);
        else
            done(std::make_unique<FakeSandbox>(last));
    }

    std::shared_ptr<FakeSandboxState> last;
    absl::Status failure;
};

} // namespace gantry::test
