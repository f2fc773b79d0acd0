"""Queues as dead-letter targets and destinations of asynchronous events, with boto3 against the real
daemon: what arrives there, whose permission it takes, and how failures are counted."""
import json
import unittest
from datetime import datetime, timedelta, timezone

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, wait_for

CODE = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    return {"echo": event}
"""
ACCOUNT = "000000000000"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def queue_arn(name):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


class Destinations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--retry-delay", "0"]).start()
        cls.client, cls.sqs, cls.iam, cls.cloudwatch = (
            cls.platform.client(s) for s in ("lambda", "sqs", "iam", "cloudwatch"))

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def role(self, name, queues):
        """An execution role that may send to the queues."""
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self.allow(name, queues)
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def allow(self, role, queues):
        self.iam.put_role_policy(RoleName=role, PolicyName="send", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "sqs:SendMessage",
                 "Resource": [queue_arn(q) for q in queues] or ["arn:aws:sqs:::none"]}]}))

    def make(self, name, **options):
        return create_function(self.client, name, {"app.py": CODE}, **options)["FunctionArn"]

    def send(self, name, event):
        return self.client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
                                  )["ResponseMetadata"]["RequestId"]

    def next(self, url):
        messages = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, AttributeNames=["All"],
                                            MessageAttributeNames=["All"]).get("Messages")
        self.assertTrue(messages, "no message came")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        return messages[0]

    def refusal(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], "InvalidParameterValueException")
        return error["Message"]

    def metric(self, name, function):
        now = datetime.now(timezone.utc)
        now = datetime.now(timezone.utc)
        points = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=name, Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=now - timedelta(minutes=10), EndTime=now + timedelta(minutes=1), Period=60, Statistics=["Sum"])
        return sum(p["Sum"] for p in points["Datapoints"])

    def test_dead_letter_queue(self):
        url = self.sqs.create_queue(QueueName="letters")["QueueUrl"]
        self.make("broken", Role=self.role("broken-role", ["letters"]),
                  DeadLetterConfig={"TargetArn": queue_arn("letters")})
        got = self.client.get_function_configuration(FunctionName="broken")
        self.assertEqual(got["DeadLetterConfig"], {"TargetArn": queue_arn("letters")})
        self.client.put_function_event_invoke_config(FunctionName="broken", MaximumRetryAttempts=0)
        request = self.send("broken", {"fail": True, "n": 1})
        message = self.next(url)
        self.assertEqual(json.loads(message["Body"]), {"fail": True, "n": 1})
        attributes = message["MessageAttributes"]
        self.assertEqual(attributes["RequestID"], {"DataType": "String", "StringValue": request})
        self.assertEqual(attributes["ErrorCode"], {"DataType": "Number", "StringValue": "200"})
        self.assertEqual(attributes["ErrorMessage"], {"DataType": "String", "StringValue": "as asked"})
        self.send("broken", {"n": 2})
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1))

    def test_destinations(self):
        good, bad = (self.sqs.create_queue(QueueName=n)["QueueUrl"] for n in ("good", "bad"))
        function = self.make("source", Role=self.role("source-role", ["good", "bad"]))
        self.client.put_function_event_invoke_config(
            FunctionName="source", MaximumRetryAttempts=1, DestinationConfig={
                "OnSuccess": {"Destination": queue_arn("good")}, "OnFailure": {"Destination": queue_arn("bad")}})
        request = self.send("source", {"n": 1})
        document = json.loads(self.next(good)["Body"])
        self.assertEqual(document["version"], "1.0")
        self.assertEqual(document["requestContext"], {
            "requestId": request, "functionArn": function + ":$LATEST", "condition": "Success",
            "approximateInvokeCount": 1})
        self.assertEqual(document["requestPayload"], {"n": 1})
        self.assertEqual(document["responseContext"], {"statusCode": 200, "executedVersion": "$LATEST"})
        self.assertEqual(document["responsePayload"], {"echo": {"n": 1}})
        request = self.send("source", {"fail": True})
        document = json.loads(self.next(bad)["Body"])
        self.assertEqual(document["requestContext"], {
            "requestId": request, "functionArn": function + ":$LATEST", "condition": "RetriesExhausted",
            "approximateInvokeCount": 2})
        self.assertEqual(document["responseContext"]["functionError"], "Unhandled")
        self.assertEqual(document["responsePayload"]["errorMessage"], "as asked")

    def test_the_role_needs_permission(self):
        self.sqs.create_queue(QueueName="closed")
        role = self.role("closed-role", [])
        self.make("closed", Role=role)
        arn = queue_arn("closed")
        update, put = self.client.update_function_configuration, self.client.put_function_event_invoke_config
        self.assertEqual(self.refusal(update, FunctionName="closed", DeadLetterConfig={"TargetArn": arn}),
                         "The provided execution role does not have permissions to call SendMessage on SQS")
        self.assertEqual(self.refusal(put, FunctionName="closed", DestinationConfig={"OnFailure": {"Destination": arn}}),
                         f"The function's execution role does not have permissions to call SendMessage on {arn}")
        self.allow("closed-role", ["closed"])
        update(FunctionName="closed", DeadLetterConfig={"TargetArn": arn})
        put(FunctionName="closed", DestinationConfig={"OnFailure": {"Destination": arn}})
        self.assertEqual(self.client.update_function_configuration(
            FunctionName="closed", DeadLetterConfig={"TargetArn": ""}).get("DeadLetterConfig", {}), {})

    def test_targets_that_are_not_there(self):
        self.make("lonely", Role=self.role("lonely-role", ["nowhere"]))
        update, put = self.client.update_function_configuration, self.client.put_function_event_invoke_config
        self.assertIn("does not exist", self.refusal(
            update, FunctionName="lonely", DeadLetterConfig={"TargetArn": queue_arn("nowhere")}))
        for service in ("sns", "events"):
            target = f"arn:aws:{service}:us-east-1:{ACCOUNT}:thing"
            self.assertIn("sqs", self.refusal(
                put, FunctionName="lonely", DestinationConfig={"OnFailure": {"Destination": target}}))
            self.assertIn("sqs", self.refusal(update, FunctionName="lonely", DeadLetterConfig={"TargetArn": target}))

    def test_counts_what_could_not_be_delivered(self):
        self.sqs.create_queue(QueueName="soon-gone")
        self.make("counted", Role=self.role("counted-role", ["soon-gone"]),
                  DeadLetterConfig={"TargetArn": queue_arn("soon-gone")})
        self.client.put_function_event_invoke_config(
            FunctionName="counted", MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": queue_arn("soon-gone")}})
        self.allow("counted-role", [])
        self.send("counted", {"fail": True})
        for metric in ("DeadLetterErrors", "DestinationDeliveryFailures"):
            wait_for(lambda: self.metric(metric, "counted") == 1, what=metric)


if __name__ == "__main__":
    unittest.main()
