"""Which log groups and streams somebody may use: the resources that CloudWatch Logs itself decides about, as its denials
name them ("...:log-group:NAME:log-stream:"), so that a policy says log-group:NAME:*, as on AWS."""
import json
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from support.platform import Platform

GROUPS = "arn:aws:logs:us-east-1:000000000000:log-group:"


def statement(action, resource="*", effect="Allow"):
    return {"Effect": effect, "Action": action, "Resource": resource}


class LogsAccess(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.users, cls.platform = 0, Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.iam, cls.root = cls.platform.client("iam"), cls.platform.client("logs")
        for group in ("mine", "theirs"):
            cls.root.create_log_group(logGroupName=group)
            cls.root.create_log_stream(logGroupName=group, logStreamName="one")

    def client(self, *statements):
        """Of a new user."""
        type(self).users += 1
        name = f"user-{self.users}"
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return boto3.client("logs", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                            config=Config(retries={"max_attempts": 0}, parameter_validation=False))

    def denied(self, resource, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], "AccessDeniedException", error)
        self.assertIn(f"on resource: {resource}", error["Message"])

    def test_one_group_and_its_streams(self):
        logs = self.client(statement("logs:*", GROUPS + "mine*:*"))
        events = [{"timestamp": int(time.time() * 1000), "message": "hello"}]
        logs.create_log_group(logGroupName="mine-too")
        logs.create_log_stream(logGroupName="mine-too", logStreamName="two")
        logs.put_log_events(logGroupName="mine", logStreamName="one", logEvents=events)
        for named in ({"logGroupName": "mine"}, {"logGroupIdentifier": "mine"}, {"logGroupIdentifier": GROUPS + "mine"}):
            logs.describe_log_streams(**named)
            logs.get_log_events(logStreamName="one", **named)
            logs.filter_log_events(**named)
        logs.put_retention_policy(logGroupName="mine", retentionInDays=7)
        asked = {"queryString": "fields @message", "startTime": 0, "endTime": 1}
        logs.start_query(logGroupNames=["mine", "mine-too"], **asked)
        theirs = GROUPS + "theirs:log-stream:"
        self.denied(GROUPS + "yours:log-stream:", logs.create_log_group, logGroupName="yours")
        self.denied(theirs + "two", logs.create_log_stream, logGroupName="theirs", logStreamName="two")
        self.denied(theirs + "one", logs.put_log_events, logGroupName="theirs", logStreamName="one", logEvents=events)
        for named in ({"logGroupName": "theirs"}, {"logGroupIdentifier": "theirs"},
                      {"logGroupIdentifier": GROUPS + "theirs"}):
            self.denied(theirs, logs.describe_log_streams, **named)
            self.denied(theirs + "one", logs.get_log_events, logStreamName="one", **named)
            self.denied(theirs, logs.filter_log_events, **named)
        self.denied(theirs, logs.start_query, logGroupNames=["mine", "theirs"], **asked)
        self.denied(theirs, logs.start_query, logGroupIdentifiers=[GROUPS + "theirs"], **asked)
        self.denied(theirs, logs.delete_log_group, logGroupName="theirs")

    def test_a_denial_holds_however_the_group_is_named(self):
        logs = self.client(statement("logs:*"), statement("logs:*", GROUPS + "theirs:*", "Deny"))
        logs.get_log_events(logGroupName="mine", logStreamName="one")
        for named in ({"logGroupName": "theirs"}, {"logGroupIdentifier": "theirs"},
                      {"logGroupIdentifier": GROUPS + "theirs"}):
            self.denied(GROUPS + "theirs:log-stream:", logs.filter_log_events, **named)

    def test_one_stream(self):
        logs = self.client(statement("logs:GetLogEvents", GROUPS + "mine:log-stream:one"))
        logs.get_log_events(logGroupName="mine", logStreamName="one")
        self.denied(GROUPS + "mine:log-stream:two", logs.get_log_events, logGroupName="mine", logStreamName="two")

    def test_the_list_of_groups(self):
        logs = self.client(statement("logs:DescribeLogGroups", GROUPS + "*"))
        self.assertEqual([g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix="their")["logGroups"]],
                         ["theirs"])
        logs.describe_log_groups()
        self.denied(GROUPS + ":log-stream:",
                    self.client(statement("logs:DescribeLogGroups", GROUPS + "mine:*")).describe_log_groups)

    def test_tags_are_of_the_group_alone(self):
        """ARNs without :* are for the operations on tags."""
        logs = self.client(statement("logs:ListTagsForResource", GROUPS + "mine"))
        logs.list_tags_for_resource(resourceArn=GROUPS + "mine")
        self.denied(GROUPS + "theirs", logs.list_tags_for_resource, resourceArn=GROUPS + "theirs")


if __name__ == "__main__":
    unittest.main()
