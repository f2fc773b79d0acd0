"""How close the local curve of duration over memory is to that of AWS: the same kind of CPU-bound
function that the recording has, at some of its sizes, before and after one calibration. Prints a
table; asserts nothing.

Before: 16 ms of work, calls that follow each other at once. After: the work that lasts as long as AWS's
where a function has a whole processor, told by the one size of 1770 MB, and a pause between two calls:
quota that a call has used up is missing to the next one if that comes at once, and the recording does
not say how long its caller, a network away, took. The pause is chosen at every other size and judged at
those between.

A virtual machine's processor is now faster and now slower, by more than the curves differ. So the work
is measured out anew in every environment, and a call whose own processor time was still not the wanted
one, by more than a tenth, is left out: it was another function's duration. The table says how many were.

    GANTRY_BIN=build-test/bin PYTHONPATH=tests GANTRY_TUNING_DATA=FOLDER \\
        /usr/bin/python3 tests/bench/tuning_fidelity.py

The recordings are not part of the project; without them there is nothing to compare with. It takes
about four minutes, by estimate, on a machine at rest, which it needs: what others take of a processor looks like
throttling.
"""
import base64
import csv
import json
import os
import random
import statistics
import sys
import time

from support.platform import Platform, create_function, wait_for

SIZES = (128, 169, 213, 284, 399, 514, 593, 708, 779, 858, 1009, 1159, 1318, 1433, 1584, 1770)
NOMINAL_MS = 16
TOLERANCE = 0.1
TRIAL_ROUNDS = 100_000
ENVIRONMENTS, CALLS = 4, 10
PAUSES_MS = (5, 10, 15)  # besides the 2 to 3 ms that the client takes
WHOLE_PROCESSOR_MB = 1770
# As many rounds as the machine makes in the wanted time, told by the event: the function itself
# never looks at a clock, so throttling cannot shorten its work.
CODE = """
import time
def work(rounds):
    x = 1
    for i in range(rounds):
        x = (x * 1103515245 + i) & 0x7fffffff
    return x
def handler(event, context):
    if "calibrate" in event:
        return sorted(timed(event["calibrate"]) for _ in range(9))[4]
    return timed(event["rounds"])
def timed(rounds):
    start = time.process_time()
    work(rounds)
    return time.process_time() - start
"""


def recorded(folder):
    with open(os.path.join(folder, "aws_lambda_cpu16ms_195sizes_truth.csv")) as file:
        return {int(row["memory_mb"]): float(row["mean_ms"]) for row in csv.DictReader(file)}


def resize(client, memory):
    client.update_function_configuration(FunctionName="loop", MemorySize=memory,
                                         Environment={"Variables": {"MB": str(memory)}})
    wait_for(lambda: client.get_function_configuration(FunctionName="loop")["LastUpdateStatus"]
             == "Successful")


def invoke(client, event):
    answer = client.invoke(FunctionName="loop", Payload=json.dumps(event), LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    duration = log.split("\tDuration: ")[1].split(" ms")[0]
    return json.loads(answer["Payload"].read() or b"null"), float(duration)


class Curve:
    """Mean durations of so much work, by size and pause."""

    def __init__(self, client, work_ms, pauses, sizes):
        self.client, self.work_ms, self.pauses = client, work_ms, pauses
        self.kept = {size: {pause: [] for pause in pauses} for size in sizes}
        self.calls = self.left_out = 0
        for _ in range(ENVIRONMENTS):
            for size in random.sample(sizes, len(sizes)):
                self.visit(size)

    def visit(self, memory):
        """A fresh environment."""
        resize(self.client, memory + 1)
        resize(self.client, memory)
        seconds = invoke(self.client, {"calibrate": TRIAL_ROUNDS})[0]
        rounds = int(TRIAL_ROUNDS * self.work_ms / 1000 / seconds)
        for pause in random.sample(self.pauses, len(self.pauses)):
            for call in range(-2, CALLS):  # the first two settle
                time.sleep(pause / 1000)
                spent, duration = invoke(self.client, {"rounds": rounds})
                if call >= 0:
                    self.keep(self.kept[memory][pause], spent * 1000, duration)

    def keep(self, kept, spent_ms, duration):
        self.calls += 1
        if abs(spent_ms / self.work_ms - 1) <= TOLERANCE:
            kept.append(duration)
        else:
            self.left_out += 1

    def ms(self, size, pause):
        kept = self.kept[size][pause]
        return statistics.mean(kept) if kept else float("nan")

    def error(self, truth, sizes, pause):
        """Median over the sizes, relative."""
        return statistics.median(abs(self.ms(size, pause) / truth[size] - 1) for size in sizes)


def main():
    folder = os.environ.get("GANTRY_TUNING_DATA", "")
    if not os.path.exists(os.path.join(folder, "aws_lambda_cpu16ms_195sizes_truth.csv")):
        sys.exit("No recordings: set GANTRY_TUNING_DATA to their folder.")
    truth = recorded(folder)
    sizes = [size for size in SIZES if size in truth]
    with Platform() as platform:
        client = platform.client()
        create_function(client, "loop", {"app.py": CODE}, Timeout=30, MemorySize=1770)
        wait_for(lambda: client.get_function_configuration(FunctionName="loop")["State"] == "Active")
        before = Curve(client, NOMINAL_MS, (0,), sizes)
        whole = Curve(client, NOMINAL_MS, (10,), [WHOLE_PROCESSOR_MB])
        work_ms = NOMINAL_MS * truth[WHOLE_PROCESSOR_MB] / whole.ms(WHOLE_PROCESSOR_MB, 10)
        after = Curve(client, work_ms, PAUSES_MS, sizes)
    columns = [(before, 0), *((after, pause) for pause in PAUSES_MS)]
    print(f"{'MB':>5} {'AWS ms':>8}{'before':>10} {'error':>7}" +
          "".join(f"{pause:>7} ms {'error':>7}" for pause in PAUSES_MS))
    for size in sizes:
        print(f"{size:>5} {truth[size]:8.1f}" +
              "".join(f"{curve.ms(size, pause):10.1f} {curve.ms(size, pause) / truth[size] - 1:7.1%}"
                      for curve, pause in columns))
    chosen = min(PAUSES_MS, key=lambda pause: after.error(truth, sizes[::2], pause))
    print(f"median error {before.error(truth, sizes, 0):.1%} before; after, with {work_ms:.1f} ms of work and "
          f"a pause of {chosen} ms, {after.error(truth, sizes[1::2], chosen):.1%} at the sizes that it was not "
          f"chosen by, {after.error(truth, sizes, chosen):.1%} at all")
    print("calls left out: " + ", ".join(f"{curve.left_out / curve.calls:.0%} {name}"
                                         for curve, name in ((before, "before"), (after, "after"))))


if __name__ == "__main__":
    main()