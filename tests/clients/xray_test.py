"""X-Ray as its clients use it: boto3 and the AWS CLI read traces; a function adds to its own by raw UDP,
by the X-Ray SDK and by Powertools, which npm fetches into the build directory, once."""
import datetime
import fcntl
import json
import os
import re
import shutil
import subprocess
import time
import unittest

import boto3
from botocore.exceptions import ClientError

from support.node_sdk import UNREACHABLE
from support.platform import Platform, create_function, function_url, invoke, wait_for

ACTIVE = {"Mode": "Active"}

RAW = '''
import json, os, socket, time

def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    header = dict(part.split("=", 1) for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    now = time.time()
    segment = {"type": "subsegment", "id": os.urandom(8).hex(), "name": "by hand", "start_time": now - 0.01,
               "end_time": now, "trace_id": event.get("trace", header["Root"]), "parent_id": header["Parent"],
               "annotations": {"order": event.get("order", 0)}}
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.sendto(b'{"format": "json", "version": 1}\\n' + json.dumps(segment).encode(), (host, int(port)))
    for rubbish in event.get("rubbish", []):
        udp.sendto(rubbish.encode(), (host, int(port)))
    return header
'''


SDK = '''
const AWSXRay = require('aws-xray-sdk-core');
exports.handler = async (event) => {
  return AWSXRay.captureAsyncFunc('work', async (subsegment) => {
    subsegment.addAnnotation('kind', 'sdk');
    await new Promise((done) => setTimeout(done, 5));
    if (event.fail) { subsegment.addError(new Error('inside')); }
    subsegment.close();
    return 'ok';
  });
};
'''

POWERTOOLS = '''
const { Tracer } = require('@aws-lambda-powertools/tracer');
const tracer = new Tracer({ serviceName: 'shop' });
exports.handler = async () => {
  const segment = tracer.getSegment();
  const handler = segment.addNewSubsegment('## index.handler');
  tracer.setSegment(handler);
  tracer.annotateColdStart();
  tracer.addServiceNameAnnotation();
  tracer.putAnnotation('paid', true);
  handler.close();
  tracer.setSegment(segment);
  return tracer.isTracingEnabled();
};
'''

# What an X-Ray user has in a package.
PACKAGES = ["aws-xray-sdk-core@3.10.3", "@aws-lambda-powertools/tracer@2.36.0"]
DIRECTORY = os.path.join(os.path.dirname(os.environ["GANTRY_BIN"]), "clients", "xray-js")


def install():
    """The packages' node_modules as {path in the package: content}; skips when npm cannot reach its registry."""
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is missing")
    os.makedirs(DIRECTORY, exist_ok=True)
    marker = os.path.join(DIRECTORY, "installed")
    with open(os.path.join(DIRECTORY, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(marker):
            done = subprocess.run(
                ["npm", "install", "--prefix", DIRECTORY, "--ignore-scripts", "--no-audit", "--no-fund",
                 "--no-save", *PACKAGES], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0 and re.search(UNREACHABLE, done.stdout):
                raise unittest.SkipTest("npm cannot reach its registry:\n" + done.stdout[-800:])
            if done.returncode != 0:
                raise AssertionError("npm install failed:\n" + done.stdout[-4000:])
            open(marker, "w").close()
    files = {}
    for directory, _, names in os.walk(os.path.join(DIRECTORY, "node_modules")):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith((".js", ".json", ".cjs", ".mjs")) and not os.path.islink(path):
                with open(path, "rb") as content:
                    files[os.path.relpath(path, DIRECTORY)] = content.read()
    return files


def now(seconds=0):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)


def walk(segment):
    yield segment
    for child in segment.get("subsegments", []):
        yield from walk(child)


class XRay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--retry-delay", "1"]).start()
        cls.functions = cls.platform.client()
        cls.xray = cls.platform.client("xray")
        create_function(cls.functions, "raw", {"app.py": RAW}, TracingConfig=ACTIVE)
        create_function(cls.functions, "through", {"app.py": RAW})
        # Everything is traced, so that nothing depends on chance.
        cls.xray.create_sampling_rule(SamplingRule={
            "RuleName": "all", "ResourceARN": "*", "Priority": 1, "FixedRate": 1, "ReservoirSize": 1,
            "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*",
            "Version": 1})

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def aws(self, *arguments):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory,
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        done = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url",
                               self.platform.endpoint, "--output", "json", "xray", *arguments],
                              env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def summaries(self, **more):
        return self.xray.get_trace_summaries(StartTime=now(-600), EndTime=now(60), **more)["TraceSummaries"]

    def segments(self, trace):
        """Documents of a trace by id; {} when there is none."""
        traces = self.xray.batch_get_traces(TraceIds=[trace])["Traces"]
        return {each["Id"]: json.loads(each["Document"]) for each in traces[0]["Segments"]} if traces else {}

    def origins(self, trace):
        return {document.get("origin"): document for document in self.segments(trace).values()}

    def traced(self, name, count, trace):
        """The segments of a trace once there are so many."""
        return wait_for(lambda: (lambda all: all if len(all) >= count else None)(self.segments(trace)),
                        what=f"{count} segments of {name}")

    def test_segments_of_an_invocation(self):
        header, response = invoke(self.functions, "raw", {"order": 7})
        sent = dict(part.split("=", 1)
                    for part in response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"].split(";"))
        self.assertEqual(sent["Root"], header["Root"])
        self.assertEqual(header["Sampled"], "1")
        self.assertIn("Lineage", header)
        segments = self.traced("raw", 3, header["Root"])
        origins = self.origins(header["Root"])
        service, function = origins["AWS::Lambda"], origins["AWS::Lambda::Function"]
        self.assertNotIn("parent_id", service)
        self.assertEqual(service["http"]["response"]["status"], 200)
        self.assertEqual(service["aws"]["request_id"], response["ResponseMetadata"]["RequestId"])
        self.assertEqual(function["parent_id"], service["id"])
        self.assertEqual(function["id"], header["Parent"])
        phases = [each["name"] for each in function["subsegments"]]
        self.assertEqual(phases[-2:], ["Overhead", "Invocation"])
        self.assertEqual("Initialization" in phases, function["annotations"]["ColdStart"])
        by_hand = [each for each in segments.values() if each["name"] == "by hand"]
        self.assertEqual(by_hand[0]["parent_id"], function["id"])
        self.assertGreaterEqual(by_hand[0]["end_time"], function["start_time"])

    def test_the_log_names_the_trace(self):
        _, response = invoke(self.functions, "raw", {}, LogType="Tail")
        import base64
        tail = base64.b64decode(response["LogResult"]).decode()
        self.assertRegex(tail, r"XRAY TraceId: 1-[0-9a-f]{8}-[0-9a-f]{24}\tSegmentId: [0-9a-f]{16}\tSampled: true")

    def test_errors_and_filters(self):
        _, response = invoke(self.functions, "raw", {"fail": True})
        root = response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"].split(";")[0][len("Root="):]
        self.traced("raw", 2, root)
        found = self.summaries(FilterExpression='fault AND service("raw") { fault }')
        self.assertIn(root, [each["Id"] for each in found])
        self.assertTrue(all(each["HasFault"] for each in found))
        function = self.origins(root)["AWS::Lambda::Function"]
        self.assertEqual(function["cause"]["exceptions"][0]["type"], "ValueError")
        self.assertNotIn(root, [each["Id"] for each in self.summaries(FilterExpression="ok")])
        with self.assertRaises(ClientError) as caught:
            self.summaries(FilterExpression="fault AND colour = 1")
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidRequestException")
        self.assertIn("colour", str(caught.exception))

    def test_annotations_of_a_function_are_found(self):
        header, _ = invoke(self.functions, "raw", {"order": 4711})
        self.traced("raw", 3, header["Root"])
        found = self.summaries(FilterExpression="annotation.order = 4711")
        self.assertEqual([each["Id"] for each in found], [header["Root"]])
        value = found[0]["Annotations"]["order"][0]["AnnotationValue"]
        self.assertEqual(value["NumberValue"], 4711)

    def test_a_function_adds_to_its_own_traces_only(self):
        victim, _ = invoke(self.functions, "raw", {})
        self.traced("raw", 3, victim["Root"])
        header = f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()};Sampled=1"
        status, _, body = self.platform.signed(
            "POST", "/2015-03-31/functions/through/invocations",
            json.dumps({"trace": victim["Root"], "rubbish": ["", "x", "{}\n{}", '{"format":"json","version":1}\n[']
                        }).encode(), {"X-Amzn-Trace-Id": header})
        self.assertEqual(status, 200, body)
        # Its own segments are there, so what it sent before has been looked at.
        self.traced("through", 2, header.split(";")[0][len("Root="):])
        self.assertEqual(len(self.segments(victim["Root"])), 3)

    def test_pass_through_follows_the_caller(self):
        header, _ = invoke(self.functions, "through")
        self.assertEqual(header["Sampled"], "0")
        for sampled in ("0", "1"):
            root = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"
            sent = f"Root={root};Parent=53995c3f42cd8ad8;Sampled={sampled}"
            status, headers, body = self.platform.signed(
                "POST", "/2015-03-31/functions/through/invocations", b"{}", {"X-Amzn-Trace-Id": sent})
            self.assertEqual(status, 200)
            self.assertEqual(json.loads(body)["Root"], root)
            self.assertEqual(json.loads(body)["Sampled"], sampled)
            if sampled == "1":
                self.traced("through", 3, root)
                self.assertEqual(self.origins(root)["AWS::Lambda"]["parent_id"], "53995c3f42cd8ad8")
            else:
                self.assertEqual(self.segments(root), {})

    def test_asynchronous_events_and_destinations(self):
        create_function(self.functions, "behind", {"app.py": RAW})
        create_function(self.functions, "before", {"app.py": RAW}, TracingConfig=ACTIVE)
        arn = self.functions.get_function(FunctionName="behind")["Configuration"]["FunctionArn"]
        self.functions.put_function_event_invoke_config(
            FunctionName="before", DestinationConfig={"OnSuccess": {"Destination": arn}})
        self.functions.invoke(FunctionName="before", InvocationType="Event", Payload=b"{}")
        found = wait_for(lambda: self.summaries(FilterExpression='service("behind") AND service("before")'),
                         what="the trace of both functions")
        self.assertEqual(len(found), 1)
        documents = list(self.traced("both", 10, found[0]["Id"]).values())
        names = [document["name"] for document in documents]
        self.assertEqual(names.count("Dwell Time"), 2)
        self.assertEqual(names.count("Attempt #1"), 2)
        by_id = {document["id"]: document for document in documents}
        second = next(d for d in documents if d["name"] == "behind" and d["origin"] == "AWS::Lambda")
        self.assertEqual(by_id[second["parent_id"]]["origin"], "AWS::Lambda::Function")
        self.assertEqual(by_id[second["parent_id"]]["name"], "before")
        self.assertEqual(second["http"]["response"]["status"], 202)

    def test_retries_are_attempts_of_one_segment(self):
        create_function(self.functions, "retried", {"app.py": RAW}, TracingConfig=ACTIVE)
        self.functions.put_function_event_invoke_config(FunctionName="retried", MaximumRetryAttempts=1)
        self.functions.invoke(FunctionName="retried", InvocationType="Event", Payload=b'{"fail": true}')
        def both():
            for each in self.summaries(FilterExpression='service("retried")'):
                documents = list(self.segments(each["Id"]).values())
                if "Attempt #2" in [document["name"] for document in documents]:
                    return documents
        documents = wait_for(both, what="the second attempt")
        self.assertEqual(len([d for d in documents if d.get("origin") == "AWS::Lambda"]), 1)
        self.assertEqual(len([d for d in documents if d.get("origin") == "AWS::Lambda::Function"]), 2)

    def test_throttles_are_traced(self):
        create_function(self.functions, "closed", {"app.py": RAW}, TracingConfig=ACTIVE)
        self.functions.put_function_concurrency(FunctionName="closed", ReservedConcurrentExecutions=0)
        with self.assertRaises(ClientError):
            invoke(self.functions, "closed")
        found = wait_for(lambda: self.summaries(FilterExpression='throttle AND service("closed")'))
        self.assertTrue(found[0]["HasThrottle"])
        self.assertEqual(found[0]["Http"]["HttpStatus"], 429)

    def test_urls(self):
        url = function_url(self.platform, "raw", AuthType="NONE")["FunctionUrl"]
        self.functions.add_permission(FunctionName="raw", StatementId="url", Action="lambda:InvokeFunctionUrl",
                                      Principal="*", FunctionUrlAuthType="NONE")
        host = url.split("/")[2]
        status, _, _ = self.platform.plain("GET", "/hello?x=1", headers={"Host": host, "User-Agent": "tester"})
        self.assertEqual(status, 200)
        found = wait_for(lambda: self.summaries(FilterExpression='http.url ENDSWITH "/hello"'))
        self.assertEqual(found[0]["Http"]["HttpMethod"], "GET")
        self.assertEqual(found[0]["Http"]["UserAgent"], "tester")
        self.assertEqual(found[0]["Http"]["HttpStatus"], 200)

    def test_segments_of_clients(self):
        root, start = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}", time.time() - 1
        segment = {"trace_id": root, "id": os.urandom(8).hex(), "name": "front", "start_time": start,
                   "end_time": start + 0.5, "http": {"response": {"status": 404}}, "error": True}
        answer = self.xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(segment), "{}"])
        self.assertEqual(len(answer["UnprocessedTraceSegments"]), 1)
        self.assertEqual(answer["UnprocessedTraceSegments"][0]["ErrorCode"], "InvalidSegment")
        found = self.summaries(FilterExpression='service("front") { http.status = 404 }')
        self.assertEqual([each["Id"] for each in found], [root])
        self.assertTrue(found[0]["HasError"])
        self.xray.put_telemetry_records(TelemetryRecords=[{"Timestamp": now(), "SegmentsSentCount": 1}])
        graph = self.xray.get_trace_graph(TraceIds=[root])["Services"]
        self.assertEqual({(each["Name"], each.get("Type")) for each in graph}, {("front", ""), ("front", "client")}
                         if any("Type" in each and each["Type"] == "" for each in graph)
                         else {("front", None), ("front", "client")})

    def test_pages(self):
        for _ in range(3):
            invoke(self.functions, "raw")
        self.assertEqual(self.xray.batch_get_traces(TraceIds=["1-00000000-" + "0" * 24])["UnprocessedTraceIds"],
                         ["1-00000000-" + "0" * 24])
        with self.assertRaises(ClientError):
            self.summaries(NextToken="nonsense")
        with self.assertRaises(ClientError):
            self.xray.batch_get_traces(TraceIds=["1-00000000-" + "0" * 24] * 6)

    def test_sampling_rules(self):
        rules = self.xray.get_sampling_rules()["SamplingRuleRecords"]
        default = next(each["SamplingRule"] for each in rules if each["SamplingRule"]["RuleName"] == "Default")
        self.assertEqual((default["FixedRate"], default["ReservoirSize"], default["Priority"]), (0.05, 1, 10000))
        changed = self.xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "Default", "FixedRate": 0.5})
        self.assertEqual(changed["SamplingRuleRecord"]["SamplingRule"]["FixedRate"], 0.5)
        self.xray.update_sampling_rule(SamplingRuleUpdate={"RuleName": "Default", "FixedRate": 0.05})
        with self.assertRaises(ClientError):
            self.xray.delete_sampling_rule(RuleName="Default")
        create_function(self.functions, "silent", {"app.py": RAW}, TracingConfig=ACTIVE)
        rule = {"RuleName": "never", "ResourceARN": "*", "Priority": 1, "FixedRate": 0, "ReservoirSize": 0,
                "ServiceName": "silent", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*",
                "Version": 1}
        rule["RuleName"] = "a-never"  # before "all", which has the same priority
        self.xray.create_sampling_rule(SamplingRule=rule)
        header, _ = invoke(self.functions, "silent")
        self.assertEqual(header["Sampled"], "0")
        self.xray.delete_sampling_rule(RuleName="a-never")
        header, _ = invoke(self.functions, "silent")
        self.assertEqual(header["Sampled"], "1")
        targets = self.xray.get_sampling_targets(SamplingStatisticsDocuments=[
            {"RuleName": "Default", "ClientID": "0" * 24, "Timestamp": now(), "RequestCount": 1,
             "SampledCount": 1}])
        self.assertEqual(targets["SamplingTargetDocuments"][0]["ReservoirQuota"], 1)
        self.assertEqual(self.xray.get_groups()["Groups"][0]["GroupName"], "Default")

    def test_groups(self):
        header, _ = invoke(self.functions, "raw", {"order": 77})
        self.traced("raw", 3, header["Root"])
        group = self.xray.create_group(GroupName="orders-77", FilterExpression="annotation.order = 77")["Group"]
        self.assertTrue(group["GroupARN"].endswith(":group/orders-77"))
        self.xray.create_group(GroupName="nothing", FilterExpression="annotation.order = 7777777")
        self.assertEqual([each["GroupName"] for each in self.xray.get_groups()["Groups"]],
                         ["Default", "nothing", "orders-77"])
        times = {"StartTime": now(-600), "EndTime": now(60)}
        everything = self.xray.get_service_graph(**times)["Services"]
        some = self.xray.get_service_graph(GroupName="orders-77", **times)["Services"]
        self.assertEqual({each["Name"] for each in some}, {"raw", "by hand"} & {each["Name"] for each in everything})
        self.assertEqual(self.xray.get_service_graph(GroupName="nothing", **times)["Services"], [])
        self.xray.update_group(GroupARN=group["GroupARN"], FilterExpression="annotation.order = 7777777")
        self.assertEqual(self.xray.get_service_graph(GroupARN=group["GroupARN"], **times)["Services"], [])
        self.assertEqual(self.xray.get_group(GroupName="orders-77")["Group"]["FilterExpression"],
                         "annotation.order = 7777777")
        for wrong in ({"GroupName": "bad", "FilterExpression": "order ="}, {"GroupName": "nothing"}):
            with self.assertRaises(ClientError) as refused:
                self.xray.create_group(**wrong)
            self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidRequestException")
        self.xray.delete_group(GroupName="orders-77")
        self.xray.delete_group(GroupName="nothing")
        with self.assertRaises(ClientError):
            self.xray.get_service_graph(GroupName="orders-77", **times)

    def test_the_aws_cli(self):
        header, _ = invoke(self.functions, "raw", {"order": 815})
        self.traced("raw", 3, header["Root"])
        times = ["--start-time", str(int(time.time()) - 600), "--end-time", str(int(time.time()) + 60)]
        found = self.aws("get-trace-summaries", *times, "--filter-expression", "annotation.order = 815")
        self.assertEqual([each["Id"] for each in found["TraceSummaries"]], [header["Root"]])
        traces = self.aws("batch-get-traces", "--trace-ids", header["Root"])["Traces"]
        self.assertEqual(len(traces[0]["Segments"]), 3)
        graph = self.aws("get-service-graph", *times)["Services"]
        function = next(each for each in graph
                        if each["Name"] == "raw" and each.get("Type") == "AWS::Lambda::Function")
        service = next(each for each in graph if each["Name"] == "raw" and each.get("Type") == "AWS::Lambda")
        self.assertIn(function["ReferenceId"], [edge["ReferenceId"] for edge in service["Edges"]])
        self.assertGreater(function["SummaryStatistics"]["TotalCount"], 0)

    def test_permissions(self):
        iam = self.platform.client("iam")
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        import boto3
        reader = boto3.client("xray", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                              aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
        with self.assertRaises(ClientError) as caught:
            reader.get_trace_summaries(StartTime=now(-60), EndTime=now())
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDeniedException")
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "xray:GetTraceSummaries", "Resource": "*"}]}))
        reader.get_trace_summaries(StartTime=now(-60), EndTime=now())
        with self.assertRaises(ClientError):
            reader.put_trace_segments(TraceSegmentDocuments=["{}"])

    def test_sdk_and_powertools_in_node(self):
        files = install()
        for name, source, subsegment, annotations in (
                ("sdk", SDK, "work", {"kind": "sdk"}),
                ("powertools", POWERTOOLS, "## index.handler",
                 {"ColdStart": True, "Service": "shop", "paid": True})):
            with self.subTest(name):
                create_function(self.functions, name, {"index.js": source, **files}, runtime="nodejs22.x",
                                handler="index.handler", TracingConfig=ACTIVE)
                answer, response = invoke(self.functions, name, {})
                self.assertNotIn("FunctionError", response, answer)
                root = response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-trace-id"]
                root = root.split(";")[0][len("Root="):]
                invoke(self.functions, name, {})  # what was not sent before the freeze goes out after the thaw
                segments = self.traced(name, 3, root)
                function = self.origins(root)["AWS::Lambda::Function"]
                made = [each for each in segments.values() if each["name"] == subsegment]
                self.assertEqual(len(made), 1, list(segments.values()))
                self.assertEqual(made[0]["parent_id"], function["id"])
                self.assertEqual({key: made[0]["annotations"].get(key) for key in annotations}, annotations)
                for key in annotations:
                    self.assertIn(key, self.summaries(FilterExpression=f"annotation.{key}")[0]["Annotations"])


if __name__ == "__main__":
    unittest.main()
