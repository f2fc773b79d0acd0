"""Powertools for TypeScript inside a Node function, as npm has it: what its logger, metrics and tracer make is
found by CloudWatch Logs, CloudWatch and X-Ray."""
import datetime
import json
import os
import time
import unittest

from support import npm
from support.platform import Platform, create_function, invoke, wait_active, wait_for

VERSION = "2.36.0"
PACKAGES = {f"@aws-lambda-powertools/{name}": VERSION for name in ("logger", "metrics", "tracer")}
ACTIVE = {"Mode": "Active"}

SOURCE = """
const { Logger } = require('@aws-lambda-powertools/logger');
const { Metrics, MetricUnit } = require('@aws-lambda-powertools/metrics');
const { Tracer } = require('@aws-lambda-powertools/tracer');

const logger = new Logger({ serviceName: 'shop', persistentKeys: { stage: 'test' } });
const metrics = new Metrics({ namespace: 'Shop', serviceName: 'shop' });
const tracer = new Tracer({ serviceName: 'shop' });

exports.handler = async (event, context) => {
  const segment = tracer.getSegment();
  const work = segment.addNewSubsegment('## handler');
  tracer.setSegment(work);
  tracer.putAnnotation('order', event.order);
  logger.addContext(context);
  logger.appendKeys({ order: event.order });
  logger.debug('details');
  logger.info('order placed', { amount: event.amount });
  try {
    if (event.fail) throw new RangeError('too much');
  } catch (error) {
    logger.error('order refused', error);
    tracer.addErrorAsMetadata(error);
  }
  metrics.captureColdStartMetric(context.functionName);
  metrics.addDimension('kind', 'online');
  metrics.addMetric('Orders', MetricUnit.Count, 1);
  metrics.addMetric('Amount', MetricUnit.NoUnit, event.amount);
  metrics.publishStoredMetrics();
  work.close();
  tracer.setSegment(segment);
  return tracer.getRootXrayTraceId();
};
"""


def package(modules):
    """The files of a deployment package."""
    files = {"index.js": SOURCE}
    for directory, _, names in os.walk(modules):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith((".js", ".json", ".cjs", ".mjs")) and not os.path.islink(path):
                with open(path, "rb") as content:
                    files[os.path.join("node_modules", os.path.relpath(path, modules))] = content.read()
    return files


class Powertools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        files = package(npm.install("powertools", PACKAGES))
        cls.platform = Platform().start()
        try:
            cls.functions, cls.logs = cls.platform.client(), cls.platform.client("logs")
            cls.platform.client("xray").create_sampling_rule(SamplingRule={
                "RuleName": "all", "ResourceARN": "*", "Priority": 1, "FixedRate": 1, "ReservoirSize": 1,
                "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1})
            for name in ("orders", "quiet"):
                create_function(cls.functions, name, files, runtime="nodejs22.x", handler="index.handler",
                                TracingConfig=ACTIVE)
            # By hand: Debian's boto3 does not know LoggingConfig.
            status, _, body = cls.platform.signed(
                "PUT", "/2015-03-31/functions/quiet/configuration",
                b'{"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR"}}')
            assert status == 200, body
            wait_active(cls.functions, "quiet")
            cls.requests = {}
            for order, fail in ((1, False), (2, False), (3, True)):
                answer, response = invoke(cls.functions, "orders", {"order": order, "amount": 10 * order, "fail": fail})
                assert "FunctionError" not in response, answer
                cls.requests[order] = (response["ResponseMetadata"]["RequestId"], answer)
        except BaseException:
            cls.platform.__exit__()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def lines(self, function, pattern):
        events = self.logs.filter_log_events(logGroupName="/aws/lambda/" + function, filterPattern=pattern)["events"]
        return [json.loads(event["message"]) for event in events]

    def test_logger(self):
        [line] = self.lines("orders", "{ $.order = 2 && $.level = INFO }")
        request, _ = self.requests[2]
        self.assertEqual((line["message"], line["amount"], line["service"], line["stage"]), ("order placed", 20, "shop", "test"))
        self.assertEqual((line["function_request_id"], line["function_name"]), (request, "orders"))
        self.assertTrue(line["function_arn"].endswith(":function:orders"), line)
        self.assertEqual(str(line["function_memory_size"]), "256")
        self.assertFalse(line["cold_start"])
        self.assertTrue(self.lines("orders", "{ $.order = 1 && $.level = INFO }")[0]["cold_start"])
        self.assertTrue(line["xray_trace_id"].startswith("1-"), line)
        [refused] = self.lines("orders", "{ $.error.name = RangeError }")
        self.assertEqual((refused["level"], refused["error"]["message"]), ("ERROR", "too much"))
        self.assertEqual(self.lines("orders", "{ $.level = DEBUG }"), [])

    def test_level_of_the_function_is_the_loggers(self):
        invoke(self.functions, "quiet", {"order": 9, "amount": 1, "fail": True})
        self.assertEqual([line["level"] for line in self.lines("quiet", "{ $.order = 9 }")], ["ERROR"])

    def test_insights_reads_what_it_writes(self):
        now = int(time.time())
        query = self.logs.start_query(logGroupName="/aws/lambda/orders", startTime=now - 3600, endTime=now + 60,
                                      queryString="filter service = 'shop' and level = 'INFO' | stats sum(amount) as total by service")
        result = wait_for(lambda: (lambda r: r if r["status"] == "Complete" else None)(
            self.logs.get_query_results(queryId=query["queryId"])), what="the query")
        self.assertEqual({f["field"]: f["value"] for f in result["results"][0]}["total"], "60")

    def test_metrics(self):
        cloudwatch = self.platform.client("cloudwatch")
        now = datetime.datetime.now(datetime.timezone.utc)

        def total(metric, stat, **dimensions):
            values = cloudwatch.get_metric_data(
                StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(minutes=2),
                MetricDataQueries=[{"Id": "m", "MetricStat": {"Period": 3600, "Stat": stat, "Metric": {
                    "Namespace": "Shop", "MetricName": metric,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()]}}}])
            return sum(values["MetricDataResults"][0]["Values"])
        # Those of "quiet" have the same names: the two functions are one shop.
        quiet = len(self.lines("quiet", "{ $.Orders = * }"))
        self.assertEqual(total("Orders", "Sum", service="shop", kind="online"), 3 + quiet)
        self.assertEqual(total("Amount", "Sum", service="shop", kind="online"), 60 + quiet)
        self.assertEqual(total("ColdStart", "Sum", service="shop", function_name="orders"), 1)
        listed = cloudwatch.list_metrics(Namespace="Shop")["Metrics"]
        self.assertEqual({m["MetricName"] for m in listed}, {"Orders", "Amount", "ColdStart"})

    def test_tracer(self):
        xray = self.platform.client("xray")
        invoke(self.functions, "orders", {"order": 4, "amount": 0})  # what waits for the thaw goes out
        now = datetime.datetime.now(datetime.timezone.utc)

        def summaries(text):
            return xray.get_trace_summaries(StartTime=now - datetime.timedelta(minutes=10),
                                            EndTime=now + datetime.timedelta(minutes=1), FilterExpression=text)["TraceSummaries"]
        [summary] = wait_for(lambda: summaries("annotation.order = 3"), what="the traced order")
        self.assertEqual(summary["Id"], self.requests[3][1])
        segments = xray.batch_get_traces(TraceIds=[summary["Id"]])["Traces"][0]["Segments"]
        documents = [json.loads(each["Document"]) for each in segments]
        [made] = [each for each in documents if each["name"] == "## handler"]
        [function] = [each for each in documents if each.get("origin") == "AWS::Lambda::Function"]
        self.assertEqual(made["parent_id"], function["id"])
        self.assertIn("RangeError", json.dumps(made))


if __name__ == "__main__":
    unittest.main()
