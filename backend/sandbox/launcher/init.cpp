#include "backend/sandbox/launcher/init.h"

#include "backend/sandbox/launcher/files.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

// Read by the signal handler. The target of group signals: everyone else in the pid namespace, or
// the program's process group; zero (nobody) until the program runs.
std::atomic<pid_t> program = 0;
std::atomic<bool> hasNamespace = false;
std::atomic<bool> terminateEarly = false;

void signalAll(int signal)
{
    const pid_t main = program;
    if (main > 0)
        ::kill(hasNamespace ? -1 : -main, signal);
}

void onSignal(int signal)
{
    const int saved = errno;
    const pid_t main = program;
    if (signal == SIGTERM && main > 0)
        ::kill(main, SIGTERM);
    else if (signal == SIGHUP && main > 0)
        ::kill(main, SIGKILL);
    else if (signal == SIGHUP)
        terminateEarly = true;
    else if (signal == SIGTERM)
        terminateEarly = true;
    else if (signal == SIGQUIT)
        signalAll(SIGKILL);
    else
        signalAll(signal == SIGUSR1 ? SIGSTOP : SIGCONT);
    errno = saved;
}

// The orphans came to us, because init is their subreaper.
void killOrphans()
{
    const std::string path = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
    for (;;) {
        const std::string children = readSmallFile(path);
        for (const char* at = children.data(); at < children.data() + children.size(); ++at) {
            pid_t pid = 0;
            at = std::from_chars(at, children.data() + children.size(), pid).ptr;
            if (pid > 1)
                ::kill(pid, SIGKILL);
        }
        if (::waitpid(-1, nullptr, 0) < 0 && errno == ECHILD)
            return;
    }
}

} // namespace

void installInitSignals(bool isolated)
{
    hasNamespace = isolated;
    struct sigaction action {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    for (const int signal : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT})
        ::sigaction(signal, &action, nullptr);
}

void setInitProgram(pid_t pid)
{
    program = pid;
    if (terminateEarly)
        ::kill(pid, SIGTERM);
}

void reapEnded(const ChildEnded& childEnded)
{
    int status = 0;
    for (pid_t ended; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
        childEnded(ended, status);
}

void reapAll(const ChildEnded& childEnded)
{
    int status = 0;
    for (pid_t ended; (ended = ::waitpid(-1, &status, 0)) > 0 || errno == EINTR;) {
        if (ended > 0)
            childEnded(ended, status);
    }
}

int reapUntilExit(pid_t main, bool isolated, const ChildEnded& childEnded)
{
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended == main) {
            program = 0;
            if (!isolated) {
                ::kill(-main, SIGKILL);
                killOrphans();
            }
            return status;
        }
        if (ended > 0)
            childEnded(ended, status);
        if (ended < 0 && errno != EINTR)
            return SIGKILL; // no child is left although the program was not seen to end
    }
}

} // namespace gantry::sandbox
