"""How fast asynchronous events are accepted (each on the disk before its 202) and worked off.

    GANTRY_BIN=build-test/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/async_bench.py
"""
import json
import statistics
import threading
import time

from support.platform import Platform, create_function

CODE = "def handler(event, context):\n    return None\n"


def accept(platform, senders, events):
    """Seconds until all are accepted, and the time each call took."""
    took, lock = [], threading.Lock()

    def send():
        client = platform.client()
        for number in range(events // senders):
            began = time.perf_counter()
            client.invoke(FunctionName="sink", InvocationType="Event", Payload=json.dumps(number).encode())
            with lock:
                took.append(time.perf_counter() - began)
    threads = [threading.Thread(target=send) for _ in range(senders)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, took


def left(platform):
    import sqlite3
    connection = sqlite3.connect(f"file:{platform.data_dir}/events.db?mode=ro", uri=True)
    try:
        return connection.execute("SELECT COUNT(*) FROM event").fetchone()[0]
    finally:
        connection.close()


def main():
    print("senders  events  accepted/s  median ms  p99 ms  worked off after s")
    with Platform() as platform:
        create_function(platform.client(), "sink", {"app.py": CODE})
        for senders, events in ((1, 200), (4, 800), (16, 1600)):
            began = time.perf_counter()
            seconds, took = accept(platform, senders, events)
            while left(platform):
                time.sleep(0.05)
            took.sort()
            print(f"{senders:7} {events:7} {events / seconds:11.0f} {statistics.median(took) * 1000:10.1f} "
                  f"{took[int(len(took) * 0.99)] * 1000:7.1f} {time.perf_counter() - began:19.1f}")


if __name__ == "__main__":
    main()
