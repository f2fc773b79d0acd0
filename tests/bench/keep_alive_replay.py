"""A day of calls at many times its speed through real environments, with the fixed keep-alive and with the learned one.

    build/bin/keep_alive_bench --calls > day.csv
    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/keep_alive_replay.py day.csv [TRACE.csv ...]

Two daemons, one a policy, get the same calls at the same moments, so that the machine is the same for both. At 60 times
the speed a minute is a second: the fixed keep-alive of ten minutes is ten seconds, the learned one takes a second for a
minute, and handlers sleep a sixtieth of what they lasted. What does not shrink is a cold start, which at that speed is
as if it took 60 times as long. Files are as keep_alive_bench reads them; each has a row of its own in the tables, and
a line of calls beyond --most in the same minute is left out (and counted).

A call is cold when its REPORT has an Init Duration. Idle memory is the number of environments over the time (looked at
every second) times their memory size, less what ran.
"""
import argparse
import base64
import collections
import csv
import http.client
import json
import os
import queue
import sys
import threading
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.platform import Platform, create_function

DAY = 86_400
MEMORY_MB = 170  # the median allocation of an application in "Serverless in the Wild"
CODE = {"app.py": "import time\ndef handler(event, context):\n    time.sleep(event['seconds'])\n"}
POLICIES = ("fixed", "learned")
Call = collections.namedtuple("Call", "at seconds function trace")


def read_trace(path, most):
    """The calls of a file, and how many were left out."""
    trace = os.path.basename(path)
    names, calls, left = {}, [], 0

    def name_of(key):
        return names.setdefault(key, f"{trace.split('.')[0][:20]}-{len(names)}")
    with open(path, newline="") as file:
        for cells in csv.reader(file):
            if len(cells) == 4 and cells[0] != "app":
                end, seconds = float(cells[2]), float(cells[3])
                calls.append(Call(max(end - seconds, 0), seconds, name_of(cells[0] + cells[1]), trace))
            elif len(cells) > 100 and cells[3] != "Trigger":
                for minute, cell in enumerate(cells[4:]):
                    count = int(cell or 0)
                    left += max(count - most, 0)
                    for i in range(min(count, most)):
                        calls.append(Call(minute * 60 + 60 * i / count, 0.5, name_of(cells[2]), trace))
    return [call for call in calls if call.at < DAY], left


class Side:
    """One policy: a daemon, its functions, and what came of the calls."""

    def __init__(self, policy, speed, functions, workers):
        self.policy, self.speed = policy, speed
        self.platform = Platform(extra=["--keep-alive", str(600 // speed), "--keep-alive-policy", policy,
                                        "--keep-alive-minute", str(60_000 // speed)]).start()
        client = self.platform.client()
        for name in functions:
            create_function(client, self.name(name), CODE, MemorySize=MEMORY_MB, Timeout=60)
        self.credentials = Credentials(*self.platform.credentials())
        self.todo = queue.SimpleQueue()
        self.counts = collections.defaultdict(collections.Counter)
        self.lock = threading.Lock()
        self.workers = [threading.Thread(target=self.work) for _ in range(workers)]
        for worker in self.workers:
            worker.start()

    def name(self, function):
        return f"{self.policy}-{function}"

    def work(self):
        host, _, port = self.platform.endpoint[7:].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=120)
        while (call := self.todo.get()) is not None:
            body = json.dumps({"seconds": call.seconds / self.speed}).encode()
            url = f"{self.platform.endpoint}/2015-03-31/functions/{self.name(call.function)}/invocations"
            request = AWSRequest(method="POST", url=url, data=body, headers={"X-Amz-Log-Type": "Tail"})
            SigV4Auth(self.credentials, "lambda", "us-east-1").add_auth(request)
            connection.request("POST", url[len(self.platform.endpoint):], body, dict(request.headers))
            response = connection.getresponse()
            response.read()
            tail = base64.b64decode(response.headers.get("X-Amz-Log-Result", ""))
            with self.lock:
                counts = self.counts[call.trace]
                counts["calls"] += 1
                counts["failed"] += response.status != 200 or b"REPORT" not in tail
                counts["cold"] += b"Init Duration" in tail
        connection.close()

    def stop(self):
        for _ in self.workers:
            self.todo.put(None)
        for worker in self.workers:
            worker.join()
        self.platform.__exit__()


class Watch:
    """Counts the environments of both sides once a second, by policy and trace, and their resident memory."""

    def __init__(self, traces):
        self.traces = traces  # by the name of a function
        self.known = {}       # function of a process, or how often it was not seen to be one's
        self.seconds = collections.Counter()
        self.resident = collections.Counter()
        self.looks = 0
        self.deep = 0

    def look(self):
        pids = {int(pid) for pid in os.listdir("/proc") if pid.isdigit()}
        self.known = {pid: function for pid, function in self.known.items() if pid in pids}
        self.looks += 1
        deep = self.looks % 20 == 0
        self.deep += deep
        for pid in pids:
            known = self.known.get(pid, 0)
            if isinstance(known, int):
                if known >= 3:  # it is not one that is about to become one
                    continue
                self.known[pid] = known = self.function_of(pid) or known + 1
            if isinstance(known, int):
                continue
            policy, _, function = known.partition("-")
            key = policy, self.traces.get(function)
            self.seconds[key] += 1
            if deep:
                self.resident[key] += pss_mb(pid)

    @staticmethod
    def function_of(pid):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                for line in file.read().split(b"\0"):
                    if line.startswith(b"AWS_LAMBDA_FUNCTION_NAME="):
                        return line.partition(b"=")[2].decode()
        except OSError:
            pass
        return None


def pss_mb(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
    except (OSError, StopIteration):
        return 0


def replay(calls, speed, sides, watch):
    """Gives how late the calls were sent, in seconds, the 99th of a hundred and the latest."""
    start = time.monotonic()
    late, next_look = [], 0.0
    for call in calls:
        due = call.at / speed
        while (now := time.monotonic() - start) < due:
            if now >= next_look:
                watch.look()
                next_look += 1
            time.sleep(max(min(due, next_look) - (time.monotonic() - start), 0))
        late.append(now - due)
        for side in sides:
            side.todo.put(call)
    while (now := time.monotonic() - start) < DAY / speed:
        watch.look()
        time.sleep(1)
    late.sort()
    return late[len(late) * 99 // 100], late[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("traces", nargs="+")
    parser.add_argument("--speed", type=int, default=60)
    parser.add_argument("--most", type=int, default=60, help="calls of a line of counts in a minute")
    parser.add_argument("--workers", type=int, default=32, help="calls of a side at a time")
    options = parser.parse_args()
    calls, traces = [], {}
    for path in options.traces:
        of_file, left = read_trace(path, options.most)
        calls += of_file
        traces.update((call.function, call.trace) for call in of_file)
        print(f"{os.path.basename(path)}: {len(of_file)} calls of "
              f"{len({call.function for call in of_file})} functions, {left} left out", flush=True)
    calls.sort()
    watch = Watch(traces)
    sides = [Side(policy, options.speed, sorted(traces), options.workers) for policy in POLICIES]
    begun = time.monotonic()
    p99, most = replay(calls, options.speed, sides, watch)
    seconds = time.monotonic() - begun
    for side in sides:
        side.stop()
    print(f"{seconds / 60:.1f} minutes; calls were sent {p99 * 1000:.0f} ms late at the 99th percentile, "
          f"{most * 1000:.0f} ms at most\n\n"
          f"| trace | policy | calls | failed | cold | share | environments | idle GB·h | resident MB |\n"
          f"|---|---|---|---|---|---|---|---|---|")
    for trace in sorted(set(traces.values())):
        busy = sum(call.seconds for call in calls if call.trace == trace)  # of the day
        for side in sides:
            counts, key = side.counts[trace], (side.policy, trace)
            average = watch.seconds[key] / watch.looks
            idle = (average * DAY - busy) * MEMORY_MB / 1024 / 3600
            print(f"| {trace} | {side.policy} | {counts['calls']} | {counts['failed']} | {counts['cold']} | "
                  f"{100 * counts['cold'] / max(counts['calls'], 1):.2f} % | {average:.1f} | {idle:.1f} | "
                  f"{watch.resident[key] / max(watch.deep, 1):.0f} |")


if __name__ == "__main__":
    sys.exit(main())
