"""How close the local curve of duration over memory is to that of AWS: the same kind of CPU-bound
function that the recording has, at some of its sizes, before and after one calibration. Prints a
table; asserts nothing.

One number is calibrated: the pause between two calls. Quota that a call has used up is missing to the
next one if that comes at once, and the recording does not say how long its caller, a network away,
took. The pause is chosen at every other size and judged at those between.

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
ENVIRONMENTS, CALLS = 3, 10
PAUSES_MS = (0, 5, 10, 15, 20)  # besides the 2 to 3 ms that the client takes
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
        return min(timed(event["calibrate"]) for _ in range(20))
    work(event["rounds"])
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


def durations(client, memory, rounds):
    """Mean duration by pause, in fresh environments, the pauses in random order."""
    found = {pause: [] for pause in PAUSES_MS}
    for environment in range(ENVIRONMENTS):
        resize(client, memory + environment + 1)  # another size and back: environments are new
        resize(client, memory)
        invoke(client, {"rounds": rounds})  # cold
        for pause in random.sample(PAUSES_MS, len(PAUSES_MS)):
            for call in range(-2, CALLS):  # the first two settle
                time.sleep(pause / 1000)
                duration = invoke(client, {"rounds": rounds})[1]
                if call >= 0:
                    found[pause].append(duration)
    return {pause: statistics.mean(values) for pause, values in found.items()}


def median_error(local, truth, sizes, pause):
    return statistics.median(abs(local[size][pause] / truth[size] - 1) for size in sizes)


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
        trial = 100_000
        rounds = int(trial * NOMINAL_MS / 1000 / invoke(client, {"calibrate": trial})[0])
        local = {size: durations(client, size, rounds) for size in sizes}
    print(f"{'MB':>5} {'AWS ms':>8}" + "".join(f"{pause:>7} ms {'error':>7}" for pause in PAUSES_MS))
    for size in sizes:
        print(f"{size:>5} {truth[size]:8.1f}" +
              "".join(f"{local[size][pause]:10.1f} {local[size][pause] / truth[size] - 1:7.1%}"
                      for pause in PAUSES_MS))
    chosen = min(PAUSES_MS, key=lambda pause: median_error(local, truth, sizes[::2], pause))
    print(f"median error {median_error(local, truth, sizes, 0):.1%} as it is; "
          f"{median_error(local, truth, sizes[1::2], chosen):.1%} with a pause of {chosen} ms, at the "
          f"sizes that it was not chosen by ({median_error(local, truth, sizes, chosen):.1%} at all)")


if __name__ == "__main__":
    main()
