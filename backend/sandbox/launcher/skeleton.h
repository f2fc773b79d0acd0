#pragma once

#include <string>

namespace gantry::sandbox {

// What the root file systems of all sandboxes have in common, mounted once in the launcher's own
// mount namespace: the host's /usr read-only, a small /etc, device nodes, empty directories. Each
// sandbox copies the namespace, lays its own /tmp, /proc and code over it and makes it its root.
// Nothing of it shows in the host's mount table, so a killed launcher leaves no mounts.
class Skeleton final {
public:
    // Enters a new mount namespace (a user namespace as well when not root) and builds the tree on
    // a tmpfs at `directory`, which must exist. Throws StepFailed.
    explicit Skeleton(const std::string& directory);

    // The mount point that becomes a sandbox's root. Read-only.
    const std::string& root() const { return m_root; }

    // An empty mount point for the root file system of a sandbox that has its own.
    const std::string& imageRoot() const { return m_image; }

    // Makes a directory (or, for a file's mount point, an empty file) inside the root. The path is
    // absolute; ".." is refused.
    void addMountPoint(const std::string& path, bool isFile) const;

    // A directory for the files that one sandbox alone sees: passwd, group, cpu.max.
    std::string makePrivateDirectory(const std::string& slot) const;
    void removePrivateDirectory(const std::string& slot) const;

private:
    void makeTree() const;
    void mountHost() const;

    std::string m_tree; // the tmpfs, writable
    std::string m_root; // the same, as sandboxes see it
    std::string m_image;
    std::string m_private;
};

// The identity of the code in a sandbox where only one user id can be mapped.
constexpr unsigned rootlessUid = 993;
constexpr unsigned rootlessGid = 990;

} // namespace gantry::sandbox
