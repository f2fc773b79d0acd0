#include "backend/sandbox/launcher/skeleton.h"

#include "backend/sandbox/launcher/files.h"
#include "backend/sandbox/launcher/step.h"

#include <filesystem>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

constexpr unsigned long readOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

// One user id, that of the daemon, is all that an unprivileged user may map.
void enterUserNamespace()
{
    const std::string uid = std::to_string(rootlessUid) + " " + std::to_string(::geteuid()) + " 1";
    const std::string gid = std::to_string(rootlessGid) + " " + std::to_string(::getegid()) + " 1";
    must(::unshare(CLONE_NEWUSER), "create a user namespace");
    if (!tryWriteFile("/proc/self/setgroups", "deny") || !tryWriteFile("/proc/self/uid_map", uid) ||
        !tryWriteFile("/proc/self/gid_map", gid))
        throw StepFailed("map the user into a user namespace", errno);
}

bool isDirectory(const std::string& path)
{
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

} // namespace

Skeleton::Skeleton(const std::string& directory)
    : m_tree(directory + "/tree"), m_root(directory + "/root"), m_image(directory + "/image"),
      m_private(directory + "/private")
{
    if (::geteuid() != 0)
        enterUserNamespace();
    must(::unshare(CLONE_NEWNS), "create a mount namespace");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
    must(::mount("gantry", directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
                 "mode=0755,size=64m,nr_inodes=100000"),
         "mount a tmpfs at " + directory);
    for (const std::string* path : {&m_tree, &m_root, &m_image, &m_private})
        makeDirectories(*path);
    makeTree();
    bindMount(m_tree, m_root, readOnly);
    mountHost();
}

void Skeleton::makeTree() const
{
    for (const char* path : {"/dev/shm", "/etc", "/opt", "/proc", "/run", "/sys/fs/cgroup", "/tmp",
                             "/usr", "/var/lang", "/var/runtime", "/var/task"})
        makeDirectories(m_tree + path);
    ::chmod((m_tree + "/tmp").c_str(), 01777);
    must(::symlink("/tmp", (m_tree + "/var/tmp").c_str()), "make /var/tmp");
    must(::symlink("/proc/self/fd", (m_tree + "/dev/fd").c_str()), "make /dev/fd");
    must(::symlink("/proc/self/fd/0", (m_tree + "/dev/stdin").c_str()), "make /dev/stdin");
    must(::symlink("/proc/self/fd/1", (m_tree + "/dev/stdout").c_str()), "make /dev/stdout");
    must(::symlink("/proc/self/fd/2", (m_tree + "/dev/stderr").c_str()), "make /dev/stderr");

    writeFile(m_tree + "/etc/passwd", "");
    writeFile(m_tree + "/etc/group", "");
    writeFile(m_tree + "/etc/hosts", "127.0.0.1 localhost sandbox sandbox.localdomain\n");
    writeFile(m_tree + "/etc/hostname", "sandbox\n");
    writeFile(m_tree + "/etc/resolv.conf", "");
    writeFile(m_tree + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
    for (const char* path : {"/etc/ld.so.cache", "/etc/mime.types", "/etc/services",
                             "/etc/protocols", "/etc/os-release"}) {
        const std::string contents = readSmallFile(path);
        if (!contents.empty())
            writeFile(m_tree + path, contents);
    }
}

void Skeleton::mountHost() const
{
    bindMount("/usr", m_root + "/usr", readOnly);
    for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
        char link[256];
        const ssize_t size = ::readlink(name, link, sizeof link - 1);
        if (size > 0) {
            link[size] = '\0';
            must(::symlink(link, (m_tree + name).c_str()), std::string("link ") + name);
        } else if (isDirectory(name)) {
            makeDirectories(m_tree + name);
            bindMount(name, m_root + name, readOnly);
        }
    }
    // What interpreters read from /etc: certificates, and where Debian keeps parts of the JVM.
    for (const char* path :
         {"/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/alternatives", "/etc/java-11-openjdk",
          "/etc/java-17-openjdk", "/etc/java-21-openjdk"}) {
        if (!isDirectory(path))
            continue;
        makeDirectories(m_tree + path);
        bindMount(path, m_root + path, readOnly);
    }
    for (const char* name :
         {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}) {
        writeFile(m_tree + name, "");
        bindMount(name, m_root + name, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    }
}

void Skeleton::addMountPoint(const std::string& path, bool isFile) const
{
    if (path.empty() || path[0] != '/' || (path + "/").find("/../") != std::string::npos)
        throw StepFailed("mount at " + path, EINVAL);
    if (!isFile)
        return makeDirectories(m_tree + path);
    const std::size_t slash = path.rfind('/');
    makeDirectories(m_tree + path.substr(0, slash));
    if (::access((m_tree + path).c_str(), F_OK) != 0)
        writeFile(m_tree + path, "");
}

std::string Skeleton::makePrivateDirectory(const std::string& slot) const
{
    const std::string path = m_private + "/" + slot;
    makeDirectories(path + "/cgroup");
    return path;
}

void Skeleton::removePrivateDirectory(const std::string& slot) const
{
    std::error_code ignored; // it holds three small files of a tmpfs
    std::filesystem::remove_all(m_private + "/" + slot, ignored);
}

} // namespace gantry::sandbox
