"""LoggingConfig against the real daemon: formats, levels, groups. Newer than Debian's boto3, so the
configuration is written by signed requests; functions, calls and logs go through boto3."""
import json
import unittest

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, wait_active, wait_for

PYTHON = """
import json, logging, os
logger = logging.getLogger("shop")
def handler(event, context):
    logger.debug("too fine")
    logger.warning("sold %d", 3, extra={"order": 7})
    print("printed")
    print(json.dumps({"level": "debug", "timestamp": "2026-01-02T03:04:05Z", "message": "own debug"}))
    if event.get("fail"):
        raise ValueError("as asked")
    try:
        {}["missing"]
    except KeyError:
        logger.exception("caught")
    return {"group": context.log_group_name, "format": os.environ["AWS_LAMBDA_LOG_FORMAT"],
            "level": os.environ.get("AWS_LAMBDA_LOG_LEVEL")}
"""

NODE = """
exports.handler = async (event) => {
  console.debug('too fine');
  console.log('sold %d', 3);
  console.error({ order: 7 });
  if (event.fail) throw new TypeError('as asked');
  return process.env.AWS_LAMBDA_LOG_LEVEL;
};
"""

TOLD = "LogLevel is not supported when LogFormat is set to \"Text\"."


class Logging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()
        cls.logs = cls.platform.client("logs")

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def configure(self, name, **logging):
        status, headers, body = self.platform.signed(
            "PUT", f"/2015-03-31/functions/{name}/configuration",
            json.dumps({"LoggingConfig": logging}).encode())
        if status == 200:
            wait_active(self.client, name)
        return status, headers.get("x-amzn-ErrorType"), json.loads(body)

    def make(self, name, **logging):
        create_function(self.client, name, {"app.py": PYTHON})
        status, _, body = self.configure(name, **logging)
        self.assertEqual(status, 200, body)
        return body["LoggingConfig"]

    def lines(self, group, last):
        """The messages of a group, once the one that holds `last` is there."""
        def read():
            try:
                events = [event for page in self.logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group) for event in page["events"]]
            except self.logs.exceptions.ResourceNotFoundException:
                return None
            messages = [event["message"].rstrip("\n") for event in events]
            return messages if any(last in message for message in messages) else None
        return wait_for(read, what=f"{last} in {group}")

    @staticmethod
    def parsed(lines):
        return [json.loads(line) for line in lines if line.startswith("{")]

    def platform_events(self, lines):
        return {line["type"]: line["record"] for line in self.parsed(lines) if "type" in line}

    def test_defaults(self):
        created = create_function(self.client, "plain", {"app.py": PYTHON})
        status, _, body = self.platform.signed("GET", "/2015-03-31/functions/plain/configuration")
        self.assertEqual(json.loads(body)["LoggingConfig"],
                         {"LogFormat": "Text", "LogGroup": "/aws/lambda/plain"})
        answer, _ = invoke(self.client, "plain")
        self.assertEqual(answer, {"group": "/aws/lambda/plain", "format": "Text", "level": None})
        self.assertEqual(created["FunctionName"], "plain")
        lines = self.lines("/aws/lambda/plain", "REPORT RequestId")
        self.assertTrue(any(line.startswith("START RequestId: ") for line in lines))

    def test_levels_need_json(self):
        create_function(self.client, "strict", {"app.py": PYTHON})
        for wrong in (dict(ApplicationLogLevel="DEBUG"), dict(SystemLogLevel="WARN"),
                      dict(LogFormat="Text", SystemLogLevel="INFO")):
            status, kind, body = self.configure("strict", **wrong)
            self.assertEqual((status, kind), (400, "InvalidParameterValueException"), body)
            self.assertIn(TOLD, body["message"])
        for wrong in (dict(LogFormat="XML"), dict(LogFormat="JSON", ApplicationLogLevel="LOUD"),
                      dict(LogFormat="JSON", SystemLogLevel="ERROR"), dict(LogGroup="a group"),
                      dict(LogGroup="x" * 513)):
            status, kind, body = self.configure("strict", **wrong)
            self.assertEqual((status, kind), (400, "ValidationException"), body)
        status, _, body = self.configure("strict", LogFormat="JSON")
        self.assertEqual(body["LoggingConfig"], {
            "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO",
            "LogGroup": "/aws/lambda/strict"})
        # Then a level alone is enough, and going back to text forgets both.
        status, _, body = self.configure("strict", SystemLogLevel="DEBUG")
        self.assertEqual(body["LoggingConfig"]["SystemLogLevel"], "DEBUG")
        self.assertEqual(body["LoggingConfig"]["ApplicationLogLevel"], "INFO")
        status, _, body = self.configure("strict", LogFormat="Text")
        self.assertEqual(body["LoggingConfig"],
                         {"LogFormat": "Text", "LogGroup": "/aws/lambda/strict"})

    def test_json_of_platform_and_application(self):
        self.make("json", LogFormat="JSON", SystemLogLevel="DEBUG")
        answer, response = invoke(self.client, "json")
        request = response["ResponseMetadata"]["RequestId"]
        self.assertEqual((answer["format"], answer["level"]), ("JSON", "INFO"))
        lines = self.lines("/aws/lambda/json", "platform.report")
        self.assertFalse([line for line in lines if line.startswith(("START", "END", "REPORT"))])
        events = self.platform_events(lines)
        self.assertEqual(set(events), {"platform.initStart", "platform.initReport", "platform.start",
                                       "platform.runtimeDone", "platform.report"})
        self.assertEqual(events["platform.initStart"]["functionName"], "json")
        self.assertEqual(events["platform.start"]["requestId"], request)
        self.assertEqual(events["platform.start"]["version"], "$LATEST")
        report = events["platform.report"]
        self.assertEqual((report["requestId"], report["status"]), (request, "success"))
        self.assertEqual(report["metrics"]["memorySizeMB"], 256)
        self.assertGreater(report["metrics"]["initDurationMs"], 0)
        self.assertGreaterEqual(report["metrics"]["billedDurationMs"],
                                int(report["metrics"]["durationMs"]))
        logged = [line for line in self.parsed(lines) if "logger" in line]
        sold = next(line for line in logged if line["message"] == "sold 3")
        self.assertEqual({key: sold[key] for key in ("level", "logger", "requestId", "order")},
                         {"level": "WARNING", "logger": "shop", "requestId": request, "order": 7})
        self.assertRegex(sold["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        caught = next(line for line in logged if line["message"] == "caught")
        self.assertEqual((caught["level"], caught["errorType"]), ("ERROR", "KeyError"))
        self.assertIn("app.py", caught["location"])
        self.assertIn("printed", lines)
        self.assertFalse([line for line in lines if "too fine" in line or "own debug" in line])

    def test_application_level(self):
        self.make("loud", LogFormat="JSON", ApplicationLogLevel="ERROR", SystemLogLevel="WARN")
        invoke(self.client, "loud")
        _, response = invoke(self.client, "loud", {"fail": True}, LogType="Tail")
        lines = self.lines("/aws/lambda/loud", "platform.report")
        self.assertFalse([line for line in lines if "sold" in line])
        # Only what went wrong is important enough of the platform's own.
        events = self.platform_events(lines)
        self.assertEqual(set(events), {"platform.runtimeDone", "platform.report"})
        self.assertEqual((events["platform.report"]["status"], events["platform.report"]["errorType"]),
                         ("error", "ValueError"))
        failure = next(line for line in self.parsed(lines) if line.get("log_level") == "ERROR")
        self.assertEqual((failure["errorType"], failure["errorMessage"]), ("ValueError", "as asked"))
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.configure("loud", ApplicationLogLevel="TRACE", SystemLogLevel="INFO")
        answer, _ = invoke(self.client, "loud")
        self.assertEqual(answer["level"], "TRACE")
        lines = self.lines("/aws/lambda/loud", "\"status\":\"success\"")
        self.assertTrue(any("too fine" in line for line in lines))
        self.assertTrue(any("own debug" in line for line in lines))

    def test_time_out_in_json(self):
        create_function(self.client, "slow", {"app.py": "import time\ndef handler(e, c): time.sleep(9)"},
                        Timeout=1)
        self.configure("slow", LogFormat="JSON")
        answer, _ = invoke(self.client, "slow")
        self.assertEqual(answer["errorType"], "Sandbox.Timedout")
        lines = self.lines("/aws/lambda/slow", "platform.report")
        self.assertEqual(self.platform_events(lines)["platform.report"]["status"], "timeout")
        self.assertFalse([line for line in lines if "Task timed out" in line])

    def test_node(self):
        create_function(self.client, "node", {"index.js": NODE}, "nodejs22.x", "index.handler")
        self.configure("node", LogFormat="JSON")
        answer, response = invoke(self.client, "node")
        self.assertEqual(answer, "INFO")
        invoke(self.client, "node", {"fail": True})
        lines = self.lines("/aws/lambda/node", "as asked")
        own = [line for line in self.parsed(lines) if "level" in line]
        first = response["ResponseMetadata"]["RequestId"]
        self.assertEqual([(line["level"], line["message"]) for line in own if line["requestId"] == first],
                         [("INFO", "sold 3"), ("ERROR", {"order": 7})])
        failure = own[-1]["message"]
        self.assertEqual((failure["errorType"], failure["errorMessage"]), ("TypeError", "as asked"))

    def test_group(self):
        configured = self.make("grouped", LogGroup="shop/orders")
        self.assertEqual(configured, {"LogFormat": "Text", "LogGroup": "shop/orders"})
        answer, _ = invoke(self.client, "grouped")
        self.assertEqual(answer["group"], "shop/orders")
        lines = self.lines("shop/orders", "REPORT RequestId")
        self.assertIn("printed", lines)
        streams = self.logs.describe_log_streams(logGroupName="shop/orders")["logStreams"]
        self.assertTrue(streams)
        with self.assertRaises(ClientError):
            self.logs.filter_log_events(logGroupName="/aws/lambda/grouped")
        # Two functions may share one.
        self.make("second", LogGroup="shop/orders")
        invoke(self.client, "second")
        wait_for(lambda: len(self.logs.describe_log_streams(
            logGroupName="shop/orders")["logStreams"]) > len(streams), what="the second's stream")


if __name__ == "__main__":
    unittest.main()
