"""CloudWatch Logs with real clients: what functions and clients write is found again, also after a kill."""
import json
import os
import subprocess
import time
import unittest

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, wait_for

WRITER = """
import json
def handler(event, context):
    for i in range(event.get("lines", 1)):
        print(json.dumps({"level": event.get("level", "INFO"), "n": i, "order": event.get("order", "none")}))
    return context.log_stream_name
"""

SINK = """
import base64, gzip, json
def handler(event, context):
    data = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    print("RECEIVED", data["subscriptionFilters"][0], data["logGroup"], [e["message"] for e in data["logEvents"]])
"""


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.connect()
        create_function(cls.functions, "writer", {"app.py": WRITER})

    @classmethod
    def connect(cls):
        cls.functions = cls.platform.client()
        cls.logs = cls.platform.client("logs")

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def code(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]["Code"]

    def aws(self, *arguments):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory,
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        done = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url",
                               self.platform.endpoint, "logs", *arguments],
                              env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def group(self, name):
        self.logs.create_log_group(logGroupName=name)
        self.addCleanup(lambda: self.logs.delete_log_group(logGroupName=name))
        return name

    def messages(self, **arguments):
        pages = self.logs.get_paginator("filter_log_events").paginate(**arguments)
        return [event["message"] for page in pages for event in page["events"]]

    def query(self, text, group):
        now = int(time.time())
        started = self.logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 60,
                                        queryString=text)
        def ended():
            result = self.logs.get_query_results(queryId=started["queryId"])
            return result if result["status"] not in ("Scheduled", "Running") else None
        result = wait_for(ended, what="the query's end")
        self.assertEqual(result["status"], "Complete")
        return [{field["field"]: field["value"] for field in row} for row in result["results"]], result["statistics"]

    def test_what_a_function_writes(self):
        stream, answer = invoke(self.functions, "writer", {"lines": 3, "order": "A-77"})
        request = answer["ResponseMetadata"]["RequestId"]
        group = "/aws/lambda/writer"
        self.assertIn(group, [g["logGroupName"] for g in self.logs.describe_log_groups()["logGroups"]])
        streams = self.logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)
        self.assertIn(stream, [s["logStreamName"] for s in streams["logStreams"]])
        found = self.messages(logGroupName=group, filterPattern="{ $.order = \"A-77\" && $.n > 0 }")
        self.assertEqual([json.loads(message)["n"] for message in found], [1, 2])
        events = self.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
        self.assertTrue(events[0]["message"].startswith("INIT_START"))
        self.assertTrue(any(e["message"].startswith("REPORT RequestId: " + request) for e in events))

    def test_the_cli(self):
        invoke(self.functions, "writer", {"lines": 2, "order": "cli-tail"})
        out = self.aws("tail", "/aws/lambda/writer", "--since", "1h", "--format", "short")
        self.assertEqual(out.count("cli-tail"), 2)
        self.assertIn("REPORT RequestId", out)
        out = json.loads(self.aws("filter-log-events", "--log-group-name", "/aws/lambda/writer",
                                  "--filter-pattern", "cli-tail", "--output", "json"))
        self.assertEqual(len(out["events"]), 2)

    def test_put_get_and_pages(self):
        group = self.group("app/web")
        self.assertEqual(self.code(self.logs.create_log_group, logGroupName=group), "ResourceAlreadyExistsException")
        now = int(time.time() * 1000)
        events = [{"timestamp": now - 1000 + i, "message": f"line {i}"} for i in range(25)]
        put = dict(logGroupName=group, logStreamName="one", logEvents=events)
        self.assertEqual(self.code(self.logs.put_log_events, **put), "ResourceNotFoundException")
        self.logs.create_log_stream(logGroupName=group, logStreamName="one")
        self.assertEqual(self.code(self.logs.create_log_stream, logGroupName=group, logStreamName="one"),
                         "ResourceAlreadyExistsException")
        self.assertNotIn("rejectedLogEventsInfo", self.logs.put_log_events(**put))
        old = self.logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[
            {"timestamp": 1, "message": "old"}, {"timestamp": now, "message": "line 25"},
            {"timestamp": now + 10_000_000, "message": "future"}])
        self.assertEqual(old["rejectedLogEventsInfo"],
                         {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 2})
        self.assertEqual(self.code(self.logs.put_log_events, logGroupName=group, logStreamName="one",
                                   logEvents=list(reversed(events))), "InvalidParameterException")
        expected = [f"line {i}" for i in range(26)]

        forward, token = [], None
        while True:
            more = {"nextToken": token} if token else {"startFromHead": True}
            page = self.logs.get_log_events(logGroupName=group, logStreamName="one", limit=10, **more)
            forward += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        self.assertEqual(forward, expected)
        newest = self.logs.get_log_events(logGroupName=group, logStreamName="one", limit=10)
        self.assertEqual([e["message"] for e in newest["events"]], expected[-10:])
        before = self.logs.get_log_events(logGroupName=group, logStreamName="one", limit=10,
                                          nextToken=newest["nextBackwardToken"])
        self.assertEqual([e["message"] for e in before["events"]], expected[6:16])
        self.assertEqual(self.messages(logGroupName=group, PaginationConfig={"PageSize": 7}), expected)
        self.assertEqual(self.messages(logGroupName=group, filterPattern="?\"line 3\" ?\"line 14\""),
                         ["line 3", "line 14"])
        self.assertEqual(self.messages(logGroupName=group, startTime=now - 990, endTime=now - 988),
                         ["line 10", "line 11", "line 12"])
        self.logs.delete_log_stream(logGroupName=group, logStreamName="one")
        self.assertEqual(self.messages(logGroupName=group), [])
        self.assertEqual(self.code(self.logs.filter_log_events, logGroupName="nope"), "ResourceNotFoundException")
        self.assertEqual(self.code(self.logs.filter_log_events, logGroupName=group, filterPattern="{ $.a"),
                         "InvalidParameterException")

    def test_groups(self):
        first, second = self.group("team/a"), self.group("team/b")
        page = self.logs.describe_log_groups(logGroupNamePrefix="team/", limit=1)
        self.assertEqual([g["logGroupName"] for g in page["logGroups"]], [first])
        page = self.logs.describe_log_groups(logGroupNamePrefix="team/", limit=1, nextToken=page["nextToken"])
        self.assertEqual([g["logGroupName"] for g in page["logGroups"]], [second])
        self.assertNotIn("nextToken", page)
        arn = page["logGroups"][0]["arn"].removesuffix(":*")
        self.logs.put_retention_policy(logGroupName=first, retentionInDays=7)
        self.assertEqual(self.code(self.logs.put_retention_policy, logGroupName=first, retentionInDays=8),
                         "InvalidParameterException")
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix=first)["logGroups"][0]["retentionInDays"], 7)
        self.logs.delete_retention_policy(logGroupName=first)
        self.assertNotIn("retentionInDays",
                         self.logs.describe_log_groups(logGroupNamePrefix=first)["logGroups"][0])
        self.logs.tag_resource(resourceArn=arn, tags={"team": "b", "stage": "test"})
        self.logs.untag_resource(resourceArn=arn, tagKeys=["stage"])
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"team": "b"})
        function = self.functions.get_function_configuration(FunctionName="writer")["FunctionArn"]
        self.logs.put_subscription_filter(logGroupName=first, filterName="to-writer", filterPattern="ERROR",
                                          destinationArn=function)
        self.assertEqual(self.code(self.logs.put_subscription_filter, logGroupName="/aws/lambda/writer",
                                   filterName="loop", filterPattern="", destinationArn=function),
                         "InvalidParameterException")
        filters = self.logs.describe_subscription_filters(logGroupName=first)["subscriptionFilters"]
        self.assertEqual([(f["filterName"], f["destinationArn"]) for f in filters], [("to-writer", function)])
        self.logs.delete_subscription_filter(logGroupName=first, filterName="to-writer")
        self.assertEqual(self.logs.describe_subscription_filters(logGroupName=first)["subscriptionFilters"], [])

    def test_subscription_filter(self):
        """What a filter chooses arrives at its function, packed as CloudWatch Logs packs it."""
        create_function(self.functions, "sink", {"app.py": SINK})
        arn = self.functions.get_function_configuration(FunctionName="sink")["FunctionArn"]
        invoke(self.functions, "writer")
        self.logs.put_subscription_filter(logGroupName="/aws/lambda/writer", filterName="orders",
                                          filterPattern="{ $.order = \"sub-1\" }", destinationArn=arn)
        self.addCleanup(lambda: self.logs.delete_subscription_filter(logGroupName="/aws/lambda/writer",
                                                                     filterName="orders"))

        def delivered():
            invoke(self.functions, "writer", {"lines": 2, "order": "sub-1"})
            groups = [g["logGroupName"] for g in self.logs.describe_log_groups()["logGroups"]]
            return "/aws/lambda/sink" in groups and self.messages(logGroupName="/aws/lambda/sink",
                                                                  filterPattern="RECEIVED")
        received = wait_for(delivered, seconds=120, what="the subscriber's call")
        self.assertIn("orders /aws/lambda/writer", received[0])
        self.assertIn("sub-1", received[0])

    def test_insights(self):
        for order, level in (("q-1", "INFO"), ("q-1", "ERROR"), ("q-2", "INFO")):
            invoke(self.functions, "writer", {"lines": 4, "order": order, "level": level})
        rows, statistics = self.query("filter order like \"q-\" | stats count(*) as lines, max(n) as last by order, "
                                      "level | sort order asc, level asc", "/aws/lambda/writer")
        self.assertEqual(rows, [{"order": "q-1", "level": "ERROR", "lines": "4", "last": "3"},
                                {"order": "q-1", "level": "INFO", "lines": "4", "last": "3"},
                                {"order": "q-2", "level": "INFO", "lines": "4", "last": "3"}])
        self.assertEqual(statistics["recordsMatched"], 12)
        rows, _ = self.query("filter @type = \"REPORT\" | stats count(*) as n, max(@memorySize) as m",
                             "/aws/lambda/writer")
        self.assertGreaterEqual(int(rows[0]["n"]), 3)
        self.assertEqual(rows[0]["m"], str(256 * 1024 * 1024))
        now = int(time.time())
        self.assertEqual(self.code(self.logs.start_query, logGroupName="/aws/lambda/writer", startTime=now - 60,
                                   endTime=now, queryString="fields nofunction(x)"), "MalformedQueryException")
        self.assertEqual(self.code(self.logs.get_query_results, queryId="nope"), "ResourceNotFoundException")
        self.assertTrue(self.logs.describe_queries()["queries"])

    def test_zz_killed_daemon_loses_no_line(self):
        """Kills the daemon right after answers; every line of every answered call is there afterwards."""
        stream = "killed"
        group = self.group("kill/test")
        self.logs.create_log_stream(logGroupName=group, logStreamName=stream)
        for round_number in range(2):
            requests = []
            for i in range(5):
                _, answer = invoke(self.functions, "writer", {"lines": 20, "order": f"kill-{round_number}-{i}"})
                requests.append(answer["ResponseMetadata"]["RequestId"])
            self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
                {"timestamp": int(time.time() * 1000), "message": f"put {round_number}"}])
            self.platform.kill()
            self.platform.start()
            self.connect()
            found = self.messages(logGroupName="/aws/lambda/writer", filterPattern=f"\"kill-{round_number}-\"")
            self.assertEqual(len(found), 100)
            for request in requests:
                self.assertEqual(len(self.messages(logGroupName="/aws/lambda/writer",
                                                   filterPattern=f"\"REPORT RequestId: {request}\"")), 1)
            self.assertEqual(self.messages(logGroupName=group), [f"put {n}" for n in range(round_number + 1)])


if __name__ == "__main__":
    unittest.main()
