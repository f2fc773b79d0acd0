// gantryd: the platform. What it is made of is in daemon/; here is how it begins and ends.
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/daemon/daemon.h"
#include "backend/daemon/options.h"
#include "backend/keys/process_memory.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include <csignal>
#include <sys/resource.h>

using namespace gantry;

// Read by jemalloc. Only the I/O thread allocates much, so that more arenas would only hold more of
// what nobody uses; what stays free goes back to the system soon.
extern "C" const char* const malloc_conf;
const char* const malloc_conf =
    "narenas:2,background_thread:true,max_background_threads:1,dirty_decay_ms:100,muzzy_decay_ms:0";

namespace {

// An environment takes about seven descriptors, and the usual soft limit is 1,024. What the daemon
// starts gets a limit of its own.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// Extensions have two seconds; see backend/runtime.
constexpr std::chrono::seconds kLongestEnd{10};

int run(DaemonOptions options)
{
    keys::protectProcessMemory();
    std::signal(SIGPIPE, SIG_IGN);
    raiseDescriptorLimit();
    if (options.verbose)
        log::setLevel(log::Level::Debug);
    boost::asio::io_context io(1);
    // Before anyone is told that it runs: from then on a signal means an orderly end.
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    Daemon daemon(io, std::move(options));
    if (const auto started = daemon.start(); !started.ok()) {
        std::fprintf(stderr, "gantryd: %s\n", std::string(started.message()).c_str());
        return 1;
    }
    std::fputs(daemon.banner().c_str(), stdout);
    std::fflush(stdout);

    boost::asio::steady_timer patience(io);
    signals.async_wait([&](const boost::system::error_code& error, int) {
        if (error)
            return;
        // What does not end in its time is ended with the daemon; nothing that was accepted is lost.
        patience.expires_after(kLongestEnd);
        patience.async_wait([&io](const boost::system::error_code& cancelled) {
            if (cancelled)
                return;
            log::warning("An environment did not end within 10 s; the platform ends without it");
            io.stop();
        });
        // A second signal ends it at once, as users expect of Ctrl+C; the next start cleans up.
        signals.async_wait([](const boost::system::error_code& again, int signal) {
            if (!again)
                std::_Exit(128 + signal);
        });
        daemon.shutdown([&io] { io.stop(); });
    });
    io.run();
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    DaemonOptions options;
    if (const auto exitCode = readOptions(argc, argv, options))
        return *exitCode;
    try {
        return run(std::move(options));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "gantryd: %s\n", error.what());
        return 1;
    }
}
