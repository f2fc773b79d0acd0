"""Whether log lines slow invocations down: the latency of a warm function while another one writes 50,000 lines a
second, beside the same with its lines going to /dev/null, and with nothing else running; in turn.

    GANTRY_BIN=build/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/logs_load_bench.py [--lines 50000] [--seconds 5] [--rounds 5]

Medians over the rounds, and of the ratios of each round: machines are shared.
"""
import argparse
import statistics
import threading
import time

from support.platform import Platform, create_function, invoke, wait_for
from invoke_bench import PYTHON, cpu_micros, load, signed_request

# Writes in slices of 20 ms, each in one system call, as a busy program with buffered output does.
FLOOD = {"app.py": """
import os, sys, time

def handler(event, context):
    out = 1 if event["to"] == "log" else os.open("/dev/null", os.O_WRONLY)
    a_slice = event["lines"] // 50
    start, written = time.monotonic(), 0
    while written < event["lines"] * event["seconds"]:
        text = "".join('{"level":"INFO","message":"order placed","customer":%d,"trace":"%s"}\\\\n' % (written + i, event["mark"])
                       for i in range(a_slice)).encode()
        while text:
            text = text[os.write(out, text):]
        written += a_slice
        ahead = start + written / event["lines"] - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    return {"written": written, "seconds": time.monotonic() - start}
""".replace("\\\\n", "\\n")}


def count(logs, mark):
    now = int(time.time())
    query = logs.start_query(logGroupName="/aws/lambda/flood", startTime=now - 7200, endTime=now + 60,
                             queryString=f"filter @message like /{mark}/ | stats count(*) as n")
    result = wait_for(lambda: (lambda r: r if r["status"] == "Complete" else None)(
        logs.get_query_results(queryId=query["queryId"])), seconds=300, what="the count")
    return int(result["results"][0][0]["value"]) if result["results"] else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with Platform() as platform:
        client = platform.client(timeout=600)
        create_function(client, "echo", PYTHON, MemorySize=1769)
        create_function(client, "flood", FLOOD, MemorySize=1769, Timeout=600)
        invoke(client, "echo")
        address = platform.endpoint[len("http://"):]
        rounds = {"nothing": [], "null": [], "log": []}
        speeds, marks = [], []
        for number in range(options.rounds):
            for kind in rounds:
                answer = {}
                mark = f"{kind}{number}x{int(time.time())}"

                def flood():
                    answer.update(invoke(platform.client(timeout=600), "flood", {
                        "to": kind, "lines": options.lines, "seconds": options.seconds + 1, "mark": mark})[0])
                thread = threading.Thread(target=flood)
                if kind != "nothing":
                    thread.start()
                    time.sleep(0.5)
                before = cpu_micros(platform.process.pid)
                result = load(address, signed_request(platform, "echo"), 1, options.seconds)
                result["cpu"] = (cpu_micros(platform.process.pid) - before) / 1e6 / options.seconds
                if kind != "nothing":
                    thread.join()
                assert result["failures"] == 0, result
                rounds[kind].append(result)
                if kind == "log":
                    speeds.append(answer["written"] / answer["seconds"])
                    marks.append((mark, answer["written"]))
        logs = platform.client("logs", timeout=300)
        kept = sum(count(logs, mark) for mark, _ in marks)
        print(f"lines written {sum(n for _, n in marks)}, kept {kept}, {statistics.median(speeds):.0f} a second")
    print(f"{'beside it':10}{'p50 us':>10}{'p99 us':>10}{'calls':>9}{'daemon, cores':>15}{'p50 to null':>13}")
    for kind, results in rounds.items():
        median = lambda key: statistics.median(each[key] for each in results)
        ratio = statistics.median(each["p50"] / base["p50"] for each, base in zip(results, rounds["null"]))
        print(f"{kind:10}{median('p50'):10.1f}{median('p99'):10.1f}{median('count'):9.0f}{median('cpu'):15.2f}{ratio:13.3f}")


if __name__ == "__main__":
    main()
