"""A SnapStart restore beside a cold init and beside the interpreter's own start, in one run.

    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/snapstart_bench.py [--rounds 9]

The function's init works for a second: half of it computing, half of it waiting, as one does that
loads a model and opens a connection. Times are those of the caller, from the request to the response;
every call gets an environment of its own, because all before it are still busy.
"""
import argparse
import platform as host
import statistics
import subprocess
import threading
import time

from support.platform import Platform, create_function, invoke, wait_for

CODE = """
import time
until = time.process_time() + 0.5
TABLE = [x * x for x in range(400_000)]
while time.process_time() < until:
    sum(TABLE)
time.sleep(0.5)
def handler(event, context):
    time.sleep(event.get("hold", 0))
    return len(TABLE)
"""


def interpreter_start():
    begin = time.perf_counter()
    subprocess.run(["/usr/bin/python3", "-S", "-s", "-B", "-c", "pass"], check=True)
    return (time.perf_counter() - begin) * 1000


def first_calls(platform, name, qualifier, rounds):
    """Milliseconds of calls of which each is the first of its environment."""
    times = []
    client = platform.client()
    for _ in range(rounds):
        begin = time.perf_counter()
        invoke(client, name, {}, Qualifier=qualifier)
        times.append((time.perf_counter() - begin) * 1000)
        threading.Thread(target=hold, args=(platform, name, qualifier), daemon=True).start()
        time.sleep(0.3)
    return times


def hold(platform, name, qualifier):
    """Keeps the environment that is free busy until the platform ends."""
    try:
        invoke(platform.client(timeout=300), name, {"hold": 240}, Qualifier=qualifier)
    except Exception:
        pass  # that is the end


def row(title, times):
    print(f"| {title} | {statistics.median(times):.1f} | {min(times):.1f} | {max(times):.1f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    platform = Platform().start()
    client = platform.client()
    create_function(client, "slow", {"app.py": CODE}, Runtime="python3.12", MemorySize=1769,
                    Timeout=300, SnapStart={"ApplyOn": "PublishedVersions"})
    client.publish_version(FunctionName="slow")
    get = client.get_function_configuration
    wait_for(lambda: get(FunctionName="slow", Qualifier="1")["State"] == "Active", 60)
    if get(FunctionName="slow", Qualifier="1")["SnapStart"]["OptimizationStatus"] != "On":
        raise SystemExit("this host cannot restore environments")
    own = [interpreter_start() for _ in range(rounds)]
    cold = first_calls(platform, "slow", "$LATEST", rounds)
    restored = first_calls(platform, "slow", "1", rounds)
    print(f"Linux {host.release()}, Python {host.python_version()}; milliseconds\n")
    print("| | median | least | most |\n|---|---|---|---|")
    row("python3 starts and ends", own)
    row("cold: init of a second, then the call", cold)
    row("restored, then the call", restored)
    print(f"\nA restore is {statistics.median(cold) / statistics.median(restored):.0f} times faster.")
    platform.kill()


if __name__ == "__main__":
    main()
