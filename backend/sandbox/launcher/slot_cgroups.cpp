#include "backend/sandbox/launcher/slot_cgroups.h"

#include "backend/base/unique_fd.h"
#include "backend/sandbox/launcher/files.h"
#include "backend/sandbox/launcher/step.h"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <set>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

void killMembers(const std::string& cgroup)
{
    const std::string members = readSmallFile(cgroup + "/cgroup.procs");
    for (const char* at = members.data(); at < members.data() + members.size();) {
        pid_t pid = 0;
        at = std::from_chars(at, members.data() + members.size(), pid).ptr + 1;
        // Zero is a process of another pid namespace; kill(0) would be ourselves.
        if (pid > 1)
            ::kill(pid, SIGKILL);
    }
}

} // namespace

SlotCgroups::SlotCgroups(const std::vector<std::string>& parents, const std::string& name)
{
    for (const std::string& parent : parents)
        m_paths.push_back(parent + "/" + name);
}

void SlotCgroups::makeAndJoin() const
{
    for (const std::string& path : m_paths) {
        must(::mkdir(path.c_str(), 0755), "create the cgroup " + path);
        if (!tryWriteFile(path + "/cgroup.procs", "0"))
            throw StepFailed("join the cgroup " + path, errno);
    }
}

void SlotCgroups::add(pid_t process) const
{
    for (const std::string& path : m_paths)
        if (!tryWriteFile(path + "/cgroup.procs", std::to_string(process)))
            throw StepFailed("move a process into the cgroup " + path, errno);
}

std::string SlotCgroups::file(std::size_t hierarchy, const std::string& name) const
{
    if (hierarchy >= m_paths.size() || name.find('/') != std::string::npos)
        throw StepFailed("find the cgroup file " + name, EINVAL);
    return m_paths[hierarchy] + "/" + name;
}

void SlotCgroups::thaw() const
{
    for (const std::string& path : m_paths) {
        tryWriteFile(path + "/freezer.state", "THAWED");
        tryWriteFile(path + "/cgroup.freeze", "0");
    }
}

void SlotCgroups::killAll() const
{
    thaw();
    for (const std::string& path : m_paths)
        killMembers(path);
}

bool SlotCgroups::remove() const
{
    bool gone = true;
    for (const std::string& path : m_paths)
        gone = (::rmdir(path.c_str()) == 0 || errno == ENOENT) && gone;
    return gone;
}

void removeLeftovers(const std::vector<std::string>& parents)
{
    std::set<std::string> names;
    for (const std::string& parent : parents) {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(parent, error))
            if (entry.is_directory(error))
                names.insert(entry.path().filename());
    }
    for (int tries = 0; !names.empty() && tries < 200; ++tries) {
        std::erase_if(names, [&](const std::string& name) {
            const SlotCgroups cgroups(parents, name);
            cgroups.killAll();
            return cgroups.remove();
        });
        if (!names.empty())
            ::usleep(10'000);
    }
}

void removeUnheld(const std::vector<std::string>& parents)
{
    for (const std::string& parent : parents) {
        const UniqueFd directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0)
            ::rmdir(parent.c_str());
    }
}

} // namespace gantry::sandbox
