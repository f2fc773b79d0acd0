"""CloudWatch alarms as boto3 and the AWS CLI use them: over a restart, with a function and a webhook as
actions, and with callers who may not."""
import datetime
import http.server
import json
import os
import queue
import subprocess
import threading
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support.platform import Platform, create_function, wait_for

WITNESS = """
import json
def handler(event, context):
    print("TOLD", event["alarmData"]["alarmName"], event["alarmData"]["state"]["value"], event["source"])
"""


class Hook(http.server.BaseHTTPRequestHandler):
    told = queue.Queue()

    def do_POST(self):
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Alarms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.connect()
        cls.witness = create_function(cls.platform.client(), "witness", {"app.py": WITNESS})["FunctionArn"]
        cls.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=cls.hook.serve_forever, daemon=True).start()

    @classmethod
    def connect(cls):
        cls.cloudwatch = cls.platform.client("cloudwatch")
        cls.logs = cls.platform.client("logs")

    @classmethod
    def tearDownClass(cls):
        cls.hook.shutdown()
        cls.hook.server_close()
        cls.platform.__exit__()

    def put(self, name, metric="n", **options):
        arguments = dict(AlarmName=name, Namespace="Test", MetricName=metric, Statistic="Maximum", Period=10,
                         EvaluationPeriods=1, Threshold=10.0, ComparisonOperator="GreaterThanThreshold",
                         Dimensions=[{"Name": "Of", "Value": name}])
        arguments.update(options)
        self.cloudwatch.put_metric_alarm(**arguments)

    def value(self, name, value, metric="n"):
        self.cloudwatch.put_metric_data(Namespace="Test", MetricData=[
            {"MetricName": metric, "Value": value, "StorageResolution": 1,
             "Dimensions": [{"Name": "Of", "Value": name}]}])

    def state(self, name, kind="MetricAlarm"):
        found = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=[kind])
        return (found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"]

    def reach(self, name, value, state):
        """Sends a value again and again until the alarm's state has followed."""
        def there():
            self.value(name, value)
            time.sleep(0.2)
            return self.state(name) == state
        wait_for(there, seconds=90, what=f"{name} to be {state}")

    def code(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]["Code"]

    def aws(self, *arguments):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory,
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        done = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url",
                               self.platform.endpoint, "--output", "json", "cloudwatch", *arguments],
                              env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def told(self, line):
        """Whether the witness wrote this line."""
        try:
            events = self.logs.filter_log_events(logGroupName="/aws/lambda/witness", filterPattern=f'"{line}"')
        except self.logs.exceptions.ResourceNotFoundException:
            return False
        return bool(events["events"])

    def test_fires_tells_and_survives_a_kill(self):
        url = f"http://127.0.0.1:{self.hook.server_address[1]}/alarm"
        self.put("life", AlarmActions=[self.witness, url, "arn:aws:sns:us-east-1:000000000000:topic"],
                 OKActions=[url], AlarmDescription="a & <b>")
        [alarm] = self.cloudwatch.describe_alarms(AlarmNamePrefix="li")["MetricAlarms"]
        self.assertEqual(alarm["AlarmArn"], "arn:aws:cloudwatch:us-east-1:000000000000:alarm:life")
        self.assertEqual((alarm["AlarmDescription"], alarm["Threshold"], alarm["ActionsEnabled"]), ("a & <b>", 10.0, True))
        self.reach("life", 99, "ALARM")
        event = Hook.told.get(timeout=60)
        self.assertEqual(event["alarmData"]["alarmName"], "life")
        self.assertEqual(event["alarmData"]["state"]["value"], "ALARM")
        wait_for(lambda: self.told("TOLD life ALARM aws.cloudwatch"), seconds=60, what="the function to be called")
        [alarm] = self.cloudwatch.describe_alarms(AlarmNames=["life"], StateValue="ALARM")["MetricAlarms"]
        self.assertIn("Threshold Crossed", alarm["StateReason"])
        since = alarm["StateUpdatedTimestamp"]
        self.platform.kill()
        self.platform.start()
        self.connect()
        [alarm] = self.cloudwatch.describe_alarms(AlarmNames=["life"])["MetricAlarms"]
        self.assertEqual((alarm["StateValue"], alarm["StateUpdatedTimestamp"]), ("ALARM", since))
        self.reach("life", 1, "OK")
        self.assertEqual(Hook.told.get(timeout=60)["alarmData"]["previousState"]["value"], "ALARM")
        history = self.cloudwatch.describe_alarm_history(AlarmName="life")["AlarmHistoryItems"]
        summaries = [item["HistorySummary"] for item in history]
        self.assertIn('Alarm "life" created', summaries)
        self.assertIn("Alarm updated from ALARM to OK", summaries)
        self.assertTrue(any(s.startswith("Failed to execute action arn:aws:sns") for s in summaries), summaries)
        update = next(i for i in history if i["HistoryItemType"] == "StateUpdate")
        self.assertEqual(json.loads(update["HistoryData"])["newState"]["stateValue"], "OK")

    def test_composite(self):
        self.put("left")
        self.put("right")
        self.cloudwatch.put_composite_alarm(AlarmName="either", AlarmRule='ALARM("left") OR ALARM(right)')
        self.assertEqual(self.state("either", "CompositeAlarm"), "OK")
        self.cloudwatch.set_alarm_state(AlarmName="right", StateValue="ALARM", StateReason="a drill")
        wait_for(lambda: self.state("either", "CompositeAlarm") == "ALARM", what="the composite alarm to follow")
        self.assertEqual(self.cloudwatch.describe_alarms(AlarmNames=["either"])["CompositeAlarms"], [])
        children = self.cloudwatch.describe_alarms(ChildrenOfAlarmName="either")["MetricAlarms"]
        self.assertEqual([a["AlarmName"] for a in children], ["left", "right"])
        self.assertEqual(self.code(self.cloudwatch.delete_alarms, AlarmNames=["left"]), "ResourceConflict")
        self.assertEqual(self.code(self.cloudwatch.put_composite_alarm, AlarmName="x", AlarmRule="ALARM(("), "ValidationError")
        self.cloudwatch.delete_alarms(AlarmNames=["either"])
        self.cloudwatch.delete_alarms(AlarmNames=["left", "right"])

    def test_suppressor(self):
        """The actions of a composite alarm wait for its suppressor, by the wire's and the CLI's own clocks."""
        url = f"http://127.0.0.1:{self.hook.server_address[1]}/main"
        for name in ("child", "maintenance"):
            self.put(name, TreatMissingData="ignore")
        main = dict(AlarmName="main", AlarmRule="ALARM(child)", AlarmActions=[url], ActionsSuppressor="maintenance")
        self.assertEqual(self.code(self.cloudwatch.put_composite_alarm, **main), "ValidationError")
        self.aws("put-composite-alarm", "--alarm-name", "main", "--alarm-rule", "ALARM(child)", "--alarm-actions", url,
                 "--actions-suppressor", "maintenance", "--actions-suppressor-wait-period", "3",
                 "--actions-suppressor-extension-period", "3")
        # What the rule makes of a new alarm waits too.
        described = lambda: self.cloudwatch.describe_alarms(AlarmNames=["main"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
        wait_for(lambda: "ActionsSuppressedBy" not in described(), what="the wait of the first state")
        told_before = Hook.told.qsize()
        self.cloudwatch.set_alarm_state(AlarmName="maintenance", StateValue="ALARM", StateReason="window")
        self.cloudwatch.set_alarm_state(AlarmName="child", StateValue="ALARM", StateReason="a drill")
        alarm = wait_for(lambda: (lambda a: a if a["StateValue"] == "ALARM" else None)(described()), what="the composite alarm")
        self.assertEqual((alarm["ActionsSuppressedBy"], alarm["ActionsSuppressor"]), ("Alarm", "maintenance"))
        self.assertEqual((alarm["ActionsSuppressorWaitPeriod"], alarm["ActionsSuppressorExtensionPeriod"]), (3, 3))
        time.sleep(4)  # longer than the wait
        self.assertEqual(Hook.told.qsize(), told_before)
        self.platform.kill()
        self.platform.start()
        self.connect()
        self.assertEqual(described()["ActionsSuppressedBy"], "Alarm")
        self.cloudwatch.set_alarm_state(AlarmName="maintenance", StateValue="OK", StateReason="over")
        wait_for(lambda: described().get("ActionsSuppressedBy") == "ExtensionPeriod", what="the extension")
        event = Hook.told.get(timeout=60)["alarmData"]
        self.assertEqual((event["alarmName"], event["state"]["value"]), ("main", "ALARM"))
        self.assertEqual(event["previousState"]["actionsSuppressedBy"], "ExtensionPeriod")
        self.assertNotIn("ActionsSuppressedBy", described())
        history = self.cloudwatch.describe_alarm_history(AlarmName="main")["AlarmHistoryItems"]
        self.assertIn("Actions suppressed by Alarm", [item["HistorySummary"] for item in history])
        self.cloudwatch.delete_alarms(AlarmNames=["main"])
        self.cloudwatch.delete_alarms(AlarmNames=["child", "maintenance"])

    def test_math_and_bands(self):
        stat = lambda name: {"Metric": {"Namespace": "Test", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        self.cloudwatch.put_metric_alarm(
            AlarmName="rate", EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=0.5, TreatMissingData="notBreaching",
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[{"Id": "e", "MetricStat": stat("errors"), "ReturnData": False},
                     {"Id": "c", "MetricStat": stat("calls"), "ReturnData": False},
                     {"Id": "r", "Expression": "e / c", "Label": "error rate"}])
        self.cloudwatch.put_metric_alarm(
            AlarmName="unusual", EvaluationPeriods=1, ThresholdMetricId="band",
            ComparisonOperator="LessThanLowerOrGreaterThanUpperThreshold",
            Metrics=[{"Id": "m", "MetricStat": stat("calls")},
                     {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)"}])
        [alarm] = self.cloudwatch.describe_alarms(AlarmNames=["rate"])["MetricAlarms"]
        self.assertEqual([m["Id"] for m in alarm["Metrics"]], ["e", "c", "r"])
        wait_for(lambda: self.state("rate") == "OK", what="missing data to count as good")
        self.assertEqual(self.state("unusual"), "INSUFFICIENT_DATA")

    def test_cli(self):
        self.aws("put-metric-alarm", "--alarm-name", "by-cli", "--namespace", "Test", "--metric-name", "latency",
                 "--extended-statistic", "p99", "--period", "60", "--evaluation-periods", "5", "--datapoints-to-alarm",
                 "3", "--threshold", "250.5", "--comparison-operator", "GreaterThanOrEqualToThreshold",
                 "--treat-missing-data", "ignore", "--dimensions", "Name=Api,Value=checkout")
        [alarm] = self.aws("describe-alarms", "--alarm-names", "by-cli")["MetricAlarms"]
        self.assertEqual((alarm["ExtendedStatistic"], alarm["Threshold"], alarm["DatapointsToAlarm"]), ("p99", 250.5, 3))
        [alarm] = self.aws("describe-alarms-for-metric", "--namespace", "Test", "--metric-name", "latency",
                           "--dimensions", "Name=Api,Value=checkout")["MetricAlarms"]
        self.assertEqual(alarm["AlarmName"], "by-cli")
        self.aws("disable-alarm-actions", "--alarm-names", "by-cli")
        self.assertFalse(self.aws("describe-alarms", "--alarm-names", "by-cli")["MetricAlarms"][0]["ActionsEnabled"])
        self.aws("set-alarm-state", "--alarm-name", "by-cli", "--state-value", "ALARM", "--state-reason", "test")
        history = self.aws("describe-alarm-history", "--alarm-name", "by-cli", "--history-item-type", "StateUpdate")
        self.assertEqual(len(history["AlarmHistoryItems"]), 1)
        self.aws("delete-alarms", "--alarm-names", "by-cli")
        self.assertEqual(self.aws("describe-alarms", "--alarm-names", "by-cli")["MetricAlarms"], [])

    def test_pages(self):
        for i in range(7):
            self.put(f"page-{i}", metric="none")
        pages = self.cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix="page-", PaginationConfig={"PageSize": 3})
        self.assertEqual([len(p["MetricAlarms"]) for p in pages], [3, 3, 1])
        self.cloudwatch.delete_alarms(AlarmNames=[f"page-{i}" for i in range(7)])
        self.assertEqual(self.code(self.cloudwatch.describe_alarms, NextToken="junk"), "InvalidNextToken")

    def test_refused(self):
        self.assertEqual(self.code(self.put, name="bad", Period=45), "ValidationError")
        self.assertEqual(self.code(self.put, name="bad", AlarmActions=["nonsense"]), "ValidationError")
        self.assertEqual(self.code(self.put, name="bad", ExtendedStatistic="p99"), "InvalidParameterCombination")
        self.assertEqual(self.code(self.cloudwatch.set_alarm_state, AlarmName="gone", StateValue="OK", StateReason="x"),
                         "ResourceNotFound")

    def test_who_may(self):
        iam = self.platform.client("iam")
        iam.create_user(UserName="guard")
        iam.put_user_policy(UserName="guard", PolicyName="own", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"],
                 "Resource": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:mine-*"}]}))
        key = iam.create_access_key(UserName="guard")["AccessKey"]
        guard = boto3.client("cloudwatch", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                             aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                             config=Config(retries={"max_attempts": 0}))
        alarm = dict(Namespace="Test", MetricName="n", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                     ComparisonOperator="GreaterThanThreshold")
        guard.put_metric_alarm(AlarmName="mine-1", **alarm)
        self.put("yours-1")
        self.assertEqual(self.code(guard.put_metric_alarm, AlarmName="yours-1", **alarm), "AccessDenied")
        # One that it may not delete among those that it may.
        self.assertEqual(self.code(guard.delete_alarms, AlarmNames=["mine-1", "yours-1"]), "AccessDenied")
        # No way to call a function by an alarm that one may not call oneself.
        self.assertEqual(self.code(guard.put_metric_alarm, AlarmName="mine-2", AlarmActions=[self.witness], **alarm),
                         "AccessDenied")
        self.assertEqual(self.code(guard.put_metric_data, Namespace="Test", MetricData=[]), "AccessDenied")
        guard.delete_alarms(AlarmNames=["mine-1"])


if __name__ == "__main__":
    unittest.main()
