"""The audit log from outside: what real clients did is in it with who, what, on what, the decision and
why; secrets are not; a cut or an edit of its files shows, after a restart and after kill -9 too."""
import glob
import hashlib
import json
import os
import sqlite3
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, make_zip

SECRET = "audit-must-not-have-this-7f3a"
LAMBDA_TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]})


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Audit(unittest.TestCase):
    def setUp(self):
        self.platform = Platform().start()
        self.addCleanup(self.platform.__exit__)

    def client(self, service, key, secret, token=None):
        return boto3.client(service, endpoint_url=self.platform.endpoint, region_name="us-east-1",
                            aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
                            config=Config(retries={"max_attempts": 0}, parameter_validation=False))

    def user(self, name, *statements):
        iam = self.platform.client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: self.client(service, key["AccessKeyId"], key["SecretAccessKey"])

    def export(self):
        lines, after = [], 0
        while True:
            status, headers, body = self.platform.signed("GET", "/_gantry/audit/export", service="iam",
                                                         query={"after": str(after)})
            self.assertEqual(status, 200, body)
            lines += body.splitlines()
            after = headers.get("X-Gantry-Last", after)
            if headers.get("X-Gantry-More") != "true":
                return lines

    def entries(self, **members):
        found = [json.loads(line) for line in self.export()]
        return [e for e in found if all(e.get(k) == v for k, v in members.items())]

    def verify(self):
        status, _, body = self.platform.signed("GET", "/_gantry/audit/verify", service="iam")
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def test_decisions_with_their_reasons(self):
        alice = self.user("alice", {"Sid": "Lists", "Effect": "Allow", "Action": "lambda:ListFunctions",
                                    "Resource": "*"})
        alice("lambda").list_functions()
        with self.assertRaises(ClientError):
            alice("lambda").get_function(FunctionName="secret-thing")
        allowed, = self.entries(action="lambda:ListFunctions")
        self.assertEqual(allowed["decision"], "allowed")
        self.assertTrue(allowed["principal"].endswith(":user/alice"))
        self.assertEqual(allowed["statement"], "statement Lists")
        self.assertEqual(allowed["policy"], "own")
        self.assertEqual(allowed["sourceIp"], "127.0.0.1")
        self.assertTrue(allowed["userAgent"].startswith("Boto3"))
        denied, = self.entries(action="lambda:GetFunction")
        self.assertEqual(denied["decision"], "denied")
        self.assertTrue(denied["resource"].endswith(":function:secret-thing"))
        self.assertIn("no policy", denied["reason"])
        self.assertEqual(denied["context"]["aws:username"], "alice")
        created, = self.entries(action="iam:CreateUser")
        self.assertTrue(created["principal"].endswith(":root"))

    def test_passing_a_role_is_named(self):
        bob = self.user("bob", {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"})
        with self.assertRaises(ClientError):
            bob("lambda").create_function(FunctionName="f", Runtime="python3.11", Handler="a.b",
                                          Role="arn:aws:iam::000000000000:role/mighty", Code={"ZipFile": make_zip({})})
        denied, = self.entries(action="iam:PassRole")
        self.assertTrue(denied["resource"].endswith(":role/mighty"))
        self.assertEqual(denied["context"]["iam:passedtoservice"], "lambda.amazonaws.com")
        self.assertEqual(self.entries(action="lambda:CreateFunction"), [])

    def test_what_a_call_needed_besides_is_kept(self):
        root = self.platform.client()
        layer = root.publish_layer_version(LayerName="lib", Content={"ZipFile": make_zip({"a": "b"})})
        role = self.platform.client("iam").create_role(
            RoleName="worker", AssumeRolePolicyDocument=LAMBDA_TRUST.replace(
                '"AWS": "000000000000"', '"Service": "lambda.amazonaws.com"'))["Role"]["Arn"]
        hal = self.user("hal", {"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole", "cloudwatch:*"],
                                "Resource": "*"})
        create_function(hal("lambda"), "f", {"app.py": "def handler(e, c):\n    return 1\n"}, Role=role,
                        Layers=[layer["LayerVersionArn"]])
        created, = self.entries(action="lambda:CreateFunction")
        self.assertEqual(created["also"], [
            {"action": "lambda:GetLayerVersion", "resource": layer["LayerVersionArn"]},
            {"action": "iam:PassRole", "resource": role}])
        for name in "ab":
            self.platform.client("cloudwatch").put_metric_alarm(
                AlarmName=name, Namespace="n", MetricName="m", Statistic="Sum", Period=60,
                EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
        hal("cloudwatch").delete_alarms(AlarmNames=["a", "b"])
        deleted, = self.entries(action="cloudwatch:DeleteAlarms")
        self.assertTrue(deleted["resource"].endswith(":alarm:a"), deleted)
        self.assertEqual([use["resource"][-8:] for use in deleted["also"]], [":alarm:b"])

    def test_sessions_and_trust(self):
        iam = self.platform.client("iam")
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=LAMBDA_TRUST)
        carol = self.user("carol")
        with self.assertRaises(ClientError):
            carol("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/worker", RoleSessionName="s1")
        denied, = self.entries(action="sts:AssumeRole")
        self.assertEqual(denied["decision"], "denied")
        keys = self.platform.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/worker",
                                                       RoleSessionName="night")["Credentials"]
        session = self.client("lambda", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        with self.assertRaises(ClientError):
            session.list_functions()
        entry, = self.entries(action="lambda:ListFunctions")
        self.assertTrue(entry["principal"].endswith("assumed-role/worker/night"))
        self.assertEqual([e["decision"] for e in self.entries(action="sts:AssumeRole")], ["denied", "allowed"])

    def test_bad_signatures_share_an_entry(self):
        key, _ = self.platform.credentials()
        forged = self.client("lambda", key, "x" * 40)
        for _ in range(5):
            with self.assertRaises(ClientError):
                forged.list_functions()
        rejected = self.entries(decision="rejected")
        self.assertEqual(sum(e.get("count", 1) for e in rejected), 5)
        self.assertEqual({e["reason"] for e in rejected}, {"InvalidSignatureException"})
        self.assertNotIn("accessKeyId", rejected[0])

    def test_invocations_are_counted(self):
        client = self.platform.client()
        create_function(client, "f", {"app.py": "def handler(e, c):\n    return 1\n"})
        for _ in range(20):
            invoke(client, "f")
        calls = self.entries(action="lambda:InvokeFunction")
        self.assertEqual(sum(e.get("count", 1) for e in calls), 20)
        self.assertTrue(calls[0]["resource"].endswith(":function:f"))

    def test_no_secret_in_it(self):
        secrets = self.platform.client("secretsmanager")
        secrets.create_secret(Name="db", SecretString=SECRET)
        secrets.get_secret_value(SecretId="db")
        self.platform.client("ssm").put_parameter(Name="p", Value=SECRET, Type="SecureString")
        create_function(self.platform.client(), "f", {"app.py": "def handler(e, c):\n    return 1\n"},
                        Environment={"Variables": {"PASSWORD": SECRET}})
        self.assertEqual(len(self.entries(action="secretsmanager:GetSecretValue")), 1)
        read, = self.entries(action="secretsmanager:GetSecretValue")
        self.assertRegex(read["resource"], ":secret:db-[A-Za-z0-9]{6}$")
        self.platform.stop()
        for file in glob.glob(os.path.join(self.platform.data_dir, "audit.*")):
            self.assertNotIn(SECRET.encode(), open(file, "rb").read(), file)
            self.assertEqual(os.stat(file).st_mode & 0o077, 0, file)

    def test_a_policy_with_the_whole_arn_of_a_secret_fits_its_name(self):
        arn = self.platform.client("secretsmanager").create_secret(Name="db", SecretString="x")["ARN"]
        dan = self.user("dan", {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn})
        self.assertEqual(dan("secretsmanager").get_secret_value(SecretId="db")["SecretString"], "x")

    def test_secrets_and_layers_are_shared_by_their_own_policies(self):
        eve = self.user("eve")
        secrets, root = self.platform.client("secretsmanager"), self.platform.client()
        secrets.create_secret(Name="db", SecretString="x")
        layer = root.publish_layer_version(LayerName="lib", Content={"ZipFile": make_zip({"a": "b"})})
        with self.assertRaises(ClientError):
            eve("secretsmanager").get_secret_value(SecretId="db")
        with self.assertRaises(ClientError):
            eve("lambda").get_layer_version(LayerName="lib", VersionNumber=1)
        who = {"AWS": "arn:aws:iam::000000000000:user/eve"}
        secrets.put_resource_policy(SecretId="db", ResourcePolicy=document(
            {"Effect": "Allow", "Principal": who, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}))
        root.add_layer_version_permission(LayerName="lib", VersionNumber=1, StatementId="s", Principal="*",
                                          Action="lambda:GetLayerVersion")
        self.assertEqual(eve("secretsmanager").get_secret_value(SecretId="db")["SecretString"], "x")
        self.assertEqual(eve("lambda").get_layer_version(LayerName="lib", VersionNumber=1)["Version"], 1)
        self.assertEqual(eve("lambda").get_layer_version_by_arn(Arn=layer["LayerVersionArn"])["Version"], 1)

    def test_attaching_a_layer_needs_the_layer(self):
        root = self.platform.client()
        arn = root.publish_layer_version(LayerName="lib", Content={"ZipFile": make_zip({"a": "b"})})["LayerVersionArn"]
        create_function(root, "f", {"app.py": "def handler(e, c):\n    return 1\n"})
        frank = self.user("frank", {"Effect": "Allow", "Action": "lambda:UpdateFunctionConfiguration", "Resource": "*"})
        with self.assertRaises(ClientError) as caught:
            frank("lambda").update_function_configuration(FunctionName="f", Layers=[arn])
        self.assertIn("lambda:GetLayerVersion on resource: " + arn, str(caught.exception))
        root.add_layer_version_permission(LayerName="lib", VersionNumber=1, StatementId="s",
                                          Principal="000000000000", Action="lambda:GetLayerVersion")
        self.platform.client("iam").put_user_policy(UserName="frank", PolicyName="layers", PolicyDocument=document(
            {"Effect": "Allow", "Action": "lambda:GetLayerVersion", "Resource": arn}))
        frank("lambda").update_function_configuration(FunctionName="f", Layers=[arn])

    def test_the_export_is_a_chain(self):
        self.platform.client().list_functions()
        previous = ""
        for line in self.export():
            self.assertEqual(json.loads(line)["previousHash"], previous)
            previous = hashlib.sha256(line).hexdigest()

    def test_tampering_shows(self):
        for i in range(6):
            self.platform.client("iam").create_user(UserName=f"u{i}")
        self.assertTrue(self.verify()["intact"])
        self.platform.kill()
        self.platform.start()
        self.assertTrue(self.verify()["intact"], "after kill -9")
        self.platform.stop()
        with sqlite3.connect(os.path.join(self.platform.data_dir, "audit.db")) as database:
            row = database.execute("SELECT MIN(sequence) FROM entry WHERE line LIKE '%CreateUser%'").fetchone()[0]
            database.execute("UPDATE entry SET line = replace(line, 'user/u0', 'user/xx') WHERE sequence = ?", (row,))
        self.platform.start()
        broken = self.verify()
        self.assertFalse(broken.get("intact", False))
        self.assertEqual(int(broken["firstBroken"]), row)

    def test_a_cut_end_shows(self):
        for i in range(4):
            self.platform.client("iam").create_user(UserName=f"u{i}")
        self.verify()
        self.platform.stop()
        with sqlite3.connect(os.path.join(self.platform.data_dir, "audit.db")) as database:
            database.execute("DELETE FROM entry WHERE sequence > 2")
        self.platform.start()
        broken = self.verify()
        self.assertFalse(broken.get("intact", False))
        self.assertEqual(int(broken["firstBroken"]), 3)

    def test_only_who_may_reads_it(self):
        self.user("gina")
        status, _, _ = self.platform.plain("GET", "/_gantry/audit/export")
        self.assertEqual(status, 403)


if __name__ == "__main__":
    unittest.main()
