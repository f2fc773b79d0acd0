"""SQS with boto3 (the query protocol), the AWS CLI and the JSON protocol against the real daemon."""
import hashlib
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support.platform import Platform, wait_for

ACCOUNT = "000000000000"


def arn(name):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class Queues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.sqs = cls.platform.client("sqs")

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def queue(self, name, **attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def error(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        return error["Code"], error["Message"]

    def receive(self, url, **more):
        return self.sqs.receive_message(QueueUrl=url, **more).get("Messages", [])

    def counts(self, url):
        got = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return tuple(int(got["ApproximateNumberOfMessages" + part]) for part in ("", "NotVisible", "Delayed"))

    def test_create_find_list_delete(self):
        url = self.queue("first", VisibilityTimeout="45")
        self.assertTrue(url.startswith(self.platform.endpoint), url)
        self.assertTrue(url.endswith(f"/{ACCOUNT}/first"), url)
        self.assertEqual(self.sqs.get_queue_url(QueueName="first")["QueueUrl"], url)
        self.assertEqual(self.queue("first", VisibilityTimeout="45"), url)
        self.assertEqual(self.error(self.sqs.create_queue, QueueName="first", Attributes={"VisibilityTimeout": "46"}),
                         ("QueueAlreadyExists", "A queue already exists with the same name and a different value for "
                                                "attribute VisibilityTimeout"))
        self.queue("first-b")
        self.assertEqual(self.sqs.list_queues(QueueNamePrefix="first")["QueueUrls"], [url, url + "-b"])
        page = self.sqs.list_queues(QueueNamePrefix="first", MaxResults=1)
        self.assertEqual(page["QueueUrls"], [url])
        rest = self.sqs.list_queues(QueueNamePrefix="first", MaxResults=1, NextToken=page["NextToken"])
        self.assertEqual(rest["QueueUrls"], [url + "-b"])
        self.sqs.delete_queue(QueueUrl=url)
        self.assertEqual(self.error(self.sqs.get_queue_url, QueueName="first"),
                         ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."))
        self.assertNotIn("QueueUrls", self.sqs.list_queues(QueueNamePrefix="nothing"))

    def test_refuses_names_and_attributes(self):
        create = self.sqs.create_queue
        for name in ("", "a b", "x" * 81, "a/b", "../a"):
            self.assertEqual(self.error(create, QueueName=name)[0], "InvalidParameterValue", name)
        self.assertEqual(self.error(create, QueueName="a.fifo")[0], "AWS.SimpleQueueService.UnsupportedOperation")
        self.assertEqual(self.error(create, QueueName="a", Attributes={"Speed": "1"}),
                         ("InvalidAttributeName", "Unknown Attribute Speed."))
        for name, value in (("VisibilityTimeout", "43201"), ("DelaySeconds", "-1"), ("MaximumMessageSize", "many"),
                            ("Policy", "{"), ("RedrivePolicy", "{}")):
            self.assertEqual(self.error(create, QueueName="a", Attributes={name: value}),
                             ("InvalidAttributeValue", f"Invalid value for the parameter {name}."))
        self.assertIn("Dead letter target does not exist.", self.error(
            create, QueueName="a", Attributes={"RedrivePolicy": json.dumps(
                {"deadLetterTargetArn": arn("nobody"), "maxReceiveCount": 1})})[1])

    def test_attributes(self):
        url = self.queue("settings", DelaySeconds="1")
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
        got = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(got["QueueArn"], arn("settings"))
        self.assertEqual((got["VisibilityTimeout"], got["DelaySeconds"], got["MessageRetentionPeriod"],
                          got["MaximumMessageSize"], got["ReceiveMessageWaitTimeSeconds"]),
                         ("7", "1", "345600", "1048576", "0"))
        self.assertAlmostEqual(int(got["CreatedTimestamp"]), time.time(), delta=60)
        one = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        self.assertEqual(list(one), ["QueueArn"])
        self.assertEqual(self.error(self.sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Speed"])[0],
                         "InvalidAttributeName")

    def test_send_receive_delete(self):
        url = self.queue("work")
        attributes = {"text": {"DataType": "String", "StringValue": "é"},
                      "number": {"DataType": "Number.int", "StringValue": "7"},
                      "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
        body = "<one> & \"two\"\né"
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
        self.assertEqual(sent["MD5OfMessageBody"], md5(body))
        # Worked out by hand after the developer guide: name, type and value with their lengths, sorted.
        expected = hashlib.md5(b"".join(
            len(part).to_bytes(4, "big") + part if isinstance(part, bytes) else bytes([part]) for part in (
                b"bytes", b"Binary", 2, b"\x00\xff", b"number", b"Number.int", 1, b"7",
                b"text", b"String", 1, "é".encode()))).hexdigest()
        self.assertEqual(sent["MD5OfMessageAttributes"], expected)
        message, = self.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
        self.assertEqual((message["Body"], message["MessageId"], message["MD5OfBody"]),
                         (body, sent["MessageId"], md5(body)))
        self.assertEqual(message["MessageAttributes"], attributes)
        self.assertEqual(message["MD5OfMessageAttributes"], expected)
        self.assertEqual(message["Attributes"]["ApproximateReceiveCount"], "1")
        self.assertAlmostEqual(int(message["Attributes"]["SentTimestamp"]) / 1000, time.time(), delta=60)
        self.assertEqual(self.counts(url), (0, 1, 0))
        self.assertEqual(self.receive(url), [])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_asks_for_some_attributes(self):
        url = self.queue("some")
        value = {"DataType": "String", "StringValue": "v"}
        self.sqs.send_message(QueueUrl=url, MessageBody="b", MessageAttributes={"a.x": value, "a.y": value, "b": value})
        message, = self.receive(url, MessageAttributeNames=["a.*"], AttributeNames=["SentTimestamp"])
        self.assertEqual(sorted(message["MessageAttributes"]), ["a.x", "a.y"])
        self.assertEqual(list(message["Attributes"]), ["SentTimestamp"])

    def test_becomes_visible_again(self):
        url = self.queue("again")
        self.sqs.send_message(QueueUrl=url, MessageBody="b")
        first, = self.receive(url, VisibilityTimeout=1, AttributeNames=["All"])
        second, = self.receive(url, WaitTimeSeconds=20, AttributeNames=["All"])
        self.assertEqual(second["MessageId"], first["MessageId"])
        self.assertNotEqual(second["ReceiptHandle"], first["ReceiptHandle"])
        self.assertEqual(second["Attributes"]["ApproximateReceiveCount"], "2")
        self.assertEqual(second["Attributes"]["ApproximateFirstReceiveTimestamp"],
                         first["Attributes"]["ApproximateFirstReceiveTimestamp"])
        change = self.sqs.change_message_visibility
        change(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
        self.assertIn("not available for visibility timeout change", self.error(
            change, QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=9)[1])
        third, = self.receive(url)
        self.assertEqual(third["MessageId"], first["MessageId"])

    def test_long_poll_gets_what_is_sent_meanwhile(self):
        url = self.queue("poll")
        got = []
        waiter = threading.Thread(target=lambda: got.extend(self.platform.client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=20)["Messages"]))
        start = time.monotonic()
        waiter.start()
        time.sleep(0.3)
        self.sqs.send_message(QueueUrl=url, MessageBody="here")
        waiter.join()
        self.assertEqual(got[0]["Body"], "here")
        self.assertLess(time.monotonic() - start, 15)
        start = time.monotonic()
        self.assertEqual(self.receive(url, WaitTimeSeconds=1), [])
        self.assertGreater(time.monotonic() - start, 0.9)

    def test_a_caller_who_left_takes_no_message(self):
        url = self.queue("left")
        client = boto3.client("sqs", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                              aws_access_key_id=self.platform.credentials()[0],
                              aws_secret_access_key=self.platform.credentials()[1],
                              config=Config(retries={"max_attempts": 0}, read_timeout=1))
        with self.assertRaises(Exception):
            client.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        self.sqs.send_message(QueueUrl=url, MessageBody="kept")
        self.assertEqual(self.receive(url, WaitTimeSeconds=5)[0]["Body"], "kept")

    def test_delay(self):
        url = self.queue("delay")
        self.sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=1)
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.counts(url), (0, 0, 1))
        self.assertEqual(self.receive(url, WaitTimeSeconds=20)[0]["Body"], "later")

    def test_batches(self):
        url = self.queue("batch")
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": "a", "MessageBody": "one"}, {"Id": "b", "MessageBody": ""}, {"Id": "c", "MessageBody": "two"}])
        self.assertEqual([(e["Id"], e["MD5OfMessageBody"]) for e in sent["Successful"]],
                         [("a", md5("one")), ("c", md5("two"))])
        self.assertEqual([(e["Id"], e["SenderFault"]) for e in sent["Failed"]], [("b", True)])
        messages = self.receive(url, MaxNumberOfMessages=10)
        self.assertEqual(sorted(m["Body"] for m in messages), ["one", "two"])
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
        changed = self.sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[dict(e, VisibilityTimeout=60) for e in entries])
        self.assertEqual(len(changed["Successful"]), 2)
        deleted = self.sqs.delete_message_batch(
            QueueUrl=url, Entries=entries + [{"Id": "x", "ReceiptHandle": "junk"}])
        self.assertEqual((len(deleted["Successful"]), deleted["Failed"][0]["Code"]), (2, "ReceiptHandleIsInvalid"))
        self.assertEqual(self.counts(url), (0, 0, 0))
        send = self.sqs.send_message_batch
        for entries, code in (([], "EmptyBatchRequest"),
                              ([{"Id": str(i), "MessageBody": "x"} for i in range(11)], "TooManyEntriesInBatchRequest"),
                              ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
                              ([{"Id": "a b", "MessageBody": "x"}], "InvalidBatchEntryId"),
                              ([{"Id": str(i), "MessageBody": "x" * 600_000} for i in range(2)],
                               "BatchRequestTooLong")):
            self.assertEqual(self.error(send, QueueUrl=url, Entries=entries)[0],
                             "AWS.SimpleQueueService." + code)

    def test_refuses_messages_and_receives(self):
        url = self.queue("strict", MaximumMessageSize="1024")
        send = self.sqs.send_message
        self.assertEqual(self.error(send, QueueUrl=url, MessageBody="")[0], "MissingParameter")
        self.assertIn("shorter than 1024 bytes", self.error(send, QueueUrl=url, MessageBody="x" * 1025)[1])
        self.assertEqual(self.error(send, QueueUrl=url, MessageBody="a\x01b")[0], "InvalidMessageContents")
        for attribute in ({"DataType": "Blob", "StringValue": "x"}, {"DataType": "String", "StringValue": ""},
                          {"DataType": "Number", "StringValue": "seven"}):
            self.assertEqual(self.error(send, QueueUrl=url, MessageBody="b", MessageAttributes={"n": attribute})[0],
                             "InvalidParameterValue")
        for wrong in (dict(MaxNumberOfMessages=11), dict(MaxNumberOfMessages=0), dict(WaitTimeSeconds=21),
                      dict(VisibilityTimeout=43201)):
            self.assertEqual(self.error(self.sqs.receive_message, QueueUrl=url, **wrong)[0], "InvalidParameterValue")
        self.assertEqual(self.error(self.sqs.delete_message, QueueUrl=url, ReceiptHandle="junk")[0],
                         "ReceiptHandleIsInvalid")
        self.assertEqual(self.error(send, QueueUrl=url + "x", MessageBody="b")[0],
                         "AWS.SimpleQueueService.NonExistentQueue")

    def test_dead_letter_queue(self):
        dead = self.queue("dead")
        url = self.queue("fragile", RedrivePolicy=json.dumps(
            {"deadLetterTargetArn": arn("dead"), "maxReceiveCount": "2"}))
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])
        self.sqs.send_message(QueueUrl=url, MessageBody="poison")
        for _ in range(2):
            self.assertEqual(len(self.receive(url, VisibilityTimeout=0)), 1)
        self.assertEqual(self.receive(url), [])
        message, = self.receive(dead, WaitTimeSeconds=5, AttributeNames=["All"])
        self.assertEqual(message["Body"], "poison")
        self.assertEqual(message["Attributes"]["DeadLetterQueueSourceArn"], arn("fragile"))
        self.assertEqual(self.counts(url), (0, 0, 0))

    def test_purge_and_tags(self):
        url = self.queue("purged")
        self.sqs.send_message(QueueUrl=url, MessageBody="b")
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.counts(url), (0, 0, 0))
        self.assertEqual(self.error(self.sqs.purge_queue, QueueUrl=url)[0],
                         "AWS.SimpleQueueService.PurgeQueueInProgress")
        self.sqs.tag_queue(QueueUrl=url, Tags={"team": "blue", "x": "1"})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=["x"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)["Tags"], {"team": "blue"})

    def json_call(self, operation, body):
        status, headers, answer = self.platform.signed(
            "POST", "/", json.dumps(body).encode(),
            {"X-Amz-Target": "AmazonSQS." + operation, "Content-Type": "application/x-amz-json-1.0"}, service="sqs")
        return status, headers, json.loads(answer or b"{}")

    def test_json_protocol(self):
        status, _, made = self.json_call("CreateQueue", {"QueueName": "json", "tags": {"a": "b"}})
        self.assertEqual(status, 200)
        url = made["QueueUrl"]
        self.assertEqual(self.json_call("ReceiveMessage", {"QueueUrl": url})[2], {})
        value = {"DataType": "Binary", "BinaryValue": "AP8="}
        sent = self.json_call("SendMessage", {"QueueUrl": url, "MessageBody": "b", "MessageAttributes": {"n": value}})[2]
        self.assertEqual(sent["MD5OfMessageBody"], md5("b"))
        got = self.json_call("ReceiveMessage", {"QueueUrl": url, "MessageSystemAttributeNames": ["All"],
                                                "MessageAttributeNames": ["All"]})[2]["Messages"][0]
        self.assertEqual((got["Body"], got["MessageAttributes"], got["Attributes"]["ApproximateReceiveCount"]),
                         ("b", {"n": value}, "1"))
        self.assertEqual(got["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        batch = self.json_call("SendMessageBatch", {"QueueUrl": url, "Entries": [{"Id": "1", "MessageBody": "c"}]})[2]
        self.assertEqual(list(batch), ["Successful"])
        status, headers, error = self.json_call("SendMessage", {"QueueUrl": url + "x", "MessageBody": "b"})
        self.assertEqual((status, error["__type"]), (400, "QueueDoesNotExist"))
        self.assertEqual(headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender")
        # An ARN is no address of a queue, though it ends like one.
        self.assertEqual(self.json_call("SendMessage", {"QueueUrl": "arn:aws:s3:::b/json", "MessageBody": "b"})[2]["__type"],
                         "QueueDoesNotExist")
        self.assertEqual(self.json_call("StartMessageMoveTask", {"SourceArn": arn("json")})[0], 501)

    def test_query_for_the_address_of_the_queue(self):
        url = self.queue("addressed")
        status, _, body = self.platform.signed(
            "POST", f"/{ACCOUNT}/addressed", b"Action=SendMessage&Version=2012-11-05&MessageBody=hello+there",
            {"Content-Type": "application/x-www-form-urlencoded"}, service="sqs")
        self.assertEqual(status, 200, body)
        self.assertEqual(self.receive(url)[0]["Body"], "hello there")

    def test_aws_cli(self):
        key, secret = self.platform.credentials()
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret,
                           AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="")

        def aws(*arguments):
            done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.platform.endpoint, "sqs", *arguments],
                                  env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            return done.returncode, json.loads(done.stdout or "{}"), done.stderr
        _, made, _ = aws("create-queue", "--queue-name", "cli")
        url = made["QueueUrl"]
        self.assertEqual(aws("send-message", "--queue-url", url, "--message-body", "from the shell")[0], 0)
        _, got, _ = aws("receive-message", "--queue-url", url, "--attribute-names", "All")
        self.assertEqual(got["Messages"][0]["Body"], "from the shell")
        code, _, problem = aws("get-queue-url", "--queue-name", "nobody")
        self.assertNotEqual(code, 0)
        self.assertIn("AWS.SimpleQueueService.NonExistentQueue", problem)

    def as_user(self, name, *statements):
        iam = self.platform.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return boto3.client("sqs", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                            config=Config(retries={"max_attempts": 0}))

    def test_permissions(self):
        mine, other = self.queue("mine"), self.queue("other")
        user = self.as_user("sender", {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:CreateQueue"],
                                       "Resource": arn("mine*")},
                            {"Effect": "Allow", "Action": "sqs:*", "Resource": "*",
                             "Condition": {"StringEquals": {"aws:PrincipalTag/none": "x"}}})
        user.send_message(QueueUrl=mine, MessageBody="b")
        user.send_message_batch(QueueUrl=mine, Entries=[{"Id": "1", "MessageBody": "b"}])
        user.create_queue(QueueName="mine-too")
        for call, arguments in ((user.send_message, dict(QueueUrl=other, MessageBody="b")),
                                (user.receive_message, dict(QueueUrl=mine)),
                                (user.delete_queue, dict(QueueUrl=mine)), (user.list_queues, {}),
                                (user.create_queue, dict(QueueName="theirs"))):
            self.assertEqual(self.error(call, **arguments)[0], "AccessDenied")
        # The queue's own policy lets the user in as well.
        self.sqs.set_queue_attributes(QueueUrl=other, Attributes={"Policy": json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/sender"},
                "Action": "sqs:SendMessage", "Resource": arn("other")}]})})
        user.send_message(QueueUrl=other, MessageBody="b")
        self.assertEqual(self.error(user.receive_message, QueueUrl=other)[0], "AccessDenied")


class Survival(unittest.TestCase):
    def test_survives_a_kill(self):
        with tempfile.TemporaryDirectory() as directory:
            platform = Platform(directory)
            platform.start()
            try:
                sqs = platform.client("sqs")
                url = sqs.create_queue(QueueName="kept", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
                for i in range(3):
                    sqs.send_message(QueueUrl=url, MessageBody=str(i), MessageAttributes={
                        "n": {"DataType": "Number", "StringValue": str(i)}})
                taken = sqs.receive_message(QueueUrl=url)["Messages"][0]
                gone = sqs.receive_message(QueueUrl=url)["Messages"][0]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=gone["ReceiptHandle"])
                platform.kill()
                platform.start()
                sqs = platform.client("sqs")
                url = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
                # One is with its consumer, one is deleted: the third is what there is to receive.
                left = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
                self.assertEqual({m["Body"] for m in left}, {"0", "1", "2"} - {taken["Body"], gone["Body"]})
                self.assertEqual(left[0]["MessageAttributes"]["n"]["StringValue"], left[0]["Body"])
                # Its receipt is still good, and the count of its receives is kept.
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=taken["ReceiptHandle"], VisibilityTimeout=0)
                again = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"][0]
                self.assertEqual((again["Body"], again["Attributes"]["ApproximateReceiveCount"]), (taken["Body"], "2"))
            finally:
                platform.stop()

    def test_nothing_accepted_is_lost_when_it_is_killed_while_it_takes_messages(self):
        with tempfile.TemporaryDirectory() as directory:
            platform = Platform(directory)
            platform.start()
            try:
                url = platform.client("sqs").create_queue(QueueName="busy")["QueueUrl"]
                accepted = []

                def send():
                    client = platform.client("sqs")
                    for i in range(10_000):
                        try:
                            client.send_message(QueueUrl=url, MessageBody=str(i))
                        except Exception:
                            return
                        accepted.append(str(i))
                sender = threading.Thread(target=send)
                sender.start()
                wait_for(lambda: len(accepted) > 20, what="some messages")
                platform.kill()
                sender.join()
                platform.start()
                sqs, seen = platform.client("sqs"), set()
                url = sqs.get_queue_url(QueueName="busy")["QueueUrl"]
                while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                    seen |= {m["Body"] for m in messages}
                self.assertEqual(set(accepted) - seen, set())
            finally:
                platform.stop()


if __name__ == "__main__":
    unittest.main()
