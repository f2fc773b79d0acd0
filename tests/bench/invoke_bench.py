"""Cold starts, warm invocations and memory of the daemon, beside their floors on this machine.

    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/invoke_bench.py [--seconds 5] [--rounds 3]

Everything is measured in one run, the peers in turn with the platform, and medians over the rounds
are printed: machines are shared, and only the ratios carry over to another one.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.platform import BIN, Platform, create_function, invoke, make_zip

EVENT = b'{"hello": "world"}'
PYTHON = {"app.py": "def handler(event, context):\n    return event\n"}
NODE = {"app.mjs": "export const handler = async (event) => event;\n"}
NATIVE_SOURCE = os.path.join(os.path.dirname(__file__), "native_guest.cpp")
BARE_NODE = """
const server = require('http').createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(parts)));
    response.writeHead(200, {'Content-Length': Buffer.byteLength(body)});
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


def native_package(directory):
    binary = os.path.join(directory, "bootstrap")
    subprocess.run(["g++", "-O2", "-static", "-std=c++20", "-o", binary, NATIVE_SOURCE], check=True)
    with open(binary, "rb") as file:
        return {"bootstrap": (file.read(), 0o755)}


def signed_request(platform, name):
    url = f"{platform.endpoint}/2015-03-31/functions/{name}/invocations"
    request = AWSRequest(method="POST", url=url, data=EVENT, headers={"Host": platform.endpoint[7:]})
    SigV4Auth(Credentials(*platform.credentials()), "lambda", "us-east-1").add_auth(request)
    return raw_request(url[len(platform.endpoint):], dict(request.headers))


def raw_request(path, headers):
    lines = [f"POST {path} HTTP/1.1"] + [f"{key}: {value}" for key, value in headers.items()]
    return "\r\n".join(lines + [f"Content-Length: {len(EVENT)}", "", ""]).encode() + EVENT


def load(address, request, connections, seconds):
    done = subprocess.run([os.path.join(BIN, "http_load"), address, str(connections), str(seconds)],
                          input=request, capture_output=True, check=True)
    count, p50, p90, p99, rate, failures = map(float, done.stdout.split())
    return {"p50": p50, "p99": p99, "rate": rate, "failures": failures, "count": count}


def cpu_micros(pid):
    """Processor time of all threads of a process."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0])
        except OSError:
            pass  # it has ended
    return total / 1e3


def descendants(pid):
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                children.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
        except OSError:
            pass
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def measure(server, address, request, connections, seconds):
    """One load, with the processor time a call of client, server and what the server has started.

    The clocks of a machine that others use say little; this does not depend on them as much."""
    def functions():
        return {pid: cpu_micros(pid) for pid in descendants(server) if os.path.exists(f"/proc/{pid}/task")}

    server_before, functions_before = cpu_micros(server), functions()
    client_before = resource.getrusage(resource.RUSAGE_CHILDREN)
    row = load(address, request, connections, seconds)
    client = resource.getrusage(resource.RUSAGE_CHILDREN)
    calls = max(1, row["count"])
    row["client"] = 1e6 * (client.ru_utime + client.ru_stime - client_before.ru_utime - client_before.ru_stime) / calls
    row["server"] = (cpu_micros(server) - server_before) / calls
    row["functions"] = sum(cpu - functions_before.get(pid, 0) for pid, cpu in functions().items()) / calls
    return row


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def seconds_of(command):
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def memory_mb(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def cold_starts(platform, client, native, count):
    print(f"\nCold start to response, medians of {count}, ms")
    kinds = {"python": (PYTHON, "python3.11", ["/usr/bin/python3", "-c", "0"]),
             "node": (NODE, "nodejs22.x", ["/usr/bin/node", "-e", "0"]),
             "static binary": (native, "provided.al2023", ["/bin/true"])}
    for label, (files, runtime, bare) in kinds.items():
        names = [f"cold-{label.replace(' ', '-')}-{i}" for i in range(count)]
        for name in names:
            create_function(client, name, files, runtime=runtime, MemorySize=1769)
        ours, floor = [], []
        for name in names:
            floor.append(seconds_of(bare))
            start = time.perf_counter()
            invoke(client, name)
            ours.append(time.perf_counter() - start)
        a, b = statistics.median(ours) * 1e3, statistics.median(floor) * 1e3
        print(f"  {label:14} {a:7.1f}   bare {' '.join(bare):24} {b:6.1f}   ratio {a / b:.2f}")


def warm(platform, client, native, seconds, rounds):
    bare = subprocess.Popen(["/usr/bin/node", "-e", BARE_NODE], stdout=subprocess.PIPE, text=True)
    try:
        port = int(bare.stdout.readline())
        bare_request = raw_request("/", {"Host": f"127.0.0.1:{port}"})
        targets = {"bare Node echo": (bare.pid, f"127.0.0.1:{port}", lambda: bare_request)}
        for label, files, runtime in (("Node function", NODE, "nodejs22.x"), ("Python function", PYTHON, "python3.11"),
                                      ("static binary", native, "provided.al2023")):
            name = label.replace(" ", "-")
            create_function(client, name, files, runtime=runtime, MemorySize=1769)
            invoke(client, name)
            targets[label] = (platform.process.pid, platform.endpoint[7:],
                              lambda name=name: signed_request(platform, name))
        print(f"\nWarm invocation over HTTP with SigV4, {len(EVENT)} bytes, medians of {rounds} rounds of {seconds} s")
        print(f"  {'':16} {'conns':>5} {'p50 us':>8} {'p99 us':>8} {'per s':>7} {'failed':>6}   p50 and rate to bare Node"
              "   us of processor a call: client, server, functions")
        for connections in (1, 16, 64):
            results = {label: [] for label in targets}
            for label, (_, address, request) in targets.items():
                load(address, request(), connections, 1)  # what environments it needs
            for _ in range(rounds):
                for label, (server, address, request) in targets.items():
                    results[label].append(measure(server, address, request(), connections, seconds))
            base = results["bare Node echo"]
            for label, rows in results.items():
                print(f"  {label:16} {connections:5} {median(rows, 'p50'):8.0f} {median(rows, 'p99'):8.0f} "
                      f"{median(rows, 'rate'):7.0f} {sum(r['failures'] for r in rows):6.0f}   "
                      f"{median(rows, 'p50') / median(base, 'p50'):.2f}x  {median(rows, 'rate') / median(base, 'rate'):.2f}x"
                      f"   {median(rows, 'client'):6.1f} {median(rows, 'server'):6.1f} {median(rows, 'functions'):6.1f}",
                      flush=True)
            print(f"  memory of the daemon, MB resident: {memory_mb(platform.process.pid):.1f}")
    finally:
        bare.kill()
        bare.wait()


def daemon_memory(platform, client, calls):
    print(f"\nDaemon memory over {calls} calls, MB resident")
    create_function(client, "steady", NODE, runtime="nodejs22.x", MemorySize=1769)
    invoke(client, "steady")
    done = 0
    while done < calls:
        print(f"  after {done:6}: {memory_mb(platform.process.pid):6.1f}")
        result = load(platform.endpoint[7:], signed_request(platform, "steady"), 8, 2)
        done += int(result["count"])
    print(f"  after {done:6}: {memory_mb(platform.process.pid):6.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", type=int, default=15)
    parser.add_argument("--calls", type=int, default=30_000)
    options = parser.parse_args()
    # More than ten calls a second for each of 1,000 environments are throttled, as on AWS.
    with Platform(extra=["--concurrency", "10000"]) as platform:
        client = platform.client()
        native = native_package(platform.directory)
        cold_starts(platform, client, native, options.cold)
        warm(platform, client, native, options.seconds, options.rounds)
        daemon_memory(platform, client, options.calls)


if __name__ == "__main__":
    sys.exit(main())
