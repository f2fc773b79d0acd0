"""The Parameters and Secrets extension that every environment finds at localhost:2773: secrets and
parameters by a plain GET with the session token, within the role's permissions, cached for a while."""
import json
import unittest

from support.inside import AWS
from support.platform import Platform, create_function, invoke

READER = '''
import json, os, urllib.error, urllib.parse, urllib.request
from aws import call

def get(path, query, token=None, port=2773, host="localhost"):
    url = f"http://{host}:{port}{path}?" + urllib.parse.urlencode(query)
    token = os.environ["AWS_SESSION_TOKEN"] if token is None else token
    headers = {"X-Aws-Parameters-Secrets-Token": token} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return {"status": error.code, "type": error.headers.get("x-amzn-errortype"), "body": error.read().decode()}
    except urllib.error.URLError as error:
        return {"unreachable": str(error)}

def handler(event, context):
    return os.environ["AWS_SESSION_TOKEN"] if event == {} else get(**event)
'''
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "lambda.amazonaws.com"}}]}
SECRET, PARAMETER = "/secretsmanager/get", "/systemsmanager/parameters/get"


class ParametersAndSecrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.role("reader", ["secretsmanager:GetSecretValue", "ssm:GetParameter"])
        cls.role("nobody", [])

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    @classmethod
    def role(cls, name, actions):
        iam = cls.platform.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        if actions:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}))

    def setUp(self):
        self.client = self.platform.client()
        self.secrets, self.ssm = self.platform.client("secretsmanager"), self.platform.client("ssm")
        self.name = self._testMethodName.replace("test_", "")

    def function(self, name=None, role="reader", **variables):
        create_function(self.client, name or self.name, {"app.py": READER, "aws.py": AWS},
                        Role="arn:aws:iam::000000000000:role/" + role, Environment={"Variables": variables})

    def get(self, path, function=None, query=None, **more):
        answer, response = invoke(self.client, function or self.name, {"path": path, "query": query or {}, **more})
        self.assertNotIn("FunctionError", response, answer)
        return answer

    def test_reads_secrets_and_parameters(self):
        self.function()
        created = self.secrets.create_secret(Name="read", SecretString="one")
        self.secrets.put_secret_value(SecretId="read", SecretString="two")
        answer = self.get(SECRET, query={"secretId": "read"})
        self.assertEqual((answer["SecretString"], answer["Name"], answer["ARN"], answer["VersionStages"]),
                         ("two", "read", created["ARN"], ["AWSCURRENT"]))
        for query in ({"versionStage": "AWSPREVIOUS"}, {"versionId": created["VersionId"]}):
            self.assertEqual(self.get(SECRET, query={"secretId": created["ARN"], **query})["SecretString"], "one")
        self.ssm.put_parameter(Name="/read/secure", Value="sealed", Type="SecureString")
        self.ssm.put_parameter(Name="/read/secure", Value="newer", Type="SecureString", Overwrite=True)
        name = {"name": "/read/secure"}
        self.assertEqual(self.get(PARAMETER, query={**name, "withDecryption": "true"})["Parameter"]["Value"], "newer")
        self.assertNotEqual(self.get(PARAMETER, query=name)["Parameter"]["Value"], "newer")
        old = self.get(PARAMETER, query={**name, "version": "1", "withDecryption": "true"})["Parameter"]
        self.assertEqual((old["Value"], old["Version"]), ("sealed", 1))
        # As the documentation writes it as well.
        self.assertEqual(self.get(PARAMETER + "/", query=name)["Parameter"]["Name"], "/read/secure")

    def test_says_what_is_wrong(self):
        self.function()
        for query, what in (({"secretId": "none"}, "ResourceNotFoundException"), ({}, "secretId")):
            answer = self.get(SECRET, query=query)
            self.assertEqual(answer["status"], 400, answer)
            self.assertIn(what, answer["type"] + answer["body"])
        self.assertEqual(self.get(PARAMETER, query={"name": "/none"})["status"], 400)
        self.assertEqual(self.get("/elsewhere")["status"], 404)

    def test_needs_the_token_of_this_environment(self):
        self.function()
        self.function("another")
        self.secrets.create_secret(Name="token", SecretString="hidden")
        query = {"secretId": "token"}
        self.assertEqual(self.get(SECRET, query=query, token="")["status"], 401)
        theirs = invoke(self.client, "another")[0]
        for token in ("made-up", theirs, theirs[:-1]):
            answer = self.get(SECRET, query=query, token=token)
            self.assertEqual(answer["status"], 403, answer)
            self.assertNotIn("hidden", answer["body"])
        self.assertEqual(self.get(SECRET, query=query, function="another")["SecretString"], "hidden")
        # Neither the platform's own port nor the AWS port inside has the extension.
        status = self.platform.plain("GET", SECRET + "?secretId=token",
                                     headers={"X-Aws-Parameters-Secrets-Token": theirs})[0]
        self.assertEqual(status, 403)
        self.assertEqual(self.get(SECRET, query=query, port=4566)["status"], 403)
        # Nor has the extension's port anything else.
        self.assertEqual(self.get("/2015-03-31/functions")["status"], 404)

    def test_the_role_decides(self):
        self.function(role="nobody")
        self.secrets.create_secret(Name="decided", SecretString="hidden")
        self.ssm.put_parameter(Name="/decided", Value="hidden", Type="String")
        for answer in (self.get(SECRET, query={"secretId": "decided"}), self.get(PARAMETER, query={"name": "/decided"})):
            self.assertEqual(answer["status"], 403, answer)
            self.assertIn("is not authorized to perform", answer["body"])
            self.assertNotIn("hidden", answer["body"])

    def read_twice(self, function=None):
        """What is read before and after a change."""
        name = "changing-" + (function or self.name)
        self.secrets.create_secret(Name=name, SecretString="old")
        before = self.get(SECRET, function, {"secretId": name})["SecretString"]
        self.secrets.put_secret_value(SecretId=name, SecretString="new")
        return before, self.get(SECRET, function, {"secretId": name})["SecretString"]

    def test_caches_as_its_variables_say(self):
        self.function("cached")
        self.assertEqual(self.read_twice("cached"), ("old", "old"))
        for number, variables in enumerate(({"SECRETS_MANAGER_TTL": "0"},
                                            {"PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED": "FALSE"},
                                            {"PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE": "0"})):
            with self.subTest(**variables):
                self.function(f"uncached-{number}", **variables)
                self.assertEqual(self.read_twice(f"uncached-{number}"), ("old", "new"))

    def test_what_is_cached_needs_permission_as_well(self):
        self.role("for-a-while", ["secretsmanager:GetSecretValue"])
        self.function(role="for-a-while")
        self.secrets.create_secret(Name="cached-secret", SecretString="value")
        query = {"secretId": "cached-secret"}
        self.assertEqual(self.get(SECRET, query=query)["SecretString"], "value")
        self.platform.client("iam").delete_role_policy(RoleName="for-a-while", PolicyName="own")
        self.assertEqual(self.get(SECRET, query=query)["status"], 403)

    def test_port_of_ones_choice(self):
        self.function(PARAMETERS_SECRETS_EXTENSION_HTTP_PORT="2774")
        self.secrets.create_secret(Name="by-port", SecretString="value")
        query = {"secretId": "by-port"}
        self.assertEqual(self.get(SECRET, query=query, port=2774)["SecretString"], "value")
        self.assertIn("unreachable", self.get(SECRET, query=query, port=2773))
        self.function("taken", PARAMETERS_SECRETS_EXTENSION_HTTP_PORT="9001")
        self.assertEqual(self.get(SECRET, "taken", query)["SecretString"], "value")


if __name__ == "__main__":
    unittest.main()
