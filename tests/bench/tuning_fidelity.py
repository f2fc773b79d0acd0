"""How close the local curve of duration over memory is to that of AWS: the same kind of CPU-bound
function that the recording has, at some of its sizes, before and after one calibration of the work.
Prints a table; asserts nothing.

    GANTRY_BIN=build-test/bin PYTHONPATH=tests GANTRY_TUNING_DATA=FOLDER \\
        /usr/bin/python3 tests/bench/tuning_fidelity.py

The recordings are not part of the project; without them there is nothing to compare with. It needs
a machine at rest: what others take of a processor looks like throttling.
"""
import base64
import csv
import json
import os
import statistics
import sys

from support.platform import Platform, create_function, wait_for

SIZES = (128, 169, 213, 284, 399, 514, 593, 708, 779, 858, 1009, 1159, 1318, 1433, 1584, 1770)
NOMINAL_MS = 16
ENVIRONMENTS, CALLS = 3, 12
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


def mean_duration(client, memory, rounds):
    durations = []
    for environment in range(ENVIRONMENTS):
        resize(client, memory + environment + 1)  # another size and back: environments are new
        resize(client, memory)
        invoke(client, {"rounds": rounds})  # cold
        durations += [invoke(client, {"rounds": rounds})[1] for _ in range(CALLS)]
    return statistics.mean(durations)


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
        nominal = int(trial * NOMINAL_MS / 1000 / invoke(client, {"calibrate": trial})[0])
        before = {size: mean_duration(client, size, nominal) for size in sizes}
        # One number is calibrated: the work, so that an unthrottled call lasts as long as on AWS.
        rounds = int(nominal * truth[sizes[-1]] / before[sizes[-1]])
        after = {size: mean_duration(client, size, rounds) for size in sizes}
    print(f"{'MB':>5} {'AWS ms':>8} {'local':>8} {'error':>7} {'calibrated':>11} {'error':>7}")
    errors = {"before": [], "after": []}
    for size in sizes:
        wrong = before[size] / truth[size] - 1
        right = after[size] / truth[size] - 1
        errors["before"].append(abs(wrong))
        errors["after"].append(abs(right))
        print(f"{size:>5} {truth[size]:8.1f} {before[size]:8.1f} {wrong:7.1%} {after[size]:11.1f} "
              f"{right:7.1%}")
    print(f"median error {statistics.median(errors['before']):.1%} as it is, "
          f"{statistics.median(errors['after']):.1%} calibrated")


if __name__ == "__main__":
    main()
