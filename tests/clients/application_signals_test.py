"""Service level objectives as AWS's SDK for JavaScript uses them (Debian's boto3 does not know the service):
made, changed, reported on by what was really invoked, watched by an alarm, kept over a restart."""
import json
import os
import subprocess
import unittest

from support.npm import install
from support.platform import Platform, create_function, invoke, wait_for

VERSION = "3.1006.0"

SOURCE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    return "ok"
"""

# Reads [[command, input], ...] from its argument; prints [{output} or {error}, ...].
SCRIPT = """
const sdk = require('@aws-sdk/client-application-signals');
const revive = (key, value) => (key === 'Timestamp' || key.endsWith('Time')) ? new Date(value) : value;
(async () => {
  const client = new sdk.ApplicationSignalsClient({ endpoint: process.env.ENDPOINT, region: 'us-east-1', maxAttempts: 1 });
  const answers = [];
  for (const [command, input] of JSON.parse(process.argv[2], revive)) {
    try {
      const { $metadata, ...output } = await client.send(new sdk[command + 'Command'](input));
      answers.push({ output });
    } catch (error) {
      answers.push({ error: error.name, message: error.message, status: error.$metadata?.httpStatusCode });
    }
  }
  console.log(JSON.stringify(answers));
})();
"""

SERVICE = {"Type": "Service", "Name": "shop", "Environment": "lambda:default"}
DAY = {"RollingInterval": {"DurationUnit": "DAY", "Duration": 1}}


def availability(name="shop availability", **more):
    return {"Name": name, "Goal": {"Interval": DAY, "AttainmentGoal": 75.0},
            "RequestBasedSliConfig": {"RequestBasedSliMetricConfig": {"KeyAttributes": SERVICE,
                                                                      "MetricType": "AVAILABILITY"}},
            "BurnRateConfigurations": [{"LookBackWindowMinutes": 60}], **more}


class ApplicationSignals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.modules = install("aws-sdk-signals-" + VERSION, {"@aws-sdk/client-application-signals": VERSION})
        cls.platform = Platform().start()
        create_function(cls.platform.client(), "shop", {"app.py": SOURCE})
        for event in [{}, {}, {}, {}, {"fail": True}]:
            invoke(cls.platform.client(), "shop", event)

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def send(self, *calls):
        key, secret = self.platform.credentials()
        done = subprocess.run(["node", "-e", SCRIPT, "-", json.dumps(calls)], capture_output=True, text=True, timeout=180,
                              env={"PATH": os.environ["PATH"], "HOME": self.platform.directory,
                                   "ENDPOINT": self.platform.endpoint, "NODE_PATH": self.modules,
                                   "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def ask(self, command, **parameters):
        answer, = self.send([command, parameters])
        self.assertNotIn("error", answer, answer)
        return answer["output"]

    def report(self, *names):
        answer = self.ask("BatchGetServiceLevelObjectiveBudgetReport", SloIds=names, Timestamp=self.now())
        return {each["Name"]: each for each in answer["Reports"]}, answer["Errors"]

    @staticmethod
    def now():
        return subprocess.run(["date", "-u", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True).stdout.strip()

    def test_the_life_of_an_objective(self):
        slo = self.ask("CreateServiceLevelObjective", **availability(Tags=[{"Key": "team", "Value": "a"}]))["Slo"]
        self.assertEqual(slo["EvaluationType"], "RequestBased")
        self.assertEqual(slo["Goal"]["WarningThreshold"], 50)
        self.assertTrue(slo["Arn"].endswith(":slo/shop availability"))
        metric = slo["RequestBasedSli"]["RequestBasedSliMetric"]
        self.assertEqual(metric["TotalRequestCountMetric"][0]["MetricStat"]["Metric"]["MetricName"], "Invocations")

        # The metrics of a second are there when it has ended.
        def counted():
            report = self.report("shop availability")[0]["shop availability"]
            return report if report["BudgetStatus"] != "INSUFFICIENT_DATA" and report["Attainment"] == 80 else None
        report = wait_for(counted, what="the five invocations")
        self.assertEqual(report["TotalBudgetRequests"], 1)      # a quarter of five, whole requests
        self.assertEqual(report["BudgetRequestsRemaining"], 0)  # one failed
        self.assertEqual(report["BudgetStatus"], "WARNING")
        reports, errors = self.report("shop availability", "nobody")
        self.assertEqual(len(reports), 1)
        self.assertEqual(errors[0]["ErrorCode"], "ResourceNotFoundException")

        again, listed, tags, updated, got = self.send(
            ["CreateServiceLevelObjective", availability()],
            ["ListServiceLevelObjectives", {"KeyAttributes": SERVICE}],
            ["ListTagsForResource", {"ResourceArn": slo["Arn"]}],
            ["UpdateServiceLevelObjective", {"Id": slo["Arn"], "Goal": {"Interval": DAY, "AttainmentGoal": 90}}],
            ["GetServiceLevelObjective", {"Id": "shop availability"}])
        self.assertEqual((again["error"], again["status"]), ("ConflictException", 409))
        self.assertEqual([each["Name"] for each in listed["output"]["SloSummaries"]], ["shop availability"])
        self.assertEqual(tags["output"]["Tags"], [{"Key": "team", "Value": "a"}])
        self.assertEqual(updated["output"]["Slo"]["Goal"]["AttainmentGoal"], 90)
        self.assertEqual(got["output"]["Slo"], updated["output"]["Slo"])
        self.assertEqual(self.report(slo["Arn"])[0]["shop availability"]["BudgetStatus"], "BREACHED")

        self.platform.kill()
        self.platform.start()
        self.assertEqual(self.ask("GetServiceLevelObjective", Id=slo["Arn"])["Slo"], updated["output"]["Slo"])
        report = self.report("shop availability")[0]["shop availability"]
        self.assertEqual((report["Attainment"], report["BudgetStatus"]), (80, "BREACHED"))

        self.burn_rate_is_a_metric()
        self.ask("DeleteServiceLevelObjective", Id=slo["Arn"])
        gone, = self.send(["GetServiceLevelObjective", {"Id": slo["Arn"]}])
        self.assertEqual((gone["error"], gone["status"]), ("ResourceNotFoundException", 404))

    def burn_rate_is_a_metric(self):
        """One of five failed, one of ten may: twice as fast as allowed. An alarm sees it."""
        cloudwatch = self.platform.client("cloudwatch")
        metrics = cloudwatch.list_metrics(Namespace="AWS/ApplicationSignals")["Metrics"]
        self.assertEqual([each["MetricName"] for each in metrics], ["BurnRate"])
        dimensions = metrics[0]["Dimensions"]
        self.assertEqual({each["Name"]: each["Value"] for each in dimensions},
                         {"SloName": "shop availability", "BurnRateWindowMinutes": "60"})
        cloudwatch.put_metric_alarm(AlarmName="burns", Namespace="AWS/ApplicationSignals", MetricName="BurnRate",
                                    Dimensions=dimensions, Statistic="Maximum", Period=60, EvaluationPeriods=1,
                                    Threshold=1.5, ComparisonOperator="GreaterThanThreshold")

        def alarm():
            state = cloudwatch.describe_alarms(AlarmNames=["burns"])["MetricAlarms"][0]
            return state if state["StateValue"] == "ALARM" else None
        self.assertIn("2", wait_for(alarm, 150, "the alarm")["StateReason"])

    def test_periods_latency_and_a_calendar(self):
        slo = self.ask("CreateServiceLevelObjective", Name="shop-latency", Goal={
            "Interval": {"CalendarInterval": {"StartTime": "2024-01-01T00:00:00Z", "DurationUnit": "MONTH", "Duration": 1}},
            "AttainmentGoal": 99.9, "WarningThreshold": 30},
            SliConfig={"SliMetricConfig": {"KeyAttributes": SERVICE, "MetricType": "LATENCY", "Statistic": "p90",
                                           "PeriodSeconds": 60},
                       "MetricThreshold": 60000, "ComparisonOperator": "LessThanOrEqualTo"})["Slo"]
        self.assertEqual(slo["EvaluationType"], "PeriodBased")

        # A period is judged when it has ended.
        def judged():
            report = self.report("shop-latency")[0]["shop-latency"]
            return report if report["BudgetStatus"] != "INSUFFICIENT_DATA" else None
        report = wait_for(judged, 100, "the end of a minute")
        self.assertEqual((report["BudgetStatus"], report["Attainment"]), ("OK", 100))
        self.assertEqual(report["TotalBudgetSeconds"], report["BudgetSecondsRemaining"])
        self.assertGreater(report["TotalBudgetSeconds"], 2400)  # 0.1 % of 28 days at least
        self.ask("DeleteServiceLevelObjective", Id="shop-latency")

    def test_functions_are_services(self):
        times = {"StartTime": "2024-01-01T00:00:00Z", "EndTime": "2100-01-01T00:00:00Z"}

        def services():
            return self.ask("ListServices", **times)["ServiceSummaries"]
        wait_for(lambda: services() or None, what="the function's metrics")
        self.assertEqual([each["KeyAttributes"] for each in services()], [SERVICE])
        service = self.ask("GetService", KeyAttributes=SERVICE, **times)["Service"]
        self.assertIn("Duration", [each["MetricName"] for each in service["MetricReferences"]])

    def test_what_is_refused(self):
        def refused(**changes):
            request = {**availability("refused"), **changes}
            answer, = self.send(["CreateServiceLevelObjective", {k: v for k, v in request.items() if v is not None}])
            return answer.get("error")
        self.assertEqual(refused(RequestBasedSliConfig=None), "ValidationException")
        self.assertEqual(refused(Goal={"AttainmentGoal": 100}), "ValidationException")
        self.assertEqual(refused(RequestBasedSliConfig={"RequestBasedSliMetricConfig": {
            "KeyAttributes": {**SERVICE, "Name": "nobody"}, "MetricType": "AVAILABILITY"}}), "ValidationException")

    def test_who_may(self):
        iam = self.platform.client("iam")
        iam.create_user(UserName="reader")
        arn = "arn:aws:application-signals:us-east-1:*:slo/mine*"
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "application-signals:*ServiceLevelObjective", "Resource": arn}]}))
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        root = self.platform.credentials
        self.platform.credentials = lambda: (key["AccessKeyId"], key["SecretAccessKey"])
        try:
            mine, other = self.send(["CreateServiceLevelObjective", availability("mine")],
                                    ["CreateServiceLevelObjective", availability("other")])
        finally:
            self.platform.credentials = root
        self.assertIn("output", mine)
        self.assertEqual((other["error"], other["status"]), ("AccessDeniedException", 403))
        self.ask("DeleteServiceLevelObjective", Id="mine")


if __name__ == "__main__":
    unittest.main()
