"""A SnapStart restore beside a cold init and beside the interpreter's own start, in one run.

    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/snapstart_bench.py [--rounds 9]

The function's init works for a second: half of it computing, half of it waiting, as one does that
loads a model and opens a connection. Times are those of the caller, from the request to the response;
every call gets an environment of its own, because all before it are still busy.
"""
import argparse
import platform as host
import shutil
import statistics
import subprocess
import threading
import time

from support.platform import Platform, create_function, invoke, wait_for

PYTHON = """
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
RUBY = """
busy = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
stop = busy.call + 0.5
TABLE = Array.new(400_000) { |x| x * x }
TABLE.sum while busy.call < stop
sleep 0.5
def handler(event:, context:)
  sleep(event.fetch("hold", 0))
  TABLE.size
end
"""
# File, code, Lambda's name of the runtime, the interpreter that starts and ends.
RUNTIMES = {
    "Python": ("app.py", PYTHON, "python3.12", ["python3", "-S", "-s", "-B", "-c", "pass"]),
    "Ruby": ("app.rb", RUBY, "ruby3.3", ["ruby", "-e", "0"]),
}


def interpreter_start(command):
    begin = time.perf_counter()
    subprocess.run(["/usr/bin/" + command[0], *command[1:]], check=True)
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


def measure(platform, language, rounds):
    file, code, runtime, command = RUNTIMES[language]
    client, name = platform.client(), language.lower()
    create_function(client, name, {file: code}, Runtime=runtime, MemorySize=1769, Timeout=300,
                    SnapStart={"ApplyOn": "PublishedVersions"})
    client.publish_version(FunctionName=name)
    get = client.get_function_configuration
    wait_for(lambda: get(FunctionName=name, Qualifier="1")["State"] == "Active", 60)
    if get(FunctionName=name, Qualifier="1")["SnapStart"]["OptimizationStatus"] != "On":
        raise SystemExit("this host cannot restore environments")
    own = [interpreter_start(command) for _ in range(rounds)]
    cold = first_calls(platform, name, "$LATEST", rounds)
    restored = first_calls(platform, name, "1", rounds)
    row(f"{language} starts and ends", own)
    row("cold: init of a second, then the call", cold)
    row("restored, then the call", restored)
    print(f"| times faster | {statistics.median(cold) / statistics.median(restored):.0f} | | |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(f"Linux {host.release()}; milliseconds\n\n| | median | least | most |\n|---|---|---|---|")
    for language, (_, _, _, command) in RUNTIMES.items():
        if not shutil.which(command[0]):
            continue
        platform = Platform().start()
        measure(platform, language, rounds)
        platform.kill()


if __name__ == "__main__":
    main()
