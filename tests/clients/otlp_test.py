"""Metrics and traces pushed by OTLP/HTTP to a receiver that is not the platform's own code: the numbers are
those of Prometheus and of GetMetricData, and a receiver that is away or busy loses nothing."""
import datetime
import json
import os
import subprocess
import time
import unittest

from support.otlp_receiver import Receiver, metrics, spans
from support.platform import Platform, create_function, invoke, wait_for

FLAKY = """
import time
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    if event.get("fail"):
        raise ValueError("as asked")
    return "ok"
"""


def now(**delta):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)


class Otlp(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)

    def platform(self, *extra):
        platform = Platform(extra=["--otlp-endpoint", self.receiver.endpoint, "--otlp-interval", "5", *extra]).start()
        self.addCleanup(platform.__exit__)
        return platform

    def newest(self, path, good):
        """The newest push to a path once it is good."""
        return wait_for(lambda: next((push for push in self.receiver.taken(path)[::-1] if good(push)), None),
                        seconds=60, what="a push to " + path)

    def test_numbers_agree_with_prometheus_and_cloudwatch(self):
        began = time.time_ns()
        platform = self.platform("--prometheus", "--otlp-header", "X-Scope-OrgID=shop", "--otlp-header", "Api-Key=a b")
        client = platform.client()
        for name in ("flaky", "other"):
            create_function(client, name, {"app.py": FLAKY})
        for n in range(12):
            invoke(client, "flaky", {"fail": n % 3 == 0, "seconds": 0.01 * n})
        invoke(client, "other")

        def count(push):
            points = metrics(push.body)[0]["gantry.invocations"]["points"]
            return {name: each["value"] for name, each in points.items()} == {"flaky": 12, "other": 1}
        push = self.newest("/v1/metrics", count)
        self.assertEqual(push.headers["Content-Type"], "application/x-protobuf")
        self.assertEqual((push.headers["X-Scope-OrgID"], push.headers["Api-Key"]), ("shop", "a b"))
        found, resource = metrics(push.body)
        self.assertEqual((resource["service.name"], resource["cloud.account.id"]), ("gantry", "000000000000"))
        errors = found["gantry.errors"]
        self.assertEqual((errors["kind"], errors["cumulative"], errors["monotonic"]), ("sum", True, True))
        self.assertEqual(errors["points"]["flaky"]["value"], 4)
        self.assertEqual(found["gantry.concurrent_executions"]["kind"], "gauge")
        duration = found["gantry.duration"]["points"]["flaky"]
        self.assertEqual(duration["count"], 12)
        self.assertTrue(began < duration["start"] <= duration["time"] < time.time_ns())

        # Prometheus' text of the same state: every series, every number.
        samples = {}
        for line in platform.plain("GET", "/metrics")[2].decode().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                samples[name] = float(value)
        compared = 0
        for name, metric in found.items():
            text = name.replace(".", "_") + {"s": "_seconds", "By": "_bytes"}.get(metric["unit"], "")
            text += "_total" if metric["kind"] == "sum" else ""
            for function, values in metric["points"].items():
                label = f'function="{function}"'
                if metric["kind"] == "summary":
                    self.assertEqual(samples[f"{text}_count{{{label}}}"], values["count"])
                    self.assertAlmostEqual(samples[f"{text}_sum{{{label}}}"], values["sum"], 9)
                    for quantile, value in values["quantiles"].items():
                        self.assertAlmostEqual(samples[f'{text}{{{label},quantile="{quantile:g}"}}'], value, 4)
                else:
                    self.assertAlmostEqual(samples[f"{text}{{{label}}}"], values["value"], 9, text)
                compared += 1
        self.assertEqual(compared, 2 * len(found))
        self.assertEqual(len({name.split("{")[0] for name in samples}), len(found) + 2)  # _sum and _count

        cloudwatch = platform.client("cloudwatch")
        for name, metric, stat, scale in (("gantry.invocations", "Invocations", "Sum", 1),
                                          ("gantry.errors", "Errors", "Sum", 1),
                                          ("gantry.throttles", "Throttles", "Sum", 1),
                                          ("gantry.duration", "Duration", "Sum", 1_000),
                                          ("gantry.duration", "Duration", "SampleCount", 1)):
            data = cloudwatch.get_metric_data(
                StartTime=now(hours=-1), EndTime=now(minutes=1),
                MetricDataQueries=[{"Id": "m", "MetricStat": {"Period": 60, "Stat": stat, "Metric": {
                    "Namespace": "AWS/Lambda", "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": "flaky"}]}}}])["MetricDataResults"][0]["Values"]
            values = found[name]["points"]["flaky"]
            pushed = values.get("value", values.get("count" if stat == "SampleCount" else "sum"))
            self.assertAlmostEqual(sum(data), pushed * scale, 6, metric)

    def test_a_receiver_that_is_busy_gets_everything_later(self):
        self.receiver.answers = [(503, {"Retry-After": "1"}), (429, {}), (502, {})]
        platform = self.platform()
        client = platform.client()
        create_function(client, "flaky", {"app.py": FLAKY})
        for _ in range(5):
            invoke(client, "flaky")
        push = self.newest("/v1/metrics", lambda push: metrics(push.body)[0]["gantry.invocations"]["points"]
                           .get("flaky", {}).get("value") == 5)
        self.assertTrue(push)
        self.assertEqual([status for status, _ in self.receiver.pushes][:3], [503, 429, 502])
        # Said once, and once that it is over; and no key in what is said.
        def said():
            with open(platform.log_path) as log:
                return log.read()
        wait_for(lambda: "exported again" in said(), what="the word that it is well again")
        self.assertEqual(said().count("not all metrics and traces are exported"), 1)

    def test_a_refusal_is_not_repeated_at_once(self):
        self.receiver.answers = [(400, {})]
        self.platform()
        wait_for(lambda: len(self.receiver.pushes) >= 2, seconds=60, what="the push of the next interval")
        (first, one), (second, two) = self.receiver.pushes[:2]
        self.assertEqual((first, second), (400, 200))

    def test_traces(self):
        platform = self.platform("--otlp-traces")
        client, xray = platform.client(), platform.client("xray")
        xray.create_sampling_rule(SamplingRule={
            "RuleName": "all", "ResourceARN": "*", "Priority": 1, "FixedRate": 1, "ReservoirSize": 1,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1})
        create_function(client, "flaky", {"app.py": FLAKY}, TracingConfig={"Mode": "Active"})
        _, response = invoke(client, "flaky", {"fail": True})
        root = response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"].split(";")[0][len("Root="):]
        trace = root[2:].replace("-", "")

        def of_trace():
            found = {}
            for push in self.receiver.taken("/v1/traces"):
                found.update({each["id"]: each for each in spans(push.body) if each["trace"] == trace})
            return found if len(found) >= 5 else None
        found = wait_for(of_trace, seconds=60, what="the spans of the trace")
        documents = [json.loads(each["Document"])
                     for each in xray.batch_get_traces(TraceIds=[root])["Traces"][0]["Segments"]]
        expected = {}

        def walk(document, parent):
            expected[document["id"]] = (document["name"], document.get("parent_id", parent))
            for child in document.get("subsegments", []):
                walk(child, document["id"])
        for document in documents:
            walk(document, "")
        self.assertEqual({id: (each["name"], each["parent"]) for id, each in found.items()}, expected)
        self.assertEqual({each["service"] for each in found.values()}, {"flaky"})
        origins = {each["attributes"].get("aws.xray.origin"): each for each in found.values()}
        self.assertTrue(origins["AWS::Lambda::Function"]["error"])
        self.assertEqual(origins["AWS::Lambda"]["attributes"]["http.response.status_code"], 200)
        self.assertEqual(origins["AWS::Lambda::Function"]["parent"], origins["AWS::Lambda"]["id"])
        self.assertTrue(all(0 < each["start"] <= each["end"] for each in found.values()))

    def test_headers_come_from_the_environment(self):
        os.environ["OTEL_EXPORTER_OTLP_HEADERS"] = "Authorization=Basic c2VjcmV0,X-Other=1"
        try:
            platform = self.platform()
        finally:
            del os.environ["OTEL_EXPORTER_OTLP_HEADERS"]
        push = self.newest("/v1/metrics", lambda push: True)
        self.assertEqual((push.headers["Authorization"], push.headers["X-Other"]), ("Basic c2VjcmV0", "1"))
        with open(platform.log_path) as log:
            self.assertNotIn("c2VjcmV0", log.read())

    def test_what_is_no_endpoint_is_refused(self):
        for wrong in ("ftp://127.0.0.1", "127.0.0.1:4318", "http://"):
            platform = Platform(extra=["--otlp-endpoint", wrong])
            done = subprocess.run(platform.command(), capture_output=True, text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("The endpoint must be an address", done.stderr)
            platform.__exit__()
        self.assertEqual(self.receiver.pushes, [])


if __name__ == "__main__":
    unittest.main()
