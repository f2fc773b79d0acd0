"""The snapshot of a SnapStart function: an initialised process that makes copies of itself.

Each order that comes through the socket brings the namespaces of a new sandbox, whose first process
waits there, and the ends of its outputs. A child of this process enters them and drops what it
could do on the way; it then goes on as that sandbox's function. Threads of the function's do not
come with it, as fork copies the calling one only.
"""

import ctypes
import gc
import os
import struct
import sys
import time

import _gantry_runtime
import _socket

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_CAPABILITY_VERSION_3 = 0x20080522
_SETNS = {"x86_64": 308, "aarch64": 268}[os.uname().machine]
_TMP = "/tmp"

_libc = ctypes.CDLL(None, use_errno=True)


def park(connection):
    """Returns in every copy, with the copy's own connection."""
    _run_before_hooks(connection)
    channel = _socket.socket(fileno=int(os.environ.pop("GANTRY_SNAPSHOT_SOCKET")))
    gc.collect()
    gc.freeze()  # the collector writes into every object, which would copy their pages
    _gantry_runtime.flush_output()
    connection.ask("restore/next")
    while True:
        order, fds = _receive(channel)
        child = os.fork()
        if child == 0:
            connection.close()
            channel.close()
            return _go_on(_enter(order, fds))
        for fd in fds:
            os.close(fd)
        os.waitpid(child, 0)


def _receive(channel):
    data, ancillary, _, _ = channel.recvmsg(1 << 17, _socket.CMSG_SPACE(16 * 4),
                                            _socket.MSG_CMSG_CLOEXEC)
    if not data:
        os._exit(0)  # the sandbox is about to end
    fds = [fd for _, _, block in ancillary for (fd,) in struct.iter_unpack("i", block)]
    return data.decode("utf-8", "surrogateescape").split("\0")[:-1], fds


def _must(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"could not {what}: {os.strerror(ctypes.get_errno())}")
    return result


def _enter(order, fds):
    *namespaces, output, errors, arrival = fds
    user, directory, address, *variables = order
    try:
        opened = _files_in_tmp()
        tmp = os.open(_TMP, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for namespace in namespaces:  # the user namespace comes first: it allows to enter the others
            _must(_libc.setns(namespace, 0), "enter a namespace")
            os.close(namespace)
        # Entering a pid namespace counts for children. Once this child's parent is gone, its child
        # is one of that namespace's first process.
        child = _must(_libc.fork(), "start a process")
        if child:
            os.waitpid(child, 0)
            os._exit(0)
        if _must(_libc.fork(), "start a process"):
            os._exit(0)
        os.setsid()
        os.setgroups([])
        os.setresgid(*[int(user)] * 3)
        os.setresuid(*[int(user)] * 3)
        while os.getppid() != 1:
            time.sleep(0.0002)
        os.write(arrival, str(os.getpid()).encode())
        if os.read(arrival, 1) != b".":
            os._exit(1)
        _copy_tree(tmp, _TMP)
        os.close(tmp)
        _drop_capabilities()
        os.dup2(output, 1)
        os.dup2(errors, 2)
        _reopen(opened)
        os.chdir(directory)
    except BaseException as error:
        os.write(arrival, str(error).encode()[:400])
        os._exit(1)
    for fd in (output, errors, arrival):
        os.close(fd)
    os.environ.update(variable.split("=", 1) for variable in variables)
    os.environ["AWS_LAMBDA_RUNTIME_API"] = address
    return address


def _drop_capabilities():
    capability = 0
    while _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _must(_libc.capset(header, (ctypes.c_uint32 * 6)()), "drop all capabilities")
    _must(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "own its files in /proc")
    # What the snapshot's filter of system calls allowed for this alone. Other architectures' numbers
    # are refused by that one.
    instructions = ((0x20, 0, 0, 0),            # load the number of the call
                    (0x15, 0, 1, _SETNS),       # is it setns?
                    (0x06, 0, 0, 0x00050001),   # EPERM
                    (0x06, 0, 0, 0x7FFF0000))   # else allowed
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in instructions))
    program = struct.pack("HxxxxxxQ", len(instructions), ctypes.addressof(code))
    _must(_libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0), "refuse to enter namespaces")


def _copy_tree(source, target):
    """What init left in /tmp; source is a descriptor, because its path leads elsewhere by now."""
    with os.scandir(source) as entries:
        for entry in entries:
            path = f"{target}/{entry.name}"
            if entry.is_symlink():
                os.symlink(os.readlink(entry.name, dir_fd=source), path)
            elif entry.is_dir():
                os.mkdir(path, entry.stat(follow_symlinks=False).st_mode & 0o7777)
                inner = os.open(entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW,
                                dir_fd=source)
                _copy_tree(inner, path)
                os.close(inner)
            elif entry.is_file():
                _copy_file(source, entry, path)


def _copy_file(source, entry, path):
    old = os.open(entry.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=source)
    new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL,
                  entry.stat(follow_symlinks=False).st_mode & 0o7777)
    while os.sendfile(new, old, None, 1 << 20):
        pass
    os.close(old)
    os.close(new)


def _files_in_tmp():
    """Descriptors of files in /tmp, which the copy must not share with other copies."""
    files = []
    for name in os.listdir("/proc/self/fd"):
        try:
            path = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the listing's own
        if path.startswith(_TMP + "/"):
            files.append((int(name), path, os.lseek(int(name), 0, os.SEEK_CUR)))
    return files


def _reopen(files):
    import fcntl

    for fd, path, position in files:
        flags = fcntl.fcntl(fd, fcntl.F_GETFL) & ~(os.O_CREAT | os.O_EXCL | os.O_TRUNC)
        inherited = os.get_inheritable(fd)
        try:
            new = os.open(path, flags)
        except OSError:
            continue  # it was deleted
        os.lseek(new, position, os.SEEK_SET)
        os.dup2(new, fd, inherited)
        os.close(new)


def _go_on(address):
    _gantry_runtime.LambdaContext._SHARED["log_stream_name"] = os.environ.get(
        "AWS_LAMBDA_LOG_STREAM_NAME")
    connection = _gantry_runtime.Connection(address)
    connection.get("restore/next")
    _seed()
    _run_after_hooks(connection)
    return connection


def _seed():
    if "random" in sys.modules:
        sys.modules["random"].seed()
    if "_ssl" in sys.modules:  # OpenSSL tells processes apart by their number, which may be equal
        sys.modules["_ssl"].RAND_add(os.urandom(64), 64.0)


def _hooks():
    return sys.modules.get("snapshot_restore_py")


def _run_before_hooks(connection):
    hooks = _hooks()
    try:
        while hooks and hooks.get_before_snapshot():
            function, arguments, options = hooks.get_before_snapshot().pop()
            function(*arguments, **options)
    except Exception as error:
        _fail(connection, "init/error", "Runtime.BeforeSnapshotError", error, 64)


def _run_after_hooks(connection):
    hooks = _hooks()
    try:
        for function, arguments, options in hooks.get_after_restore() if hooks else ():
            function(*arguments, **options)
    except Exception as error:
        _fail(connection, "restore/error", "Runtime.AfterRestoreError", error, 65)


def _fail(connection, path, kind, error, status):
    import _gantry_errors

    fault = _gantry_runtime.Fault(kind, str(error), _gantry_errors.user_frames(error))
    _gantry_runtime.report(connection.post, path, fault, "")
    sys.exit(status)
