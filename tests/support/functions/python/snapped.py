"""A SnapStart function: what of its init survives a restore, and what must not be the same."""

import os
import random
import ssl
import time
import uuid

from snapshot_restore_py import register_after_restore, register_before_snapshot

BORN = uuid.uuid4().hex
ORDER = []
HANDLE = open("/tmp/handle", "w+")
HANDLE.write("init")
HANDLE.flush()
os.mkdir("/tmp/folder")
with open("/tmp/folder/private", "w", opener=lambda p, f: os.open(p, f, 0o600)) as file:
    file.write("kept")

register_before_snapshot(ORDER.append, "before 1")
register_before_snapshot(ORDER.append, "before 2")
register_after_restore(ORDER.append, "after 1")
register_after_restore(ORDER.append, "after 2")


def describe(event, context):
    with open("/tmp/folder/private") as file:
        private = file.read()
    HANDLE.write("+" + context.aws_request_id)
    HANDLE.flush()
    with open("/tmp/handle") as file:
        handle = file.read()
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines()
                  if ":\t" in line)
    return {
        "born": BORN,
        "order": ORDER,
        "random": [random.random(), ssl.RAND_bytes(16).hex(), uuid.uuid4().hex],
        "tmp": sorted(os.listdir("/tmp")),
        "private": private,
        "handle": handle,
        "logStream": context.log_stream_name,
        "key": os.environ.get("AWS_ACCESS_KEY_ID"),
        "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "uid": os.getuid(),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "capabilities": [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
        "fds": sorted(os.readlink(f"/proc/self/fd/{fd}").split("[")[0].split(":")[0]
                      for fd in os.listdir("/proc/self/fd")
                      if os.path.islink(f"/proc/self/fd/{fd}")),
    }


def leave(event, context):
    with open("/tmp/left", "w") as file:
        file.write("mine")
    return describe(event, context)


def fill(event, context):
    return len(bytearray(os.urandom(1) * (event["megabytes"] << 20)))


def speak(event, context):
    print("printed by", BORN)
    with open("/dev/stdout", "w") as again:
        again.write("and opened anew\n")
    return BORN


def leave_process(event, context):
    if os.fork() == 0:
        time.sleep(600)
    return True
