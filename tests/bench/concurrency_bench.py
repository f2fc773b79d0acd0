"""How fast environments come, and what frozen ones cost.

    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/concurrency_bench.py [--environments 200]

Calls that sleep are made at once until so many run: the rate is that of new environments, and the
processor time of daemon, launcher and guests until then, by environment, is what bounds it on a
machine that does nothing else; beside it, what the interpreter takes to start and end by itself. Then
all of them are idle and frozen, and the processors and the memory that they take are read for a while.
"""
import argparse
import http.client
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time

from invoke_bench import memory_mb, native_package, signed_request
from support.platform import Platform, create_function, wait_for

SLEEPERS = {
    "node": ("nodejs22.x", {"app.mjs": "export const handler = () => new Promise(r => setTimeout(r, %d000));\n"}),
    "python": ("python3.11", {"app.py": "import time\ndef handler(event, context):\n    time.sleep(%d)\n"}),
    # With SnapStart: a fork of a Python process that has started, which is what any zygote would be.
    "restored": ("python3.12", {"app.py": "import time\ndef handler(event, context):\n    time.sleep(%d)\n"}),
}


SETTLE_S = 8

# What each kind starts with, as bare as it gets.
BARE = {"node": ["node", "-e", "0"], "python": ["/usr/bin/python3", "-c", "0"],
        "restored": ["/usr/bin/python3", "-c", "0"], "static": ["/bin/true"]}


def bare_start_ms(kind, runs=20):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(runs):
        subprocess.run(BARE[kind], check=True, env={"PATH": os.environ["PATH"]})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs * 1000


def launchers(daemon):
    """The daemon's processes that start environments."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                name, _, fields = file.read().partition("(")[2].rpartition(")")
            if name.startswith("gantry-launch") and int(fields.split()[1]) == daemon:
                found.append(int(pid))
        except OSError:
            pass
    return found


def cpu_seconds(pids):
    """Of the processes, to the nanosecond, and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    total += int(file.read().split()[0]) / 1e9
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            total += sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
    return total


def guests(name):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"AWS_LAMBDA_FUNCTION_NAME={name}\0".encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def resident_mb(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024


def call_all(platform, name, count):
    request = signed_request(platform, name)
    host, _, port = platform.endpoint[7:].rpartition(":")
    answered = []

    def one():
        connection = http.client.HTTPConnection(host, int(port), timeout=600)
        connection.connect()
        connection.sock.sendall(request)
        answered.append(connection.sock.recv(15))
        connection.close()
    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, answered


def scale_out(platform, client, kind, count):
    seconds = 30 + count // 5
    name = f"sleeps-{kind}"
    runtime, files = SLEEPERS.get(kind, ("provided.al2023", {}))
    files = {path: text % seconds for path, text in files.items()}
    if not files:
        with tempfile.TemporaryDirectory() as directory:
            files = native_package(directory)
    create_function(client, name, files, runtime=runtime, MemorySize=128, Timeout=900,
                    Environment={"Variables": {"GUEST_SLEEP_S": str(seconds)}},
                    SnapStart={"ApplyOn": "PublishedVersions" if kind == "restored" else "None"})
    called, others = name, 0
    if kind == "restored":
        client.publish_version(FunctionName=name)
        wait_for(lambda: client.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Active", 60)
        called, others = name + ":1", len(guests(name))
    before = memory_mb(platform.process.pid)
    daemon = [platform.process.pid]
    host = daemon + launchers(daemon[0])
    cpu = -cpu_seconds(host)
    start = time.perf_counter()
    threads, answered = call_all(platform, called, count)
    while len(guests(name)) < count + others and time.perf_counter() - start < 300:
        time.sleep(0.02)
    started = time.perf_counter() - start
    time.sleep(SETTLE_S)  # there is a process as soon as it is forked: its init may still run
    cpu += cpu_seconds(host) + cpu_seconds(guests(name))
    for thread in threads:
        thread.join()
    failed = sum(not answer.startswith(b"HTTP/1.1 200") for answer in answered)
    time.sleep(2)  # all are frozen
    pids = guests(name)
    guest_cpu, daemon_cpu = cpu_seconds(pids), cpu_seconds(daemon)
    time.sleep(10)
    guest_cpu, daemon_cpu = cpu_seconds(pids) - guest_cpu, cpu_seconds(daemon) - daemon_cpu
    after = memory_mb(platform.process.pid)
    print(f"  {kind:7} {count:5} {count / started:9.1f} {cpu / count * 1000:11.1f} {bare_start_ms(kind):9.1f} "
          f"{failed:7} {resident_mb(pids) / max(len(pids), 1):13.1f} "
          f"{(after - before) / count:14.3f} {guest_cpu / 10 * 100:10.2f} {daemon_cpu / 10 * 100:11.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--environments", type=int, default=200)
    parser.add_argument("--kinds", nargs="+", default=["static", "node", "python"])
    options = parser.parse_args()
    print(f"{'':9} {'count':>5} {'new per s':>9} {'CPU ms each':>11} {'bare start':>9} {'failed':>7} "
          f"{'guest MB each':>13} {'daemon MB each':>14} {'guests CPU %':>10} {'daemon CPU %':>11}")
    for kind in options.kinds:
        with Platform(extra=["--keep-alive", "3600"]) as platform:
            scale_out(platform, platform.client(), kind, options.environments)


if __name__ == "__main__":
    sys.exit(main())
