"""What functions call AWS services with: temporary credentials of their execution role, decided by its
policies, good for one environment and for its time; and what cannot be done with those of others."""
import concurrent.futures
import json
import os
import subprocess
import time
import unittest

from botocore.exceptions import ClientError
from support.inside import AWS, boto3_files, node_sdk_files
from support.platform import Platform, create_function, invoke, wait_for

PROBE = '''
import glob, json, os, socket, time
import aws

def attempt(do):
    try:
        return {"ok": do()}
    except aws.AwsError as error:
        return {"error": str(error)}

def handler(event, context):
    do = event.get("do", "environ")
    if do == "environ":  # not as it is: responses are kept with the invocation
        return json.dumps(dict(os.environ)).encode().hex()
    if do == "sleep":
        time.sleep(event["seconds"])
        return attempt(aws.identity)
    if do == "identity":
        return attempt(aws.identity)
    if do == "call":
        return attempt(lambda: aws.call(event["service"], event["target"], event.get("body", {}),
                                        **event.get("wrong", {})))
    if do == "replay":
        data = json.dumps(event["body"]).encode()
        headers = aws.signed("secretsmanager", {"content-type": "application/x-amz-json-1.1",
                             "x-amz-target": "secretsmanager.GetSecretValue"}, data)
        other = json.dumps(event["other"]).encode()
        return [attempt(lambda: aws.send(headers, data)), attempt(lambda: aws.send(headers, other))]
    if do == "others":
        seen = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                seen.append(open(path, "rb").read().decode(errors="replace"))
            except OSError:
                pass
        return seen
    if do == "flood":
        held = []
        try:
            for _ in range(event["count"]):
                held.append(socket.create_connection(("127.0.0.1", 4566), 5))
                held[-1].sendall(b"POST / HTTP/1.1\\r\\nHost: localhost")
        except OSError as error:
            pass
        time.sleep(event["seconds"])
        return len(held)
'''

BOTO3 = '''
import boto3, os

def handler(event, context):
    secrets = boto3.client("secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    return secrets.get_secret_value(SecretId=event["secret"])["SecretString"]
'''

NODE = '''
const { SecretsManagerClient, GetSecretValueCommand } = require('@aws-sdk/client-secrets-manager');
exports.handler = async (event) =>
    (await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: event.secret }))).SecretString;
'''

SNAPPED = '''
import http.client, json, os, time, urllib.request
import aws

AT_INIT = {name: os.environ["AWS_" + name] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")}
BORN = aws.identity()
KEPT = http.client.HTTPConnection("127.0.0.1", 4566)
QUESTION = b"Action=GetCallerIdentity&Version=2011-06-15"
KEPT.request("POST", "/", QUESTION,
             aws.signed("sts", {"content-type": "application/x-www-form-urlencoded"}, QUESTION))
KEPT.getresponse().read()
KEPT.sock.settimeout(5)

def read(**with_those):
    return aws.call("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "snapped"},
                    **with_those)["SecretString"]

def ask_extension():
    with urllib.request.urlopen(urllib.request.Request(
            "http://localhost:2773/secretsmanager/get?secretId=snapped",
            headers={"X-Aws-Parameters-Secrets-Token": os.environ["AWS_SESSION_TOKEN"]}), timeout=10) as answer:
        return json.load(answer)["SecretString"]

def handler(event, context):
    time.sleep(event["seconds"])
    return {"type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "born": BORN,
            "key": os.environ["AWS_ACCESS_KEY_ID"], "key at init": AT_INIT["ACCESS_KEY_ID"],
            "secret": read(), "by extension": ask_extension(), "kept connection": KEPT.sock.recv(1).hex(),
            "as at init": read(key=AT_INIT["ACCESS_KEY_ID"], secret=AT_INIT["SECRET_ACCESS_KEY"],
                               token=AT_INIT["SESSION_TOKEN"])}
'''

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "lambda.amazonaws.com"}}]}


def environ_of(answer):
    return json.loads(bytes.fromhex(answer))


def statement(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


class RoleCredentials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def setUp(self):
        self.client, self.iam = self.platform.client(), self.platform.client("iam")
        self.secrets = self.platform.client("secretsmanager")
        self.name = self._testMethodName.replace("test_", "")[:40]

    def role(self, name=None):
        return self.iam.create_role(RoleName=name or self.name,
                                    AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]

    def permit(self, *statements, role=None):
        self.iam.put_role_policy(RoleName=role or self.name, PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": list(statements)}))

    def probe(self, name=None, **options):
        name = name or self.name
        create_function(self.client, name, {"app.py": PROBE, "aws.py": AWS}, Role=self.role(name), **options)
        return name

    def run_in(self, function, do, **event):
        answer, response = invoke(self.client, function, {"do": do, **event})
        self.assertNotIn("FunctionError", response, answer)
        return environ_of(answer) if do == "environ" else answer

    def read(self, function, secret, **wrong):
        return self.run_in(function, "call", service="secretsmanager", target="secretsmanager.GetSecretValue",
                           body={"SecretId": secret}, wrong=wrong)

    def outside(self, environ):
        import boto3
        return boto3.client("sts", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
                            aws_session_token=environ["AWS_SESSION_TOKEN"])

    def refused_outside(self, environ):
        with self.assertRaises(ClientError) as caught:
            self.outside(environ).get_caller_identity()
        return caught.exception.response["Error"]["Code"]

    def test_environment_has_its_roles_credentials(self):
        function = self.probe()
        environ = self.run_in(function, "environ")
        self.assertRegex(environ["AWS_ACCESS_KEY_ID"], "^ASIA[A-Z2-7]{16}$")
        self.assertEqual((environ["AWS_REGION"], environ["AWS_ENDPOINT_URL"]),
                         ("us-east-1", "http://127.0.0.1:4566"))
        self.assertIn(f"<Arn>arn:aws:sts::000000000000:assumed-role/{function}/{function}</Arn>",
                      self.run_in(function, "identity")["ok"])
        # Nobody else is told of them; but their id is in the audit log, as it is in CloudTrail's.
        told = json.dumps([self.client.get_function(FunctionName=function),
                           self.client.get_function_configuration(FunctionName=function),
                           self.client.list_functions()], default=str)
        told += open(self.platform.log_path).read()
        told += subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        for directory, _, files in os.walk(self.platform.data_dir):
            for path in (os.path.join(directory, file) for file in files):
                if os.path.isfile(path):
                    with open(path, "rb") as data:
                        told += data.read().decode(errors="replace")
        for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            self.assertNotIn(environ[name], told)

    def test_each_environment_has_its_own(self):
        function = self.probe()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            clients = [self.platform.client() for _ in range(2)]
            answers = list(pool.map(lambda c: invoke(c, function, {"do": "sleep", "seconds": 1})[0], clients))
        self.assertTrue(all("ok" in answer for answer in answers), answers)
        keys = {self.run_in(function, "environ")["AWS_ACCESS_KEY_ID"] for _ in range(3)}
        self.assertEqual(len(keys), 1)  # the same warm environment
        self.client.update_function_configuration(FunctionName=function, Description="anew")
        wait_for(lambda: self.run_in(function, "environ")["AWS_ACCESS_KEY_ID"] not in keys)

    def test_policies_of_the_role_decide(self):
        function = self.probe()
        allowed = self.secrets.create_secret(Name="decide-one", SecretString="first")["ARN"]
        self.secrets.create_secret(Name="decide-two", SecretString="second")
        denied = self.read(function, "decide-one")["error"]
        self.assertRegex(denied, r"^(400|403) .*AccessDenied.*assumed-role/\w+/\w+ is not authorized to perform: "
                                 "secretsmanager:GetSecretValue")
        self.permit(statement("secretsmanager:GetSecretValue", allowed))
        for spelling in ("decide-one", allowed, allowed[:-7]):  # without its random end
            self.assertEqual(self.read(function, spelling)["ok"]["SecretString"], "first", spelling)
        self.assertIn("AccessDenied", self.read(function, "decide-two")["error"])
        listed = self.run_in(function, "call", service="ssm", target="AmazonSSM.DescribeParameters")
        self.assertIn("AccessDenied", listed["error"])
        # A denial by the secret's ARN holds, however the secret is spelt.
        self.permit(statement("secretsmanager:*"), statement("secretsmanager:*", allowed, "Deny"))
        for spelling in ("decide-one", allowed, allowed[:-7]):
            self.assertIn("explicit deny", self.read(function, spelling)["error"], spelling)
        self.assertEqual(self.read(function, "decide-two")["ok"]["SecretString"], "second")
        # Taken away, it is gone at once: no new environment is needed.
        self.iam.delete_role_policy(RoleName=function, PolicyName="own")
        self.assertIn("AccessDenied", self.read(function, "decide-two")["error"])

    def test_conditions_see_the_function(self):
        function = self.probe()
        arn = self.client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
        self.secrets.create_secret(Name="conditional", SecretString="value")
        self.permit(statement("secretsmanager:GetSecretValue", Condition={
            "ArnEquals": {"lambda:SourceFunctionArn": arn}}))
        self.assertIn("ok", self.read(function, "conditional"))
        self.permit(statement("secretsmanager:GetSecretValue", Condition={
            "ArnEquals": {"lambda:SourceFunctionArn": arn + "-other"}}))
        self.assertIn("AccessDenied", self.read(function, "conditional")["error"])

    def test_keys_by_their_alias(self):
        function = self.probe()
        kms = self.platform.client("kms")
        key = kms.create_key()["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName="alias/functions", TargetKeyId=key)
        encrypt = dict(service="kms", target="TrentService.Encrypt")
        spellings = ("alias/functions", key, key.rsplit("/")[-1], key.split(":key/")[0] + ":alias/functions")
        self.permit(statement("kms:*"), statement("kms:Encrypt", key, "Deny"))
        for spelling in spellings:
            answer = self.run_in(function, "call", body={"KeyId": spelling, "Plaintext": "eA=="}, **encrypt)
            self.assertIn("explicit deny", answer.get("error", ""), spelling)
        self.permit(statement("kms:Encrypt", key))
        for spelling in spellings:
            answer = self.run_in(function, "call", body={"KeyId": spelling, "Plaintext": "eA=="}, **encrypt)
            self.assertIn("CiphertextBlob", answer.get("ok", {}), answer)

    def test_a_secrets_own_policy(self):
        function = self.probe()
        role = self.iam.get_role(RoleName=function)["Role"]["Arn"]
        self.secrets.create_secret(Name="with-policy", SecretString="value")
        self.secrets.put_resource_policy(SecretId="with-policy", ResourcePolicy=json.dumps(
            {"Version": "2012-10-17", "Statement": [statement("secretsmanager:GetSecretValue",
                                                              Principal={"AWS": role})]}))
        self.assertIn("ok", self.read(function, "with-policy"))

    def test_roles_that_lambda_may_not_assume(self):
        function = self.probe()
        self.assertIn("ok", self.run_in(function, "identity"))
        trusted = self.client.get_function(FunctionName=function)["Configuration"]["Role"]
        other = {"Version": "2012-10-17", "Statement": [{**TRUST["Statement"][0],
                                                         "Principal": {"Service": "ec2.amazonaws.com"}}]}
        self.iam.update_assume_role_policy(RoleName=function, PolicyDocument=json.dumps(other))
        self.client.update_function_configuration(FunctionName=function, Description="needs a new environment")

        def refused():
            try:
                invoke(self.client, function)
            except ClientError as error:
                return error.response
        response = wait_for(refused)
        self.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]),
                         ("AccessDeniedException", 403))
        self.assertIn("cannot be assumed by Lambda", response["Error"]["Message"])
        self.iam.update_assume_role_policy(RoleName=function, PolicyDocument=json.dumps(TRUST))
        self.assertIn("ok", self.run_in(function, "identity"))
        # Another account's role is not ours to give: no credentials.
        self.client.update_function_configuration(FunctionName=function,
                                                  Role=trusted.replace("000000000000", "111122223333"))
        wait_for(lambda: "AWS_ACCESS_KEY_ID" not in self.run_in(function, "environ"))

    def test_credentials_end_with_their_environment(self):
        function = self.probe()
        environ = self.run_in(function, "environ")
        self.assertIn(":assumed-role/", self.outside(environ).get_caller_identity()["Arn"])
        self.client.update_function_configuration(FunctionName=function, Description="ends the environment")
        wait_for(lambda: self.run_in(function, "environ")["AWS_ACCESS_KEY_ID"] != environ["AWS_ACCESS_KEY_ID"])
        self.assertEqual(self.refused_outside(environ), "InvalidClientTokenId")  # as STS has it
        # Nor do they outlive the daemon.
        environ = self.run_in(function, "environ")
        self.platform.kill()
        self.platform.start()
        self.assertEqual(self.refused_outside(environ), "InvalidClientTokenId")  # as STS has it

    def test_requests_that_were_tampered_with(self):
        function, other = self.probe("victim"), self.probe("attacker")
        self.permit(statement("secretsmanager:*"), role="victim")
        self.secrets.create_secret(Name="tampered", SecretString="value")
        self.secrets.create_secret(Name="untouched", SecretString="hidden")
        self.assertIn("ok", self.read(function, "tampered"))
        for skew in (-400, 400):
            self.assertRegex(self.read(function, "tampered", skew=skew)["error"], "InvalidSignature|Signature expired")
        theirs = self.run_in(function, "environ")
        stolen = {"key": theirs["AWS_ACCESS_KEY_ID"]}
        self.assertIn("UnrecognizedClient", self.read(other, "tampered", **stolen)["error"])
        self.assertIn("UnrecognizedClient",
                      self.read(other, "tampered", token=theirs["AWS_SESSION_TOKEN"])["error"])
        stolen["token"] = theirs["AWS_SESSION_TOKEN"]
        self.assertIn("InvalidSignature", self.read(other, "tampered", **stolen)["error"])
        # What was signed for one body is not good for another one.
        same, changed = self.run_in(function, "replay", body={"SecretId": "tampered"},
                                    other={"SecretId": "untouched"})
        self.assertIn("value", same["ok"])
        self.assertIn("InvalidSignature", changed["error"])

    def test_environments_see_nothing_of_each_other(self):
        one, two = self.probe("neighbour-one"), self.probe("neighbour-two")
        environ = self.run_in(one, "environ")
        seen = "".join(self.run_in(two, "others"))
        self.assertIn("AWS_ACCESS_KEY_ID=", seen)  # its own
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            self.assertNotIn(environ[name], seen)

    def test_one_environment_cannot_take_all_connections(self):
        function = self.probe(Timeout=30)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            flood = pool.submit(invoke, self.platform.client(), function, {"do": "flood", "count": 900, "seconds": 3})
            while not flood.done():
                self.client.list_functions()
                time.sleep(0.1)
        self.assertGreater(flood.result()[0], 100)

    def test_copies_of_a_snapshot_have_their_own(self):
        role = self.role("snapped")
        self.permit(statement("secretsmanager:GetSecretValue"), role="snapped")
        self.secrets.create_secret(Name="snapped", SecretString="value")
        create_function(self.client, "snapped", {"app.py": SNAPPED, "aws.py": AWS}, Role=role, Timeout=30,
                        Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"})
        self.client.publish_version(FunctionName="snapped")
        version = wait_for(lambda: (lambda found: found["State"] != "Pending" and found)(
            self.client.get_function_configuration(FunctionName="snapped", Qualifier="1")))
        self.assertEqual(version["State"], "Active", version.get("StateReason"))
        if version["SnapStart"]["OptimizationStatus"] != "On":
            self.skipTest("this host cannot restore environments")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            clients = [self.platform.client() for _ in range(2)]
            answers = list(pool.map(lambda client: invoke(client, "snapped", {"seconds": 1.5}, Qualifier="1"), clients))
        for answer, response in answers:
            self.assertNotIn("FunctionError", response, answer)
            self.assertEqual(answer["type"], "snap-start")
            self.assertIn(":assumed-role/snapped/snapped", answer["born"])
            self.assertEqual((answer["secret"], answer["by extension"], answer["as at init"]), ("value",) * 3)
            self.assertEqual(answer["kept connection"], "")  # closed: copies do not share it
        keys = [answer["key"] for answer, _ in answers] + [answers[0][0]["key at init"]]
        self.assertEqual(len(set(keys)), 3, keys)

    def test_the_sdks(self):
        self.role()
        self.permit(statement("secretsmanager:GetSecretValue"))
        role = self.iam.get_role(RoleName=self.name)["Role"]["Arn"]
        self.secrets.create_secret(Name="for-sdks", SecretString="found")
        for function, runtime, handler, files in (
                ("with-boto3", "python3.11", "app.handler", lambda: {"app.py": BOTO3, **boto3_files()}),
                ("with-node", "nodejs22.x", "index.handler", lambda: {"index.js": NODE, **node_sdk_files()})):
            with self.subTest(function=function):
                create_function(self.client, function, files(), runtime=runtime, handler=handler, Role=role,
                                MemorySize=1024, Timeout=30)
                answer, response = invoke(self.client, function, {"secret": "for-sdks"})
                self.assertNotIn("FunctionError", response, answer)
                self.assertEqual(answer, "found")


class Expiry(unittest.TestCase):
    """Credentials of 15 seconds, in place of 12 hours."""

    def test_environments_are_replaced_and_expired_credentials_refused(self):
        with Platform(extra=["--role-credentials", "15", "--keep-alive", "2"]) as platform:
            client, iam = platform.client(), platform.client("iam")
            role = iam.create_role(RoleName="short", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
            create_function(client, "short", {"app.py": PROBE, "aws.py": AWS}, Role=role, Timeout=30)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                longest = pool.submit(invoke, platform.client(), "short", {"do": "sleep", "seconds": 17})
                time.sleep(0.2)
                begun, keys = time.monotonic(), set()
                while time.monotonic() < begun + 12:
                    keys.add(environ_of(invoke(client, "short")[0])["AWS_ACCESS_KEY_ID"])
                    self.assertIn("ok", invoke(client, "short", {"do": "identity"})[0])
                    time.sleep(0.5)
                self.assertGreater(len(keys), 1)
                self.assertIn("ExpiredToken", longest.result()[0]["error"])


if __name__ == "__main__":
    unittest.main()
