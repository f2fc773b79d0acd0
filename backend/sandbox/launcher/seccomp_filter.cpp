#include "backend/sandbox/launcher/seccomp_filter.h"

#include "backend/base/unique_fd.h"

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace gantry::sandbox {
namespace {

// What ordinary programs need (Python, Node.js, the JVM, Go): files, memory, threads, signals,
// time, sockets. Names that an architecture does not have are skipped.
// clang-format off
constexpr const char* allowed[] = {
    "accept", "accept4", "access", "alarm", "arch_prctl", "bind", "brk", "cachestat", "capget",
    "capset", "chdir", "chmod", "chown", "clock_getres", "clock_gettime", "clock_nanosleep",
    "close", "close_range", "connect", "copy_file_range", "creat", "dup", "dup2", "dup3",
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd", "eventfd2", "execve", "execveat", "exit", "exit_group", "faccessat",
    "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchmodat2",
    "fchown", "fchownat", "fcntl", "fdatasync", "fgetxattr", "flistxattr", "flock", "fork",
    "fremovexattr", "fsetxattr", "fstat", "fstatfs", "fsync", "ftruncate", "futex",
    "futex_requeue", "futex_wait", "futex_waitv", "futex_wake", "futimesat", "get_mempolicy",
    "get_robust_list", "get_thread_area", "getcpu", "getcwd", "getdents", "getdents64",
    "getegid", "geteuid", "getgid", "getgroups", "getitimer", "getpeername", "getpgid",
    "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresuid",
    "getrlimit", "getrusage", "getsid", "getsockname", "getsockopt", "gettid", "gettimeofday",
    "getuid", "getxattr", "inotify_add_watch", "inotify_init", "inotify_init1",
    "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup",
    "io_submit", "ioctl", "ioprio_get", "ioprio_set", "kill", "landlock_add_rule",
    "landlock_create_ruleset", "landlock_restrict_self", "lchown", "lgetxattr", "link",
    "linkat", "listen", "listxattr", "llistxattr", "lremovexattr", "lseek", "lsetxattr",
    "lstat", "madvise", "mbind", "membarrier", "memfd_create", "mincore", "mkdir", "mkdirat",
    "mknod", "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mprotect", "mq_getsetattr",
    "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "mremap", "msgctl",
    "msgget", "msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap", "nanosleep",
    "newfstatat", "open", "openat", "openat2", "pause", "pidfd_open", "pidfd_send_signal",
    "pipe", "pipe2", "pkey_alloc", "pkey_free", "pkey_mprotect", "poll", "ppoll", "prctl",
    "pread64", "preadv", "preadv2", "prlimit64", "process_mrelease", "pselect6", "pwrite64",
    "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "recvfrom",
    "recvmmsg", "recvmsg", "remap_file_pages", "removexattr", "rename", "renameat", "renameat2",
    "restart_syscall", "rmdir", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr",
    "sched_getparam", "sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity",
    "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "select", "semctl",
    "semget", "semop", "semtimedop", "sendfile", "sendmmsg", "sendmsg", "sendto",
    "set_mempolicy", "set_robust_list", "set_thread_area", "set_tid_address", "setfsgid",
    "setfsuid", "setgid", "setgroups", "setitimer", "setpgid", "setpriority", "setregid",
    "setresgid", "setresuid", "setreuid", "setrlimit", "setsid", "setuid",
    "setxattr", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "sigaltstack", "signalfd",
    "signalfd4", "socketpair", "splice", "stat", "statfs", "statx", "symlink", "symlinkat",
    "sync", "sync_file_range", "syncfs", "sysinfo", "tee", "tgkill", "time", "timer_create",
    "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime", "timerfd_create",
    "timerfd_gettime", "timerfd_settime", "times", "tkill", "truncate", "umask", "uname",
    "unlink", "unlinkat", "utime", "utimensat", "utimes", "vfork", "vmsplice", "wait4",
    "waitid", "write", "writev",
};
// clang-format on

// Known and refused: they change what is shared with the host, look into other processes, or are
// wide attack surface that a function has no use for.
// clang-format off
constexpr const char* refused[] = {
    "acct", "add_key", "adjtimex", "bpf", "chroot", "clock_adjtime", "clock_settime",
    "create_module", "delete_module", "fanotify_init", "finit_module", "fsconfig", "fsmount",
    "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup",
    "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie",
    "migrate_pages", "mount", "mount_setattr", "move_mount", "move_pages", "name_to_handle_at",
    "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "pidfd_getfd",
    "pivot_root", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace",
    "quotactl", "quotactl_fd", "reboot", "request_key", "setdomainname", "sethostname",
    "settimeofday", "stime", "swapoff", "swapon", "syslog", "umount", "umount2", "unshare",
    "userfaultfd", "ustat", "vhangup",
};
// clang-format on

using Context = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, decltype(&seccomp_release)>;

void add(const Context& context, std::uint32_t action, const char* name,
         std::initializer_list<scmp_arg_cmp> conditions = {})
{
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR)
        return;
    const int result =
        seccomp_rule_add_array(context.get(), action, call,
                               static_cast<unsigned>(conditions.size()), std::data(conditions));
    // A call that only another architecture has cannot be told apart by its arguments.
    if (result < 0 && result != -EDOM)
        throw std::runtime_error(std::string("seccomp rule for ") + name);
}

void addConditional(const Context& context)
{
    constexpr std::uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    add(context, SCMP_ACT_ALLOW, "clone", {SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0)});
    for (const std::uint64_t flag : {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                     CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET})
        add(context, SCMP_ACT_ERRNO(EPERM), "clone", {SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)});
    // clone3 keeps its flags in memory, out of a filter's sight. It is not on the list and so
    // answers ENOSYS: the C library falls back to clone.

    // vsock would reach the hypervisor past the network namespace; packet and the others are of no
    // use.
    for (const std::uint64_t family : {AF_UNIX, AF_INET, AF_INET6})
        add(context, SCMP_ACT_ALLOW, "socket", {SCMP_A0(SCMP_CMP_EQ, family)});

    for (const std::uint64_t persona : {0x0UL, 0x8UL, 0x20000UL, 0x20008UL, 0xffffffffUL})
        add(context, SCMP_ACT_ALLOW, "personality", {SCMP_A0(SCMP_CMP_EQ, persona)});
}

void addOrdinary(const Context& context)
{
    add(context, SCMP_ACT_ALLOW, "setsockopt");
    add(context, SCMP_ACT_ALLOW, "socket", {SCMP_A0(SCMP_CMP_EQ, AF_NETLINK)});
    add(context, SCMP_ACT_ERRNO(EPERM), "setns");
}

// All socket options but those of netfilter, which are IP's and IPv6's from this number on.
void addForSnapshot(const Context& context)
{
    constexpr std::uint64_t netfilter = 64;     // IPT_BASE_CTL, IP6T_BASE_CTL
    constexpr std::uint64_t lastOfIpv6 = 66;    // IPv6 has other options behind them
    add(context, SCMP_ACT_ALLOW, "setns");
    for (const int level : {SOL_SOCKET, int{IPPROTO_TCP}, int{IPPROTO_UDP}})
        add(context, SCMP_ACT_ALLOW, "setsockopt", {SCMP_A1(SCMP_CMP_EQ, static_cast<std::uint64_t>(level))});
    for (const std::uint64_t level : {IPPROTO_IP, IPPROTO_IPV6})
        add(context, SCMP_ACT_ALLOW, "setsockopt",
            {SCMP_A1(SCMP_CMP_EQ, level), SCMP_A2(SCMP_CMP_LT, netfilter)});
    add(context, SCMP_ACT_ALLOW, "setsockopt",
        {SCMP_A1(SCMP_CMP_EQ, IPPROTO_IPV6), SCMP_A2(SCMP_CMP_GT, lastOfIpv6)});
}

} // namespace

SeccompFilter::SeccompFilter(Use use)
{
    const Context context(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release);
    if (!context)
        throw std::runtime_error("seccomp_init");
    // A tree instead of a list of comparisons: a call costs 8 comparisons, not 300.
    seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (const char* name : allowed)
        add(context, SCMP_ACT_ALLOW, name);
    for (const char* name : refused)
        add(context, SCMP_ACT_ERRNO(EPERM), name);
    addConditional(context);
    use == Use::ForSnapshot ? addForSnapshot(context) : addOrdinary(context);

    const UniqueFd file(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!file || seccomp_export_bpf(context.get(), file.get()) < 0)
        throw std::runtime_error("seccomp_export_bpf");
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    m_program.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (::pread(file.get(), m_program.data(), static_cast<std::size_t>(size), 0) != size)
        throw std::runtime_error("reading the seccomp program");
}

bool SeccompFilter::load() const
{
    const sock_fprog program{static_cast<unsigned short>(m_program.size()),
                             const_cast<sock_filter*>(m_program.data())};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

} // namespace gantry::sandbox
