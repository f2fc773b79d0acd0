#pragma once

#include <functional>

#include <sys/types.h>

namespace gantry::sandbox {

// The signals that the daemon sends to a sandbox's init, beside SIGKILL.
//   SIGTERM  is passed on to the program
//   SIGHUP   kills the program, and nothing else
//   SIGUSR1  stops every other process where no cgroup can freeze them; SIGUSR2 continues them
//   SIGQUIT  kills every other process (without a pid namespace, where SIGKILL would end init
//   alone)
// To be called before the program is started.
void installInitSignals(bool isolated);
void setInitProgram(pid_t program);

// Told of every other child that ends, with its status as waitpid gives it.
using ChildEnded = std::function<void(pid_t, int status)>;

// Reaps until the program ends; answers its status as waitpid gives it. Without a pid namespace it
// then kills what the program left behind (in one, the kernel does when init ends).
int reapUntilExit(pid_t program, bool isolated, const ChildEnded& childEnded);

// Reaps what has ended by now.
void reapEnded(const ChildEnded& childEnded);
// Reaps until no child is left.
void reapAll(const ChildEnded& childEnded);

} // namespace gantry::sandbox
