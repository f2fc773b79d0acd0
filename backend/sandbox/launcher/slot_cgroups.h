#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace gantry::sandbox {

// The cgroups of one sandbox: a directory of the same name in every hierarchy that the daemon
// chose. Which files mean what is the daemon's knowledge; here they are made, joined and removed.
class SlotCgroups final {
public:
    SlotCgroups(const std::vector<std::string>& parents, const std::string& name);

    void makeAndJoin() const; // by the process that moves in; throws StepFailed
    void add(pid_t process) const; // another one, as this process sees it; throws StepFailed
    std::string file(std::size_t hierarchy, const std::string& name) const;

    // Lets frozen processes run, so that they can die.
    void thaw() const;
    void killAll() const;
    // False while processes are still leaving; to be tried again.
    bool remove() const;

private:
    std::vector<std::string> m_paths;
};

// Ends what a killed daemon's sandboxes left under the parents; waits for it up to two seconds.
void removeLeftovers(const std::vector<std::string>& parents);

// Removes the parents that no daemon holds by a shared flock: one that followed on a killed daemon
// has its sandboxes there.
void removeUnheld(const std::vector<std::string>& parents);

} // namespace gantry::sandbox
