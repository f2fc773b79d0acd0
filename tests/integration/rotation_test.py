"""Rotation by a function with its four steps, which it runs from inside its environment with the
credentials of its role; and a running function that reads the new value without a deploy."""
import json
import signal
import unittest

from support.inside import AWS, boto3_files
from support.platform import Platform, create_function, invoke, wait_for

# Sets the password of a "service", which keeps it in the parameter /service/NAME. Fails at the step that
# the parameter /rotation/wish names, takes its time where that says sleep:STEP.
ROTATE = '''
import time
from aws import AwsError, call, secrets

def parameter(name):
    return call("ssm", "AmazonSSM.GetParameter", {"Name": name, "WithDecryption": True})["Parameter"]["Value"]

def pending(secret, token):
    return secrets("GetSecretValue", SecretId=secret, VersionId=token, VersionStage="AWSPENDING")

def create(secret, token):
    secrets("GetSecretValue", SecretId=secret, VersionStage="AWSCURRENT")
    try:
        pending(secret, token)
    except AwsError:
        new = secrets("GetRandomPassword", PasswordLength=24)["RandomPassword"]
        secrets("PutSecretValue", SecretId=secret, ClientRequestToken=token, SecretString=new,
                VersionStages=["AWSPENDING"])

def change(secret, token):
    value = pending(secret, token)
    call("ssm", "AmazonSSM.PutParameter", {"Name": "/service/" + value["Name"], "Type": "SecureString",
                                           "Value": value["SecretString"], "Overwrite": True})

def check(secret, token):
    value = pending(secret, token)
    if parameter("/service/" + value["Name"]) != value["SecretString"]:
        raise ValueError("the service does not know the new password")

def finish(secret, token):
    versions = secrets("DescribeSecret", SecretId=secret)["VersionIdsToStages"]
    current = [v for v, stages in versions.items() if "AWSCURRENT" in stages]
    if current != [token]:
        secrets("UpdateSecretVersionStage", SecretId=secret, VersionStage="AWSCURRENT",
                MoveToVersionId=token, RemoveFromVersionId=current[0])

def handler(event, context):
    step, secret, token = event["Step"], event["SecretId"], event["ClientRequestToken"]
    wish = parameter("/rotation/wish")
    if wish == step:
        raise ValueError("cannot do it with " + secrets("GetSecretValue", SecretId=secret)["SecretString"])
    if wish == "sleep:" + step:
        time.sleep(2)
    {"createSecret": create, "setSecret": change, "testSecret": check, "finishSecret": finish}[step](secret, token)
'''

# As AWS's templates have it.
ROTATE_BOTO3 = '''
import boto3, os

def handler(event, context):
    client = boto3.client("secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    metadata = client.describe_secret(SecretId=arn)
    if not metadata["RotationEnabled"]:
        raise ValueError("Secret is not enabled for rotation")
    versions = metadata["VersionIdsToStages"]
    if token not in versions:
        raise ValueError("Secret version has no stage for rotation of secret")
    if "AWSCURRENT" in versions[token]:
        return
    if "AWSPENDING" not in versions[token]:
        raise ValueError("Secret version not set as AWSPENDING for rotation of secret")
    if step == "createSecret":
        client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
        try:
            client.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
        except client.exceptions.ResourceNotFoundException:
            password = client.get_random_password(ExcludeCharacters='/@"\\'\\\\')
            client.put_secret_value(SecretId=arn, ClientRequestToken=token,
                                    SecretString=password["RandomPassword"], VersionStages=["AWSPENDING"])
    elif step == "finishSecret":
        for version, stages in versions.items():
            if "AWSCURRENT" in stages and version != token:
                client.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT",
                                                   MoveToVersionId=token, RemoveFromVersionId=version)
'''

READER = '''
import json, os, urllib.parse, urllib.request
from aws import secrets

def handler(event, context):
    url = "http://localhost:2773/secretsmanager/get?secretId=" + urllib.parse.quote(event["secret"])
    headers = {"X-Aws-Parameters-Secrets-Token": os.environ["AWS_SESSION_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return [os.environ["AWS_ACCESS_KEY_ID"], json.load(answer)["SecretString"],
                secrets("GetSecretValue", SecretId=event["secret"])["SecretString"]]
'''
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "lambda.amazonaws.com"}}]}
ACTIONS = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
           "secretsmanager:UpdateSecretVersionStage", "secretsmanager:GetRandomPassword",
           "ssm:GetParameter", "ssm:PutParameter"]


class Rotation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.role = cls.make_role("rotation", ACTIONS)
        client = cls.platform.client()
        create_function(client, "rotate", {"app.py": ROTATE, "aws.py": AWS}, Timeout=30, Role=cls.role)
        cls.function = client.get_function(FunctionName="rotate")["Configuration"]["FunctionArn"]

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    @classmethod
    def make_role(cls, name, actions):
        iam = cls.platform.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}))
        return role

    def setUp(self):
        self.connect()
        self.name = self._testMethodName.replace("test_", "")
        self.wish("nothing")

    def connect(self):
        self.secrets, self.ssm = self.platform.client("secretsmanager"), self.platform.client("ssm")

    def wish(self, text):
        self.ssm.put_parameter(Name="/rotation/wish", Value=text, Type="String", Overwrite=True)

    def value(self, **more):
        return self.secrets.get_secret_value(SecretId=self.name, **more)["SecretString"]

    def rotate(self, **more):
        return self.secrets.rotate_secret(SecretId=self.name, **{"RotationLambdaARN": self.function, **more},
                                          RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]

    def stages(self):
        return self.secrets.describe_secret(SecretId=self.name)["VersionIdsToStages"]

    def made(self, token):
        versions = self.secrets.list_secret_version_ids(SecretId=self.name)["Versions"]
        return token in [version["VersionId"] for version in versions]

    def await_rotation(self, token, seconds=60):
        wait_for(lambda: "AWSCURRENT" in self.stages().get(token, []), seconds, "the rotation")

    def log(self):
        with open(self.platform.log_path) as file:
            return file.read()

    def test_running_function_reads_the_new_value(self):
        self.secrets.create_secret(Name=self.name, SecretString="first-value")
        client = self.platform.client()
        create_function(client, "reader", {"app.py": READER, "aws.py": AWS}, Role=self.role,
                        Environment={"Variables": {"SECRETS_MANAGER_TTL": "0"}})
        environment, *before = invoke(client, "reader", {"secret": self.name})[0]
        self.assertEqual(before, ["first-value"] * 2)
        self.await_rotation(self.rotate())
        self.assertEqual(self.value(VersionStage="AWSPREVIOUS"), "first-value")
        after = invoke(client, "reader", {"secret": self.name})[0]
        self.assertEqual(after, [environment] + [self.value()] * 2)  # the same warm environment
        self.assertEqual(len(self.value()), 24)
        service = self.ssm.get_parameter(Name="/service/" + self.name, WithDecryption=True)["Parameter"]["Value"]
        self.assertEqual(service, self.value())
        described = self.secrets.describe_secret(SecretId=self.name)
        self.assertTrue(described["RotationEnabled"])
        self.assertIn("LastRotatedDate", described)

    def test_a_failure_at_any_step_keeps_the_old_value(self):
        self.secrets.create_secret(Name=self.name, SecretString="the-old-value")
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            with self.subTest(step=step):
                self.wish(step)
                before = self.log().count("failed at " + step)
                self.rotate()
                wait_for(lambda: self.log().count("failed at " + step) > before, what="the failure")
                self.assertEqual(self.value(), "the-old-value")
        self.assertNotIn("the-old-value", self.log())
        # Taken up again with the version that was begun.
        self.wish("nothing")
        self.await_rotation(self.rotate())
        self.assertEqual(len(self.stages()), 2)

    def test_a_role_without_the_right_keeps_the_old_value(self):
        self.secrets.create_secret(Name=self.name, SecretString="kept")
        role = self.make_role("too-little", ["secretsmanager:GetSecretValue", "ssm:GetParameter"])
        client = self.platform.client()
        create_function(client, "powerless", {"app.py": ROTATE, "aws.py": AWS}, Role=role)
        before = self.log().count("failed at createSecret")
        arn = client.get_function(FunctionName="powerless")["Configuration"]["FunctionArn"]
        self.rotate(RotationLambdaARN=arn)
        wait_for(lambda: self.log().count("failed at createSecret") > before, what="the failure")
        self.assertEqual(self.value(), "kept")

    def test_a_killed_daemon_goes_on_with_the_step(self):
        self.secrets.create_secret(Name=self.name, SecretString="before-the-kill")
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            with self.subTest(step=step):
                self.wish("sleep:" + step)
                old = self.value()
                token = self.rotate()
                if step != "createSecret":
                    wait_for(lambda: self.made(token), what="the new version")
                self.platform.stop(signal.SIGKILL)
                self.platform.start()
                self.connect()
                self.await_rotation(token)
                self.assertEqual(self.value(VersionStage="AWSPREVIOUS"), old)

    def test_with_boto3(self):
        self.secrets.create_secret(Name=self.name, SecretString="first")
        client = self.platform.client()
        create_function(client, "rotate-boto3", {"app.py": ROTATE_BOTO3, **boto3_files()}, Role=self.role,
                        Timeout=30, MemorySize=1024)
        arn = client.get_function(FunctionName="rotate-boto3")["Configuration"]["FunctionArn"]
        self.await_rotation(self.rotate(RotationLambdaARN=arn), seconds=90)
        self.assertEqual(self.value(VersionStage="AWSPREVIOUS"), "first")
        self.assertEqual(len(self.value()), 32)

    def test_needs_a_function(self):
        self.secrets.create_secret(Name=self.name, SecretString="x")
        for arguments, code in (({}, "InvalidRequestException"),
                                ({"RotationLambdaARN": self.function + "-none"}, "AccessDeniedException")):
            with self.assertRaises(self.secrets.exceptions.ClientError) as caught:
                self.secrets.rotate_secret(SecretId=self.name, **arguments)
            self.assertEqual(caught.exception.response["Error"]["Code"], code)


if __name__ == "__main__":
    unittest.main()
