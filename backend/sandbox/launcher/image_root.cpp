#include "backend/sandbox/launcher/image_root.h"

#include "backend/base/unique_fd.h"
#include "backend/sandbox/launcher/files.h"
#include "backend/sandbox/launcher/step.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gantry::sandbox {
namespace {

constexpr unsigned long readOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

UniqueFd openPlace(const UniqueFd& root, const std::string& path)
{
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    UniqueFd place(
        static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
    must(place.get(), "find the image's place for /" + path);
    return place;
}

// A second mount of what is at source, submounts as well, at a place that is held open.
void graft(const std::string& source, const UniqueFd& place, unsigned long attributes)
{
    const UniqueFd tree(::open_tree(AT_FDCWD, source.c_str(),
                                    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
    must(tree.get(), "copy the mount of " + source);
    mount_attr attribute{};
    attribute.attr_set = attributes;
    must(::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attribute,
                         sizeof attribute),
         "restrict the mount of " + source);
    must(::move_mount(tree.get(), "", place.get(), "",
                      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
         "mount " + source + " in the image");
}

} // namespace

void mountImageRoot(const Skeleton& skeleton, const protocol::Start& start)
{
    bindMount(start.root, skeleton.imageRoot(), readOnly);
    const UniqueFd root(
        ::open(skeleton.imageRoot().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    must(root.get(), "open the image");
    for (const char* path : {"proc", "dev", "tmp", "sys/fs/cgroup", "etc/hosts", "etc/hostname",
                             "etc/resolv.conf"})
        graft(skeleton.root() + "/" + path, openPlace(root, path), MOUNT_ATTR_NOSUID);
    for (const protocol::Bind& bind : start.binds)
        graft(bind.source, openPlace(root, bind.target.substr(1)), readOnly);
}

} // namespace gantry::sandbox
