"""CloudWatch metrics as boto3 and the AWS CLI use them: over the query protocol, which is theirs, and
over JSON, which is newer SDKs'."""
import datetime
import gzip
import json
import os
import subprocess
import time
import unittest

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, wait_for

FLAKY = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    return "ok"
"""


def now():
    return datetime.datetime.now(datetime.timezone.utc)


class CloudWatch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.functions = cls.platform.client()
        cls.metrics = cls.platform.client("cloudwatch")
        create_function(cls.functions, "flaky", {"app.py": FLAKY})

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def aws(self, *arguments):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory,
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        done = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url",
                               self.platform.endpoint, "--output", "json", "cloudwatch", *arguments],
                              env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def json(self, operation, body, headers=None, raw=None):
        status, headers, answer = self.platform.signed(
            "POST", "/", raw if raw is not None else json.dumps(body).encode(),
            {"X-Amz-Target": "GraniteServiceVersion20100801." + operation,
             "Content-Type": "application/x-amz-json-1.0", **(headers or {})}, service="monitoring")
        return status, headers, json.loads(answer) if answer else None

    def total(self, name, statistic="Sum", space="AWS/Lambda", **dimensions):
        """The sum of a metric over the last hour by GetMetricData, None without a value."""
        data = self.metrics.get_metric_data(
            StartTime=now() - datetime.timedelta(hours=1), EndTime=now() + datetime.timedelta(minutes=1),
            MetricDataQueries=[{"Id": "m", "MetricStat": {
                "Metric": {"Namespace": space, "MetricName": name,
                           "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()]},
                "Period": 60, "Stat": statistic}}])
        values = data["MetricDataResults"][0]["Values"]
        return sum(values) if values else None

    def test_put_and_read_back(self):
        at = now().replace(second=0, microsecond=0)
        shop = [{"Name": "Shop", "Value": "a & <b>"}]
        self.metrics.put_metric_data(Namespace="Shop", MetricData=[
            {"MetricName": "Latency", "Dimensions": shop, "Timestamp": at, "Unit": "Milliseconds",
             "Values": [1.5, 2.25, 1e-7], "Counts": [2, 1, 1]},
            {"MetricName": "Latency", "Dimensions": shop, "Timestamp": at, "Unit": "Milliseconds",
             "StatisticValues": {"SampleCount": 2, "Sum": 200, "Minimum": 50, "Maximum": 150}}])
        [point] = self.metrics.get_metric_statistics(
            Namespace="Shop", MetricName="Latency", Dimensions=shop, StartTime=at - datetime.timedelta(minutes=5),
            EndTime=at + datetime.timedelta(minutes=5), Period=60,
            Statistics=["SampleCount", "Sum", "Minimum", "Maximum", "Average"], ExtendedStatistics=["p50"])["Datapoints"]
        self.assertEqual(point["Timestamp"], at)
        self.assertEqual((point["SampleCount"], point["Minimum"], point["Maximum"]), (6.0, 1e-7, 150.0))
        self.assertAlmostEqual(point["Sum"], 205.2500001)
        self.assertAlmostEqual(point["ExtendedStatistics"]["p50"], 1.5, delta=0.02)
        [metric] = self.metrics.list_metrics(Namespace="Shop", MetricName="Latency")["Metrics"]
        self.assertEqual(metric["Dimensions"], shop)

    def test_math_and_order(self):
        at = now().replace(second=0, microsecond=0)
        for minutes, value in ((3, 10), (2, 20), (1, 30)):
            self.metrics.put_metric_data(Namespace="Math", MetricData=[
                {"MetricName": "n", "Value": value, "Timestamp": at - datetime.timedelta(minutes=minutes)}])
        queries = [{"Id": "e", "Expression": "m * 2", "Label": "double"},
                   {"Id": "m", "ReturnData": False, "MetricStat": {
                       "Metric": {"Namespace": "Math", "MetricName": "n"}, "Period": 60, "Stat": "Average"}}]
        [result] = self.metrics.get_metric_data(
            MetricDataQueries=queries, StartTime=at - datetime.timedelta(minutes=10), EndTime=at,
            ScanBy="TimestampAscending")["MetricDataResults"]
        self.assertEqual((result["Label"], result["Values"], result["StatusCode"]), ("double", [20.0, 40.0, 60.0], "Complete"))
        self.assertEqual(result["Timestamps"][0], at - datetime.timedelta(minutes=3))

    def test_both_bindings_and_errors(self):
        status, headers, _ = self.json("PutMetricData", {"Namespace": "Json", "MetricData": [{"MetricName": "n", "Value": 4}]})
        self.assertEqual((status, headers["Content-Type"]), (200, "application/x-amz-json-1.0"))
        self.assertEqual(self.total("n", space="Json"), 4.0)
        # An error has its name there and its code here.
        wrong = {"Namespace": "AWS/Lambda", "MetricData": [{"MetricName": "n", "Value": 1}]}
        status, headers, answer = self.json("PutMetricData", wrong)
        self.assertEqual((status, answer["__type"]), (400, "InvalidParameterValueException"))
        self.assertEqual(headers["x-amzn-query-error"], "InvalidParameterValue;Sender")
        with self.assertRaises(ClientError) as caught:
            self.metrics.put_metric_data(**wrong)
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidParameterValue")
        self.assertTrue(caught.exception.response["ResponseMetadata"]["RequestId"])

    def test_compressed(self):
        body = gzip.compress(json.dumps({"Namespace": "Gz", "MetricData": [
            {"MetricName": "n", "Value": i} for i in range(1000)]}).encode())
        self.assertEqual(self.json("PutMetricData", None, {"Content-Encoding": "gzip"}, body)[0], 200)
        form = gzip.compress(b"Action=PutMetricData&Version=2010-08-01&Namespace=Gz&MetricData.member.1.MetricName=n"
                             b"&MetricData.member.1.Value=0.5")
        status, _, answer = self.platform.signed(
            "POST", "/", form, {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"},
            service="monitoring")
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.total("n", space="Gz"), 499500.5)
        # A bomb is not inflated, and what is not gzip is refused in words.
        for hostile in (gzip.compress(b" " * 50_000_000), b"plain", body[:-20]):
            status, _, answer = self.json("PutMetricData", None, {"Content-Encoding": "gzip"}, hostile)
            self.assertEqual((status, answer["__type"]), (400, "SerializationException"))

    def test_hostile_numbers(self):
        for datum in ({"Values": [1], "Counts": [1e300]}, {"Value": 1e308},
                      {"StatisticValues": {"SampleCount": 1e300, "Sum": 1, "Minimum": 1, "Maximum": 1}}):
            with self.assertRaises(ClientError):
                self.metrics.put_metric_data(Namespace="Bad", MetricData=[{"MetricName": "n", **datum}])
        for text in ("NaN", "inf"):
            status, _, _ = self.platform.signed(
                "POST", "/", f"Action=PutMetricData&Namespace=Bad&MetricData.member.1.MetricName=n&MetricData.member.1.Value={text}".encode(),
                {"Content-Type": "application/x-www-form-urlencoded"}, service="monitoring")
            self.assertEqual(status, 400)

    def test_cli(self):
        self.aws("put-metric-data", "--namespace", "Cli", "--metric-name", "n", "--value", "7", "--unit", "Count",
                 "--dimensions", "Queue=q1")
        [metric] = self.aws("list-metrics", "--namespace", "Cli")["Metrics"]
        self.assertEqual(metric["Dimensions"], [{"Name": "Queue", "Value": "q1"}])
        query = [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}]
        start, end = (now() + datetime.timedelta(minutes=m) for m in (-5, 2))
        got = self.aws("get-metric-data", "--metric-data-queries", json.dumps(query), "--start-time",
                       start.isoformat(), "--end-time", end.isoformat())
        self.assertEqual(got["MetricDataResults"][0]["Values"], [7.0])
        got = self.aws("get-metric-statistics", "--namespace", "Cli", "--metric-name", "n", "--dimensions",
                       "Name=Queue,Value=q1", "--statistics", "Sum", "--period", "60", "--start-time",
                       start.isoformat(), "--end-time", end.isoformat())
        self.assertEqual([p["Sum"] for p in got["Datapoints"]], [7.0])

    def test_versions_and_aliases(self):
        create_function(self.functions, "shipped", {"app.py": FLAKY})
        self.functions.publish_version(FunctionName="shipped")
        self.functions.create_alias(FunctionName="shipped", Name="live", FunctionVersion="1")
        for qualifier, fail in (("live", False), ("live", True), ("live", False), ("1", True), (None, False)):
            invoke(self.functions, "shipped", {"fail": fail}, **({"Qualifier": qualifier} if qualifier else {}))
        of = {"FunctionName": "shipped"}
        wait_for(lambda: self.total("Invocations", **of) == 5, what="the metrics to be written")
        self.assertEqual(self.total("Errors", **of), 2)
        self.assertEqual(self.total("Invocations", Resource="shipped:live", **of), 3)
        self.assertEqual(self.total("Errors", Resource="shipped:live", **of), 1)
        self.assertEqual(self.total("Invocations", Resource="shipped:live", ExecutedVersion="1", **of), 3)
        self.assertEqual(self.total("Invocations", Resource="shipped:1", **of), 1)
        self.assertGreater(self.total("Duration", "p99", Resource="shipped:live", **of), 0)
        self.assertIsNone(self.total("Invocations", Resource="flaky:live", **of))
        listed = self.metrics.list_metrics(Namespace="AWS/Lambda", MetricName="Invocations", Dimensions=[
            {"Name": "FunctionName", "Value": "shipped"}])["Metrics"]
        self.assertEqual({tuple(sorted(d["Value"] for d in m["Dimensions"])) for m in listed},
                         {("shipped",), ("shipped", "shipped:live"), ("1", "shipped", "shipped:live"),
                          ("shipped", "shipped:1")})

    def test_asynchronous(self):
        self.functions.put_function_event_invoke_config(FunctionName="flaky", MaximumRetryAttempts=0)
        for fail in (False, True, True):
            self.functions.invoke(FunctionName="flaky", InvocationType="Event", Payload=json.dumps({"fail": fail}).encode())
        of = {"FunctionName": "flaky"}
        self.assertEqual(self.total("AsyncEventsReceived", **of), 3)
        wait_for(lambda: self.total("AsyncEventsDropped", **of) == 2, what="the failed events to be dropped")
        self.assertEqual(self.total("AsyncEventAge", "SampleCount", **of), 3)
        self.assertGreaterEqual(self.total("AsyncEventAge", "Maximum", **of), 0)

    def test_provisioned(self):
        create_function(self.functions, "warm", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(e.get('s', 0))\n"})
        self.functions.publish_version(FunctionName="warm")
        self.functions.put_provisioned_concurrency_config(FunctionName="warm", Qualifier="1",
                                                          ProvisionedConcurrentExecutions=2)
        wait_for(lambda: self.functions.get_provisioned_concurrency_config(
            FunctionName="warm", Qualifier="1")["Status"] == "READY", what="the environments to be ready")
        invoke(self.functions, "warm", {"s": 0.1}, Qualifier="1")
        of = {"FunctionName": "warm", "Resource": "warm:1"}
        wait_for(lambda: self.total("ProvisionedConcurrencyInvocations", **of) == 1, what="the metrics to be written")
        self.assertEqual(self.total("ProvisionedConcurrencyUtilization", "Maximum", **of), 0.5)
        self.assertEqual(self.total("ProvisionedConcurrentExecutions", "Maximum", **of), 1)
        self.assertIsNone(self.total("ProvisionedConcurrencySpilloverInvocations", **of))


class Prometheus(unittest.TestCase):
    def test_scrape_agrees_with_the_calls(self):
        with Platform(extra=["--prometheus"]) as platform:
            functions = platform.client()
            create_function(functions, "flaky", {"app.py": FLAKY})
            for fail in (False, True, False):
                invoke(functions, "flaky", {"fail": fail})
            status, headers, body = platform.plain("GET", "/metrics")
            self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
            samples, kinds = {}, set()
            for line in body.decode().splitlines():
                if line.startswith("# TYPE"):
                    kinds.add(line.split()[3])
                elif not line.startswith("#"):
                    name, value = line.rsplit(" ", 1)
                    samples[name] = float(value)
            self.assertEqual(kinds, {"counter", "gauge", "summary"})
            self.assertEqual(samples['gantry_invocations_total{function="flaky"}'], 3)
            self.assertEqual(samples['gantry_errors_total{function="flaky"}'], 1)
            self.assertEqual(samples['gantry_duration_seconds_count{function="flaky"}'], 3)
            self.assertGreater(samples['gantry_duration_seconds{function="flaky",quantile="0.99"}'], 0)
            # Nothing else is told to who does not sign, nor to a page that a browser was lured to.
            self.assertEqual(platform.plain("GET", "/metrics/x")[0], 403)
            self.assertEqual(platform.plain("POST", "/metrics")[0], 403)
            self.assertEqual(platform.plain("GET", "/metrics", headers={"Host": "evil.example"})[0], 403)
            self.assertEqual(platform.plain("GET", "/metrics", headers={"Origin": "http://evil.example"})[0], 403)

    def test_off_unless_asked_for(self):
        with Platform() as platform:
            self.assertEqual(platform.plain("GET", "/metrics")[0], 403)


if __name__ == "__main__":
    unittest.main()
