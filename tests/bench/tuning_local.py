"""How well the tuner chooses on this machine: functions of known make, an exhaustive run of each as
the truth, then the tuner of the real daemon under every strategy, and the grid method beside it.
Prints a table; asserts nothing.

    ninja -C build-test gantryd tuning_client
    GANTRY_BIN=build-test/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/tuning_local.py \\
        [--only TEXT] [--rounds 2] [--seconds 0.8] [--runs 1] [--json FILE]

The exhaustive run goes through the sizes in random order, once before and once (or more often)
after the experiments, so that what the machine does meanwhile meets all alike; every visit is a
fresh environment whose cold call is left out. The grid method (6 sizes x 50 calls, a fifth trimmed
at either end) is played with the calls of the exhaustive run, drawn at random: it has no noise
between its measurements and the truth that the tuner has. A virtual machine's processor is now faster
and now slower. The tuner takes that as it comes; for the truth, a call whose own processor time was not
the usual one, by more than a tenth, is left out, and a size that has too few left is visited again. The
column "truth" says how far it is known (standard error between environments, median over the sizes),
and a regret below that means nothing.
"""
import argparse
import base64
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import time

from support.platform import BIN, Platform, create_function, wait_active

SIZES = (128, 192, 256, 320, 384, 512, 640, 768, 896, 1024, 1280, 1536, 1769, 2048, 2560, 3008)
GRID = (128, 256, 512, 1024, 1536, 3008)
PER_REQUEST, PER_GB_SECOND = 0.2e-6, 0.0000166667
STRATEGIES = ("cost", "speed", "balanced")
LEAST_WARM, MOST_WARM = 3, 30
TOLERANCE = 0.1
EXTRA_VISITS = 2
# Before each call, beside the 3 ms of the client: as the tuner does. Quota that a call has used up is
# missing to one that follows at once.
PAUSE_SECONDS = 0.007
# CPU ms over all threads, ms of waiting, threads, MB held: sizes below that and the interpreter's
# own memory fail.
WORKLOADS = {
    "cpu 5": (5, 0, 1, 0),
    "cpu 16": (16, 0, 1, 0),
    "cpu 40, wait 20": (40, 20, 1, 0),
    "cpu 5, wait 200": (5, 200, 1, 0),
    "cpu 60, 2 threads": (60, 0, 2, 0),
    "cpu 100, wait 50, 256 MB": (100, 50, 1, 200),
    "cpu 150, wait 10, 512 MB": (150, 10, 1, 400),
    "cpu 300, 2 threads, 512 MB": (300, 0, 2, 400),
    "cpu 500, wait 200, 768 MB": (500, 200, 1, 650),
    "cpu 1000, wait 100, 2 thr., 1 GB": (1000, 100, 2, 910),
}
# The work is counted, not timed: throttling cannot shorten it. Hashing leaves the interpreter's
# lock, so that threads run side by side.
CODE = """
import hashlib
import threading
import time
BLOCK = bytes(65536)
held = None
def work(blocks):
    for _ in range(blocks):
        hashlib.sha256(BLOCK)
def timed(blocks):
    start = time.process_time()
    work(blocks)
    return time.process_time() - start
def handler(event, context):
    global held
    if "calibrate" in event:
        return sorted(timed(event["calibrate"]) for _ in range(21))[10]
    start = time.process_time()
    if held is None:
        held = b"x" * (event["hold"] << 20)
    time.sleep(event["wait"] / 1000)
    others = [threading.Thread(target=work, args=(event["blocks"],))
              for _ in range(event["threads"] - 1)]
    for other in others:
        other.start()
    work(event["blocks"])
    for other in others:
        other.join()
    return time.process_time() - start
"""


class Call:
    """What the REPORT line of an invocation says."""

    def __init__(self, answer):
        log = base64.b64decode(answer["LogResult"]).decode()
        self.ms = float(re.search(r"\tDuration: ([\d.]+) ms", log).group(1))
        self.billed = float(re.search(r"\tBilled Duration: (\d+) ms", log).group(1))
        self.cold = "Init Duration" in log
        payload = json.loads(answer["Payload"].read() or b"null")
        self.error = payload["errorType"] if "FunctionError" in answer else None
        self.value = payload


def price(size, billed):
    return PER_REQUEST + size / 1024 * billed / 1000 * PER_GB_SECOND


class Workload:
    """One function on the platform and everything that was measured of it."""

    def __init__(self, platform, name, shape):
        self.platform, self.label = platform, name
        self.client = platform.client(timeout=120)
        self.name = re.sub(r"[^a-z0-9]+", "-", name)
        self.visits = {size: [] for size in SIZES}  # a list of warm calls for each environment
        self.failed = set()
        cpu, wait, threads, hold = shape
        create_function(self.client, self.name, {"app.py": CODE}, Timeout=60, MemorySize=1769)
        trial = 400
        seconds = self.invoke({"calibrate": trial}).value
        self.event = {"blocks": max(1, round(trial * cpu / 1000 / seconds / threads)), "wait": wait,
                      "threads": threads, "hold": hold}

    def invoke(self, event):
        time.sleep(PAUSE_SECONDS)
        return Call(self.client.invoke(FunctionName=self.name, Payload=json.dumps(event),
                                       LogType="Tail"))

    def visit(self, size, seconds):
        """A fresh environment of a size, called for some time."""
        self.client.update_function_configuration(FunctionName=self.name, MemorySize=size)
        wait_active(self.client, self.name)
        first = self.invoke(self.event)
        if first.error == "Runtime.OutOfMemory":
            self.failed.add(size)
            return
        warm, begin = [], time.monotonic()
        while len(warm) < LEAST_WARM or (len(warm) < MOST_WARM and
                                         time.monotonic() - begin < seconds):
            warm.append(self.invoke(self.event))
        wrong = [call.error for call in [first, *warm] if call.error]
        if wrong or not first.cold or any(call.cold for call in warm):
            sys.exit(f"{self.label} at {size} MB: {wrong or 'not the environment that was meant'}")
        self.visits[size].append(warm)

    def exhaust(self, seconds, wanted):
        """Visits every size, and those again that do not have so many good visits."""
        for turn in range(1 + EXTRA_VISITS):
            order = [size for size in SIZES if size not in self.failed and
                     (turn == 0 or len(self.good_visits(size)) < wanted)]
            random.shuffle(order)
            for size in order:
                self.visit(size, seconds)

    def is_usual(self):
        """Tells whether a call took the processor time that calls of this function take."""
        usual = statistics.median(call.value for visits in self.visits.values()
                                  for visit in visits for call in visit)
        return lambda call: abs(call.value / usual - 1) <= TOLERANCE

    def good_visits(self, size):
        usual = self.is_usual()
        kept = [[call for call in visit if usual(call)] for visit in self.visits[size]]
        return [visit for visit in kept if len(visit) >= LEAST_WARM]

    def left_out(self):
        usual = self.is_usual()
        calls = [call for visits in self.visits.values() for visit in visits for call in visit]
        return sum(not usual(call) for call in calls) / len(calls)

    def known_visits(self, size):
        """The good ones; where there are none all, as the size itself may cost processor time."""
        return self.good_visits(size) or self.visits[size]

    def tune(self, strategy, seed):
        request = {"functionName": self.name, "options": {
            "powerValues": SIZES, "strategy": "TUNING_" + strategy.upper(), "balancedWeight": 0.5,
            "seed": seed, "payloads": [{"weight": 1, "payload": base64.b64encode(
                json.dumps(self.event).encode()).decode()}]}}
        done = subprocess.run([os.path.join(BIN, "tuning_client"), self.platform.socket,
                               json.dumps(request)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{self.label}: {done.stderr}")
        run = json.loads(done.stdout)
        if run["state"] not in ("TUNING_SURE", "TUNING_BUDGET"):
            sys.exit(f"{self.label}: {run['state']} {run['message']}")
        return run

    def calls(self, size):
        return [call for visit in self.known_visits(size) for call in visit]

    def truth(self):
        """By size that runs: (cost, duration)."""
        result = {}
        for size in SIZES:
            visits = self.known_visits(size)
            if visits and size not in self.failed:
                means = [(statistics.mean(c.billed for c in visit), mean_ms(visit))
                         for visit in visits]
                result[size] = (price(size, statistics.mean(m[0] for m in means)),
                                statistics.mean(m[1] for m in means))
        return result

    def truth_error(self):
        errors = []
        for size in SIZES:
            means = [mean_ms(visit) for visit in self.known_visits(size)]
            if len(means) > 1:
                errors.append(statistics.stdev(means) / math.sqrt(len(means)) /
                              statistics.mean(means))
        return statistics.median(errors) if errors else float("nan")


def mean_ms(calls):
    return statistics.mean(call.ms for call in calls)


def trimmed_mean(values):
    values = sorted(values)
    drop = len(values) // 5
    return statistics.mean(values[drop:len(values) - drop])


def scores(figures, strategy):
    """{size: score}, lower is better, of {size: (cost, duration)}."""
    cost = max(one[0] for one in figures.values())
    duration = max(one[1] for one in figures.values())
    return {size: {"cost": c, "speed": d, "balanced": c / cost / 2 + d / duration / 2}[strategy]
            for size, (c, d) in figures.items()}


def regret(pick, truth, strategy):
    all_scores = scores(truth, strategy)
    return all_scores[pick] / min(all_scores.values()) - 1


def grid(workload, truth, strategy):
    measured, calls, gb_seconds = {}, 0, 0
    for size in GRID:
        if size not in truth:
            continue
        drawn = random.choices(workload.calls(size), k=50)
        calls += 50
        gb_seconds += sum(size / 1024 * call.billed / 1000 for call in drawn)
        mean = trimmed_mean([call.ms for call in drawn])
        measured[size] = (price(size, math.ceil(mean)), mean)
    score = scores(measured, strategy)
    return regret(min(score, key=score.get), truth, strategy), calls, gb_seconds


def judge(run, truth, strategy):
    estimates = [one for one in run["estimates"] if not one["modelled"]]
    pick = estimates[run["pick"]["index"]]
    inside = {one["memoryMb"]: one["costUsd"]["low"] <= truth[one["memoryMb"]][0]
              <= one["costUsd"]["high"]
              for one in estimates if one["state"] == "ESTIMATED" and one["memoryMb"] in truth}
    best = min(scores(truth, strategy).items(), key=lambda item: item[1])[0]
    return {"strategy": strategy, "pick": pick["memoryMb"], "best": best,
            # A size that cannot run is the worst that can be picked.
            "regret": regret(pick["memoryMb"], truth, strategy) if pick["memoryMb"] in truth
            else math.inf,
            "calls": run["calls"], "gbSeconds": run["gbSeconds"],
            "covered": sum(inside.values()), "stated": len(inside),
            "pickCovered": inside.get(pick["memoryMb"], False)}


def print_row(label, method, row, error):
    cover = "-" if "covered" not in row else f"{row['covered']}/{row['stated']}"
    held = "-" if "covered" not in row else "yes" if row["pickCovered"] else "no"
    print(f"{label:<33} {method:<6} {row['strategy']:<9} {row.get('pick', ''):>5} "
          f"{row['best']:>5} {row['regret']:8.2%} {row['calls']:>6} {row['gbSeconds']:>9.2f} "
          f"{cover:>8} {held:>4} {error:7.2%}", flush=True)


def measure(platform, label, settings):
    workload = Workload(platform, label, WORKLOADS[label])
    workload.exhaust(settings.seconds, 1)
    runs = [(strategy, workload.tune(strategy, seed))
            for seed in range(1, settings.runs + 1) for strategy in STRATEGIES]
    for done in range(1, settings.rounds):
        workload.exhaust(settings.seconds, done + 1)
    truth, error = workload.truth(), workload.truth_error()
    rows = []
    for strategy, run in runs:
        row = judge(run, truth, strategy)
        print_row(label, "gantry", row, error)
        of_grid = dict(zip(("regret", "calls", "gbSeconds"), grid(workload, truth, strategy)),
                       strategy=strategy, best=row["best"])
        print_row(label, "grid", of_grid, error)
        rows.append((row, of_grid))
    print(f"{label}: {workload.left_out():.0%} of the calls left out of the truth", flush=True)
    workload.client.delete_function(FunctionName=workload.name)
    return {"label": label, "truth": truth, "error": error, "rows": rows}


def summarise(results, seconds):
    for strategy in STRATEGIES:
        for method in (0, 1):
            rows = [pair[method] for one in results for pair in one["rows"]
                    if pair[method]["strategy"] == strategy]
            regrets = sorted(row["regret"] for row in rows)
            line = (f"{strategy:<9} {('gantry', 'grid')[method]:<6} median regret "
                    f"{statistics.median(regrets):.2%}, most {regrets[-1]:.2%}, "
                    f"{statistics.mean(row['calls'] for row in rows):.0f} calls and "
                    f"{statistics.mean(row['gbSeconds'] for row in rows):.1f} GB-s on average")
            if method == 0:
                covered = sum(row["covered"] for row in rows) / sum(row["stated"] for row in rows)
                held = sum(row["pickCovered"] for row in rows)
                line += f", {covered:.1%} of intervals hold the truth, {held} of {len(rows)} picks"
            print(line)
    print(f"{seconds / 60:.1f} minutes, load {os.getloadavg()[1]:.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=0.8)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--json")
    settings = parser.parse_args()
    begin, results = time.monotonic(), []
    random.seed(1)
    print(f"{'workload (ms of CPU and wait)':<33} {'method':<6} {'strategy':<9} {'pick':>5} "
          f"{'best':>5} {'regret':>8} {'calls':>6} {'GB-s':>9} {'covered':>8} {'pick':>4} {'truth':>7}")
    with Platform() as platform:
        for label in WORKLOADS:
            if settings.only in label:
                results.append(measure(platform, label, settings))
    summarise(results, time.monotonic() - begin)
    if settings.json:
        with open(settings.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
