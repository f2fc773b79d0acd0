"""Asynchronous invocation and its configuration with boto3 against the real daemon."""
import json
import time
import unittest

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, wait_for

# Writes what it was given to its log, where it is found whichever environment it ran in; events with
# "fail" fail after that.
RECORDER = """
import json
def handler(event, context):
    print("SEEN " + json.dumps({"event": event, "id": context.aws_request_id}))
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("as asked")
    return None if "requestContext" in event else {"echo": event}
"""


class Async(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--retry-delay", "1"]).start()
        cls.client = cls.platform.client()
        cls.logs = cls.platform.client("logs")

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def error(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        return (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"],
                response["Error"]["Message"])

    def make(self, name, **options):
        return create_function(self.client, name, {"app.py": RECORDER}, **options)["FunctionArn"]

    def seen(self, name, count):
        def enough():
            try:
                pages = list(self.logs.get_paginator("filter_log_events").paginate(
                    logGroupName="/aws/lambda/" + name, filterPattern="SEEN"))
            except self.logs.exceptions.ResourceNotFoundException:
                return None  # it has not run yet
            records = [json.loads(event["message"].partition("SEEN ")[2])
                       for page in pages for event in page["events"]]
            return records if len(records) >= count else None
        return wait_for(enough, what=f"{count} events at {name}")

    def test_accepts_and_delivers(self):
        self.make("simple")
        response = self.client.invoke(FunctionName="simple", InvocationType="Event",
                                      Payload=json.dumps({"n": 1}).encode())
        self.assertEqual(response["StatusCode"], 202)
        self.assertEqual(response["Payload"].read(), b"")
        self.assertNotIn("ExecutedVersion", response)
        seen = self.seen("simple", 1)
        self.assertEqual(seen[0]["event"], {"n": 1})
        self.assertEqual(seen[0]["id"], response["ResponseMetadata"]["RequestId"])

    def test_invoke_async(self):
        self.make("older")
        response = self.client.invoke_async(FunctionName="older", InvokeArgs=b'{"old":true}')
        self.assertEqual(response["Status"], 202)
        self.assertEqual(self.seen("older", 1)[0]["event"], {"old": True})

    def test_refuses_what_it_cannot_take(self):
        self.make("strict")
        call = dict(InvocationType="Event", Payload=b"{}")
        self.assertEqual(self.error(self.client.invoke, FunctionName="nobody", **call)[:2],
                         ("ResourceNotFoundException", 404))
        self.assertEqual(self.error(self.client.invoke, FunctionName="strict", InvocationType="Event",
                                    Payload=b"{x")[:2], ("InvalidRequestContentException", 400))
        large = b'"' + b"x" * 1_048_576 + b'"'
        code, status, message = self.error(self.client.invoke, FunctionName="strict",
                                           InvocationType="Event", Payload=large)
        self.assertEqual((code, status), ("RequestTooLargeException", 413))
        self.assertIn("1048576 bytes", message)

    def test_retries_and_destinations(self):
        self.make("source")
        sink = self.make("sink")
        self.client.put_function_event_invoke_config(
            FunctionName="source", MaximumRetryAttempts=1,
            DestinationConfig={"OnSuccess": {"Destination": sink}, "OnFailure": {"Destination": sink}})
        response = self.client.invoke(FunctionName="source", InvocationType="Event",
                                      Payload=json.dumps({"fail": True}).encode())
        document = self.seen("sink", 1)[0]["event"]
        self.assertEqual(document["version"], "1.0")
        self.assertEqual(document["requestContext"], {
            "requestId": response["ResponseMetadata"]["RequestId"],
            "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:source:$LATEST",
            "condition": "RetriesExhausted", "approximateInvokeCount": 2})
        self.assertEqual(document["requestPayload"], {"fail": True})
        self.assertEqual(document["responseContext"], {
            "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"})
        self.assertEqual(document["responsePayload"]["errorMessage"], "as asked")
        attempts = self.seen("source", 2)
        self.assertEqual(attempts[0]["id"], attempts[1]["id"])

        self.client.invoke(FunctionName="source", InvocationType="Event", Payload=b'{"n": 2}')
        document = self.seen("sink", 2)[1]["event"]
        self.assertEqual(document["requestContext"]["condition"], "Success")
        self.assertEqual(document["responsePayload"], {"echo": {"n": 2}})

    def test_event_invoke_config(self):
        arn = self.make("config")
        target = self.make("target")
        call = dict(FunctionName="config")
        missing = self.error(self.client.get_function_event_invoke_config, **call)
        self.assertEqual(missing, ("ResourceNotFoundException", 404,
                                   f"The function {arn}:$LATEST doesn't have an EventInvokeConfig"))
        for operation in (self.client.delete_function_event_invoke_config,
                          self.client.get_function_event_invoke_config):
            self.assertEqual(self.error(operation, **call), missing)
        self.assertEqual(self.error(self.client.update_function_event_invoke_config,
                                    MaximumRetryAttempts=1, **call), missing)
        put = self.client.put_function_event_invoke_config(
            MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60, **call)
        self.assertEqual(put["FunctionArn"], arn + ":$LATEST")
        self.assertEqual(put["MaximumRetryAttempts"], 0)
        self.assertEqual(put["MaximumEventAgeInSeconds"], 60)
        self.assertEqual(put["DestinationConfig"], {"OnSuccess": {}, "OnFailure": {}})
        self.assertGreater(put["LastModified"].timestamp(), 1_600_000_000)
        updated = self.client.update_function_event_invoke_config(
            DestinationConfig={"OnFailure": {"Destination": target}}, **call)
        self.assertEqual(updated["MaximumRetryAttempts"], 0)
        self.assertEqual(updated["DestinationConfig"]["OnFailure"], {"Destination": target})
        got = self.client.get_function_event_invoke_config(**call)
        self.assertEqual(got["MaximumEventAgeInSeconds"], 60)
        version = self.client.publish_version(FunctionName="config")["Version"]
        self.client.put_function_event_invoke_config(Qualifier=version, MaximumRetryAttempts=2, **call)
        listed = self.client.list_function_event_invoke_configs(**call)["FunctionEventInvokeConfigs"]
        self.assertEqual([c["FunctionArn"] for c in listed], [arn + ":$LATEST", arn + ":" + version])
        page = self.client.list_function_event_invoke_configs(MaxItems=1, **call)
        self.assertEqual(len(page["FunctionEventInvokeConfigs"]), 1)
        rest = self.client.list_function_event_invoke_configs(Marker=page["NextMarker"], **call)
        self.assertEqual(rest["FunctionEventInvokeConfigs"][0]["FunctionArn"], arn + ":" + version)
        deleted = self.client.delete_function_event_invoke_config(**call)
        self.assertEqual(deleted["ResponseMetadata"]["HTTPStatusCode"], 204)
        # A put leaves nothing of what was there.
        again = self.client.put_function_event_invoke_config(MaximumRetryAttempts=1, **call)
        self.assertNotIn("MaximumEventAgeInSeconds", again)

    def test_event_invoke_config_errors(self):
        arn = self.make("picky")
        put = self.client.put_function_event_invoke_config

        def destination(target):
            return {"OnFailure": {"Destination": target}}
        self.assertEqual(
            self.error(put, FunctionName="picky"),
            ("InvalidParameterValueException", 400,
             "You must specify at least one of error handling or destination setting."))
        self.assertEqual(self.error(put, FunctionName="nobody", MaximumRetryAttempts=1),
                         ("ResourceNotFoundException", 404, "The function doesn't exist."))
        self.assertEqual(self.error(put, FunctionName="picky", Qualifier="nothing", MaximumRetryAttempts=1),
                         ("ResourceNotFoundException", 404, "The function doesn't exist."))
        self.assertEqual(
            self.error(put, FunctionName="picky", DestinationConfig=destination(arn)),
            ("InvalidParameterValueException", 400,
             "You can't specify the function as a destination for itself."))
        for target in (arn[:-5] + "nobody", "arn:aws:kafka:us-east-1:000000000000:topic/t"):
            code, status, message = self.error(put, FunctionName="picky",
                                               DestinationConfig=destination(target))
            self.assertEqual((code, status), ("InvalidParameterValueException", 400))
            self.assertIn(f"The destination ARN {target} is invalid.", message)
        for wrong in (dict(MaximumRetryAttempts=3), dict(MaximumEventAgeInSeconds=59),
                      dict(MaximumEventAgeInSeconds=21601), dict(DestinationConfig=destination("no arn"))):
            self.assertEqual(self.error(put, FunctionName="picky", **wrong)[:2],
                             ("ValidationException", 400))

    def recursion(self, name, wanted=None):
        """Newer than Debian's boto3: a signed request by hand."""
        body = json.dumps({"RecursiveLoop": wanted}).encode() if wanted else b""
        status, headers, answer = self.platform.signed(
            "PUT" if wanted else "GET", f"/2024-08-31/functions/{name}/recursion-config", body)
        return status, headers.get("x-amzn-ErrorType"), json.loads(answer).get("RecursiveLoop")

    def test_recursion(self):
        first, second = self.make("ping"), self.make("pong")
        self.assertEqual(self.recursion("ping"), (200, None, "Terminate"))
        for source, target in (("ping", second), ("pong", first)):
            self.client.put_function_event_invoke_config(
                FunctionName=source, DestinationConfig={"OnSuccess": {"Destination": target}})
        self.client.invoke(FunctionName="ping", InvocationType="Event", Payload=b"{}")
        self.seen("pong", 16)
        # The 17th time of the first would follow at once.
        time.sleep(1)
        self.assertEqual(len(self.seen("ping", 16)), 16)
        self.assertEqual(self.recursion("ping", "Allow"), (200, None, "Allow"))
        self.assertEqual(self.recursion("ping"), (200, None, "Allow"))
        self.assertEqual(self.recursion("ping", "Sometimes")[:2], (400, "ValidationException"))
        self.assertEqual(self.recursion("nobody")[:2], (404, "ResourceNotFoundException"))
        self.client.delete_function(FunctionName="pong")

    def test_synchronous_recursion(self):
        self.make("chain")
        status, headers, body = 200, {}, b""
        trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
        # What an SDK inside the function would send on: the trace with its lineage.
        path = "/2015-03-31/functions/chain/invocations"
        hashed = 2166136261
        for byte in b"arn:aws:lambda:us-east-1:000000000000:function:chain":
            hashed = ((hashed ^ byte) * 16777619) & 0xffffffff
        for count, expected in ((15, 200), (16, 400)):
            status, headers, body = self.platform.signed(
                "POST", path, b"{}", {"X-Amzn-Trace-Id": f"{trace};Lineage=1:{hashed:08x}:{count}"})
            self.assertEqual(status, expected, body)
        self.assertEqual(headers["x-amzn-ErrorType"], "RecursiveInvocationException")

    def test_dead_letter_config_says_what_there_is(self):
        self.make("letters")
        code, status, message = self.error(
            self.client.update_function_configuration, FunctionName="letters",
            DeadLetterConfig={"TargetArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"})
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("dead-letter target", message)


if __name__ == "__main__":
    unittest.main()
