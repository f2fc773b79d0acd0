"""Metrics agree with an independent count of a scripted load to the unit, for functions, versions, aliases and the
account; and a daemon that is killed loses the metrics of its last second at most, and no log line of a call that it
answered."""
import base64
import collections
import datetime
import json
import random
import re
import threading
import time
import unittest

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, wait_for

CODE = """
import time
def handler(event, context):
    print("LINE", event["n"])
    time.sleep(event.get("seconds", 0))
    if event.get("fail"):
        raise ValueError("as asked")
    return event["n"]
"""


def now(**delta):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)


def total(platform, metric, stat="Sum", period=60, since=None, **dimensions):
    result = platform.client("cloudwatch").get_metric_data(
        StartTime=since or now(hours=-1), EndTime=now(minutes=2),
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Period": period, "Stat": stat, "Metric": {
            "Namespace": "Gantry/Lambda" if metric in ("ColdStarts", "BilledDuration") else "AWS/Lambda", "MetricName": metric,
            "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()]}}}])["MetricDataResults"][0]
    return round(max(result["Values"], default=0) if stat == "Maximum" else sum(result["Values"]))


def lines(platform, function, pattern):
    pages = platform.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName="/aws/lambda/" + function, filterPattern=pattern)
    return [event["message"] for page in pages for event in page["events"]]


class Count(unittest.TestCase):
    def test_a_scripted_load_to_the_unit(self):
        with Platform(extra=["--prometheus", "--retry-delay", "1"]) as platform:
            client = platform.client()
            for name in ("alpha", "beta"):
                create_function(client, name, {"app.py": CODE}, Timeout=2)
            version = client.publish_version(FunctionName="alpha")["Version"]
            client.create_alias(FunctionName="alpha", Name="live", FunctionVersion=version)
            client.put_function_concurrency(FunctionName="beta", ReservedConcurrentExecutions=2)
            client.put_function_event_invoke_config(FunctionName="alpha", MaximumRetryAttempts=1)
            seen = collections.Counter()
            durations = collections.Counter()
            lock = threading.Lock()

            def one(mine, key, qualifier, event):
                function = key.split(":")[0]
                try:
                    response = mine.invoke(FunctionName=function, Payload=str.encode(json.dumps(event)),
                                           LogType="Tail", **({"Qualifier": qualifier} if qualifier else {}))
                    response["Payload"].read()
                except ClientError as error:
                    assert error.response["Error"]["Code"] == "TooManyRequestsException", error
                    with lock:
                        seen[key, "throttles"] += 1
                    return
                report = base64.b64decode(response["LogResult"]).decode()
                with lock:
                    seen[key, "calls"] += 1
                    seen[key, "errors"] += "FunctionError" in response
                    seen[key, "cold"] += "Init Duration" in report
                    durations[key] += int(re.search(r"Billed Duration: (\d+) ms", report).group(1))

            def work(seed):
                chance, mine = random.Random(seed), platform.client()
                for n in range(40):
                    key, qualifier = chance.choice([("alpha", None), ("alpha:live", "live"), ("alpha:" + version, version),
                                                    ("beta", None), ("beta", None)])
                    one(mine, key, qualifier, {"n": seed * 1000 + n, "fail": chance.random() < 0.3,
                                               "seconds": chance.choice([0, 0, 0.02])})
            threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            one(client, "alpha", None, {"n": 1, "seconds": 4})  # runs into its time-out
            # Asynchronous: each of these fails, is tried once more and given up.
            for n in range(5):
                client.invoke(FunctionName="alpha", InvocationType="Event", Payload=b'{"n": 77, "fail": true}')
            wait_for(lambda: total(platform, "AsyncEventsDropped", FunctionName="alpha") == 5, seconds=60,
                     what="the events to be given up")

            def check(metric, what, plus=0, **dimensions):
                keys = {"alpha": ["alpha", "alpha:live", "alpha:" + version], "beta": ["beta"]}
                name = dimensions.get("Resource") or dimensions.get("FunctionName")
                wanted = ([name] if name and ":" in name else keys[name] if name else sum(keys.values(), []))
                counts = durations if what == "billed" else {key: seen[key, what] for key in wanted}
                self.assertEqual(total(platform, metric, **dimensions), sum(counts[key] for key in wanted) + plus,
                                 (metric, dimensions, seen))
            self.assertGreater(seen["beta", "throttles"], 0, "the load did not throttle")
            for dimensions, more in (({}, 10), ({"FunctionName": "alpha"}, 10), ({"FunctionName": "beta"}, 0),
                                     ({"FunctionName": "alpha", "Resource": "alpha:live"}, 0),
                                     ({"FunctionName": "alpha", "Resource": "alpha:" + version}, 0)):
                check("Invocations", "calls", more, **dimensions)
                check("Errors", "errors", more, **dimensions)
                check("Throttles", "throttles", 0, **dimensions)
            check("ColdStarts", "cold", FunctionName="alpha", Resource="alpha:live")
            check("ColdStarts", "cold", FunctionName="beta")
            check("BilledDuration", "billed", FunctionName="beta")
            check("BilledDuration", "billed", FunctionName="alpha", Resource="alpha:live")
            self.assertEqual(total(platform, "AsyncEventsReceived", FunctionName="alpha"), 5)
            # Of the account: what reserves nothing ran here too, and the reserved is claimed as well.
            running = total(platform, "UnreservedConcurrentExecutions", "Maximum")
            self.assertTrue(1 <= running <= 6 + 5, running)
            self.assertEqual(total(platform, "ClaimedAccountConcurrency", "Maximum"), running + 2)
            self.assertEqual(total(platform, "UnreservedConcurrentExecutions", "Maximum", FunctionName="alpha"), 0)
            # One REPORT line an invocation, and the same counts for Prometheus.
            for function, more in (("alpha", 10), ("beta", 0)):
                calls = sum(n for (key, what), n in seen.items() if what == "calls" and key.split(":")[0] == function) + more
                self.assertEqual(len(lines(platform, function, "\"REPORT RequestId\"")), calls)
                text = platform.plain("GET", "/metrics")[2].decode()
                self.assertIn(f'gantry_invocations_total{{function="{function}"}} {calls}\n', text)


class Killed(unittest.TestCase):
    def test_a_kill_loses_a_second_of_metrics_and_no_line(self):
        platform = Platform().start()
        self.addCleanup(platform.__exit__)
        create_function(platform.client(), "steady", {"app.py": CODE})
        answered = {}  # number: when its answer was there, by this process' clock
        asked = 0
        for round_number in range(3):
            stop, first = threading.Event(), asked
            client = platform.client()

            def load():
                nonlocal asked
                while not stop.is_set():
                    n = asked
                    asked += 1
                    try:
                        invoke(client, "steady", {"n": n})
                        answered[n] = time.time()
                    except Exception:  # the kill
                        return
            threads = [threading.Thread(target=load) for _ in range(1)]
            for thread in threads:
                thread.start()
            time.sleep(2.5 + random.random())
            killed = time.time()
            platform.kill()
            stop.set()
            for thread in threads:
                thread.join()
            platform.start()
            self.assertGreater(len([n for n in answered if n >= first]), 20)
            # The metrics: all but those of the last second.
            kept = total(platform, "Invocations", FunctionName="steady")
            certain = sum(when < killed - 1 for when in answered.values())
            with self.subTest(round=round_number):
                self.assertTrue(certain <= kept <= asked, (certain, kept, asked))
            # The log: every line, also of the call that was answered right before the kill.
            found = collections.Counter(line.strip() for line in lines(platform, "steady", "LINE"))
            for n in answered:
                self.assertEqual(found[f"LINE {n}"], 1, (round_number, n))
            self.assertGreaterEqual(len(lines(platform, "steady", "\"REPORT RequestId\"")), len(answered))
            # What earlier rounds lost stays lost: the next round counts from here.
            answered = {n: (0 if when < killed - 1 else killed + 3600) for n, when in answered.items()}
            print(f"round {round_number}: {len(answered)} answered so far, {kept} counted", flush=True)


if __name__ == "__main__":
    unittest.main()
