#include "backend/sandbox/launcher/host_test.h"
#include "backend/sandbox/launcher/protocol.h"
#include "backend/sandbox/launcher/step.h"
#include "backend/sandbox/launcher/supervisor.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

// gantry-launcher: starts sandboxes for gantryd, which gives it a socket as file descriptor 3.
// With --probe it tells which namespaces this host grants, one a line, and ends.
int main(int argc, char** argv)
{
    using namespace gantry;
    using namespace gantry::sandbox;
    if (argc == 2 && std::strcmp(argv[1], "--probe") == 0)
        return printHostTest();
    int type = 0;
    socklen_t size = sizeof type;
    if (argc != 1 || ::getsockopt(protocol::socketNumber, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
        type != SOCK_SEQPACKET) {
        std::fprintf(stderr, "gantry-launcher is started by gantryd, not by hand.\n");
        return 2;
    }
    // The end of the socket tells as well; this also covers a daemon that left it to a child.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::fcntl(protocol::socketNumber, F_SETFD, FD_CLOEXEC);
    try {
        return Supervisor(UniqueFd(protocol::socketNumber)).run();
    } catch (const StepFailed& failure) {
        std::fprintf(stderr, "gantry-launcher: could not %s: %s\n", failure.what(),
                     std::strerror(failure.error()));
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "gantry-launcher: %s\n", failure.what());
    }
    return 1;
}
