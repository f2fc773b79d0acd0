#include "backend/runtime/exit_reason.h"

#include <csignal>

namespace gantry::runtime {

namespace {

// As Go's syscall package, in which Lambda's supervisor is written, names them.
std::string signalName(int number)
{
    switch (number) {
    case SIGHUP:
        return "hangup";
    case SIGINT:
        return "interrupt";
    case SIGQUIT:
        return "quit";
    case SIGILL:
        return "illegal instruction";
    case SIGTRAP:
        return "trace/breakpoint trap";
    case SIGABRT:
        return "aborted";
    case SIGBUS:
        return "bus error";
    case SIGFPE:
        return "floating point exception";
    case SIGKILL:
        return "killed";
    case SIGUSR1:
        return "user defined signal 1";
    case SIGSEGV:
        return "segmentation fault";
    case SIGUSR2:
        return "user defined signal 2";
    case SIGPIPE:
        return "broken pipe";
    case SIGALRM:
        return "alarm clock";
    case SIGTERM:
        return "terminated";
    case SIGSYS:
        return "bad system call";
    default:
        return "signal " + std::to_string(number);
    }
}

} // namespace

ExitReason describeExit(const sandbox::Exit& exit)
{
    switch (exit.kind) {
    case sandbox::Exit::Kind::OutOfMemory:
        return {"Runtime.OutOfMemory", "Runtime exited with error: signal: killed"};
    case sandbox::Exit::Kind::Signalled:
        return {"Runtime.ExitError",
                "Runtime exited with error: signal: " + signalName(exit.value)};
    case sandbox::Exit::Kind::Exited:
        break;
    }
    if (exit.value == 0)
        return {"Runtime.ExitError", "Runtime exited without providing a reason"};
    return {"Runtime.ExitError",
            "Runtime exited with error: exit status " + std::to_string(exit.value)};
}

} // namespace gantry::runtime
