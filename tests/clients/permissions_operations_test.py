"""Every operation on identities, secrets, parameters and keys that the platform has, called by the AWS CLI, boto3 and
the SDK for JavaScript: the same calls by each, with the same answers."""
import base64
import json
import os
import subprocess
import unittest

from botocore import xform_name
from support.npm import install
from support.platform import Platform, create_function

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/operations"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/operations"
TOKEN = "a" * 32
SDKS = ({"@aws-sdk/client-iam": "3.1006.0", "@aws-sdk/client-sts": "3.1006.0"}, "sdkjs-iam"), \
    ({f"@aws-sdk/client-{c}": "3.600.0" for c in ("secrets-manager", "ssm", "kms")}, "aws-sdk-secrets-3.600.0"), \
    ({"@aws-sdk/client-lambda": "3.758.0"}, "sdk-lambda-3.758.0"), \
    ({"@aws-sdk/client-accessanalyzer": "3.758.0"}, "sdk-accessanalyzer-3.758.0")

# Reads {module, client, command, input} a line, answers {output} or {error}. Bytes are {"$": base64}.
DRIVER = """
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
const requires = process.argv.slice(2).map((modules) => createRequire(join(modules, 'x.js')));
function load(name) {
  for (const one of requires) try { return one(name); } catch {}
  throw new Error('there is no ' + name);
}
const revive = (key, value) => value && value.$ !== undefined ? Buffer.from(value.$, 'base64') : value;
const replace = (key, value) => value && value.type === 'Buffer' ? { $: Buffer.from(value.data).toString('base64') }
    : value instanceof Uint8Array ? { $: Buffer.from(value).toString('base64') } : value;
for await (const line of createInterface({ input: process.stdin })) {
  const { module, client, command, input } = JSON.parse(line, revive);
  const sdk = load(module);
  let answer;
  try {
    const sender = new sdk[client]({ endpoint: process.env.ENDPOINT, region: 'us-east-1', maxAttempts: 1 });
    const { $metadata, ...output } = await sender.send(new sdk[command](input));
    answer = { output };
  } catch (error) {
    answer = { error: error.name + ': ' + error.message };
  }
  process.stdout.write(JSON.stringify(answer, replace) + '\\n');
}
"""

# Reads the words of a command line, a line each; answers [exit status, stdout, stderr].
CLI = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(json.loads(line))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, **more):
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def trust(principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": principal}]})


class Boto3:
    def __init__(self, platform):
        self.platform = platform

    def call(self, service, operation, arguments):
        return getattr(self.platform.client(service), xform_name(operation))(**arguments)


class AwsCli:
    """The AWS CLI in one process for all calls: each start of it takes a second. It has a botocore of its own."""

    def __init__(self, platform):
        key, secret = platform.credentials()
        self.endpoint = platform.endpoint
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-c", CLI], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": platform.directory, "AWS_ACCESS_KEY_ID": key,
                 "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""})

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)

    def call(self, service, operation, arguments):
        words = [service, xform_name(operation, "-"), "--endpoint-url", self.endpoint, "--output", "json",
                 "--cli-input-json", json.dumps(arguments, default=lambda value: base64.b64encode(value).decode())]
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        if code != 0:
            raise AssertionError(f"aws {service} {operation} ended with {code}: {err} {out}")
        return json.loads(out or "{}")


class SdkForJavaScript:
    MODULES = {"iam": "IAM", "sts": "STS", "kms": "KMS", "ssm": "SSM", "lambda": "Lambda",
               "secretsmanager": "SecretsManager", "accessanalyzer": "AccessAnalyzer"}

    def __init__(self, platform):
        modules = [install(name, packages) for packages, name in SDKS]
        script = os.path.join(platform.directory, "driver.mjs")
        with open(script, "w") as file:
            file.write(DRIVER)
        key, secret = platform.credentials()
        self.process = subprocess.Popen(
            ["node", script, *modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": platform.directory, "ENDPOINT": platform.endpoint,
                 "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)

    def call(self, service, operation, arguments):
        name = self.MODULES[service]
        module = {"secretsmanager": "secrets-manager"}.get(service, service)
        line = json.dumps({"module": "@aws-sdk/client-" + module, "client": name + "Client",
                           "command": operation + "Command", "input": arguments},
                          default=lambda data: {"$": base64.b64encode(data).decode()})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"{operation}: {answer['error']}")
        return answer["output"]


def data(value):
    """The bytes of a member, as whichever client gives them."""
    if isinstance(value, dict):
        value = value["$"]
    return value if isinstance(value, bytes) else base64.b64decode(value)


class Operations:
    """The same for each client family: self.client has call(service, Operation, input)."""

    family = None

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.family(cls.platform)
        if hasattr(cls.client, "close"):
            cls.addClassCleanup(cls.client.close)

    def call(self, service, operation, **arguments):
        return self.client.call(service, operation, arguments)

    def test_iam(self):
        def iam(operation, **arguments):
            return self.call("iam", operation, **arguments)
        user = dict(UserName="ann")
        iam("CreateUser", Path="/team/", Tags=[{"Key": "team", "Value": "a"}], **user)
        self.assertEqual(iam("GetUser", **user)["User"]["Arn"], f"arn:aws:iam::{ACCOUNT}:user/team/ann")
        self.assertEqual([u["UserName"] for u in iam("ListUsers")["Users"]], ["ann"])
        iam("TagUser", Tags=[{"Key": "cost", "Value": "1"}], **user)
        self.assertEqual(len(iam("ListUserTags", **user)["Tags"]), 2)
        iam("UntagUser", TagKeys=["cost"], **user)
        key = iam("CreateAccessKey", **user)["AccessKey"]["AccessKeyId"]
        iam("UpdateAccessKey", AccessKeyId=key, Status="Inactive", **user)
        self.assertEqual(iam("ListAccessKeys", **user)["AccessKeyMetadata"][0]["Status"], "Inactive")
        iam("GetAccessKeyLastUsed", AccessKeyId=key)
        iam("DeleteAccessKey", AccessKeyId=key, **user)
        group = dict(GroupName="crew")
        iam("CreateGroup", **group)
        iam("AddUserToGroup", **group, **user)
        self.assertEqual(iam("GetGroup", **group)["Users"][0]["UserName"], "ann")
        self.assertEqual(iam("ListGroupsForUser", **user)["Groups"][0]["GroupName"], "crew")
        self.assertEqual(len(iam("ListGroups")["Groups"]), 1)
        inline = dict(PolicyName="inline", PolicyDocument=document(allow("s3:GetObject")))
        for kind, named in (("User", user), ("Group", group)):
            iam(f"Put{kind}Policy", **named, **inline)
            self.assertEqual(iam(f"List{kind}Policies", **named)["PolicyNames"], ["inline"])
            iam(f"Get{kind}Policy", PolicyName="inline", **named)
            iam(f"Delete{kind}Policy", PolicyName="inline", **named)

        role = dict(RoleName="operations")
        iam("CreateRole", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}), **role)
        iam("UpdateAssumeRolePolicy", PolicyDocument=trust({"AWS": ACCOUNT}), **role)
        iam("UpdateRole", Description="changed", MaxSessionDuration=7200, **role)
        self.assertEqual(iam("GetRole", **role)["Role"]["Description"], "changed")
        self.assertIn("operations", [r["RoleName"] for r in iam("ListRoles")["Roles"]])
        iam("TagRole", Tags=[{"Key": "k", "Value": "v"}], **role)
        self.assertEqual(iam("ListRoleTags", **role)["Tags"], [{"Key": "k", "Value": "v"}])
        iam("UntagRole", TagKeys=["k"], **role)
        iam("PutRolePolicy", **role, **inline)
        self.assertEqual(iam("ListRolePolicies", **role)["PolicyNames"], ["inline"])
        iam("GetRolePolicy", PolicyName="inline", **role)

        iam("CreatePolicy", PolicyName="operations", PolicyDocument=document(allow("sqs:*")), Description="what for")
        self.assertEqual(iam("GetPolicy", PolicyArn=POLICY)["Policy"]["Description"], "what for")
        managed = iam("GetPolicy", PolicyArn="arn:aws:iam::aws:policy/AWSLambdaExecute")["Policy"]
        self.assertIn("CloudWatch Logs", managed["Description"])
        iam("CreatePolicyVersion", PolicyArn=POLICY, PolicyDocument=document(allow("sns:*")))
        iam("SetDefaultPolicyVersion", PolicyArn=POLICY, VersionId="v2")
        self.assertEqual([v["VersionId"] for v in iam("ListPolicyVersions", PolicyArn=POLICY)["Versions"]], ["v2", "v1"])
        iam("GetPolicyVersion", PolicyArn=POLICY, VersionId="v2")
        iam("DeletePolicyVersion", PolicyArn=POLICY, VersionId="v1")
        self.assertEqual(len(iam("ListPolicies", Scope="Local")["Policies"]), 1)
        for kind, named in (("User", user), ("Group", group), ("Role", role)):
            iam(f"Attach{kind}Policy", PolicyArn=POLICY, **named)
            self.assertEqual(iam(f"ListAttached{kind}Policies", **named)["AttachedPolicies"][0]["PolicyArn"], POLICY)
        self.assertEqual(iam("ListEntitiesForPolicy", PolicyArn=POLICY)["PolicyRoles"][0]["RoleName"], "operations")
        for kind, named in (("User", user), ("Role", role)):
            iam(f"Put{kind}PermissionsBoundary", PermissionsBoundary=POLICY, **named)
            iam(f"Delete{kind}PermissionsBoundary", **named)

        simulated = iam("SimulatePrincipalPolicy", PolicySourceArn=ROLE, ActionNames=["sns:Publish", "sqs:SendMessage"])
        self.assertEqual([r["EvalDecision"] for r in simulated["EvaluationResults"]], ["allowed", "implicitDeny"])
        simulated = iam("SimulateCustomPolicy", PolicyInputList=[document(allow("s3:*", Condition={
            "StringEquals": {"aws:username": "ann"}}))], ActionNames=["s3:GetObject"], ContextEntries=[
                {"ContextKeyName": "aws:username", "ContextKeyValues": ["ann"], "ContextKeyType": "string"}])
        self.assertEqual(simulated["EvaluationResults"][0]["EvalDecision"], "allowed")
        keys = iam("GetContextKeysForCustomPolicy", PolicyInputList=[document(allow("s3:*", Condition={
            "StringEquals": {"aws:username": "ann"}}))])
        self.assertEqual(keys["ContextKeyNames"], ["aws:username"])
        iam("GetContextKeysForPrincipalPolicy", PolicySourceArn=ROLE)

        sts = lambda operation, **arguments: self.call("sts", operation, **arguments)  # noqa: E731
        self.assertEqual(sts("GetCallerIdentity")["Account"], ACCOUNT)
        assumed = sts("AssumeRole", RoleArn=ROLE, RoleSessionName="s1", DurationSeconds=900,
                      Policy=document(allow("sns:*")), Tags=[{"Key": "team", "Value": "a"}], TransitiveTagKeys=["team"])
        self.assertEqual(assumed["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/operations/s1")
        self.assertTrue(sts("GetSessionToken", DurationSeconds=900)["Credentials"]["SessionToken"])

        for kind, named in (("User", user), ("Group", group), ("Role", role)):
            iam(f"Detach{kind}Policy", PolicyArn=POLICY, **named)
        iam("DeleteRolePolicy", PolicyName="inline", **role)
        iam("DeletePolicy", PolicyArn=POLICY)
        iam("DeleteRole", **role)
        iam("RemoveUserFromGroup", **group, **user)
        iam("DeleteGroup", **group)
        iam("UpdateUser", NewPath="/former/", **user)
        self.assertIn("user/former/ann", iam("GetUser", **user)["User"]["Arn"])
        iam("DeleteUser", **user)

    def test_policies_of_functions(self):
        create_function(self.platform.client(), "shared", {"app.py": "def handler(e, c): return 1\n"})
        self.call("lambda", "AddPermission", FunctionName="shared", StatementId="s", Action="lambda:InvokeFunction",
                  Principal="events.amazonaws.com")
        policy = json.loads(self.call("lambda", "GetPolicy", FunctionName="shared")["Policy"])
        self.assertEqual(policy["Statement"][0]["Principal"], {"Service": "events.amazonaws.com"})
        self.call("lambda", "RemovePermission", FunctionName="shared", StatementId="s")

    def test_secrets(self):
        def secrets(operation, **arguments):
            return self.call("secretsmanager", operation, **arguments)
        one = dict(SecretId="one")
        secrets("CreateSecret", Name="one", SecretString="1", ClientRequestToken=TOKEN, Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(secrets("GetSecretValue", **one)["SecretString"], "1")
        second = secrets("PutSecretValue", SecretString="2", **one)["VersionId"]
        self.assertEqual(secrets("GetSecretValue", VersionStage="AWSPREVIOUS", **one)["SecretString"], "1")
        self.assertEqual(len(secrets("ListSecretVersionIds", **one)["Versions"]), 2)
        secrets("UpdateSecretVersionStage", VersionStage="mine", MoveToVersionId=second, **one)
        secrets("UpdateSecret", Description="changed", **one)
        self.assertEqual(secrets("DescribeSecret", **one)["Description"], "changed")
        self.assertEqual([s["Name"] for s in secrets("ListSecrets")["SecretList"]], ["one"])
        secrets("TagResource", Tags=[{"Key": "c", "Value": "d"}], **one)
        secrets("UntagResource", TagKeys=["a"], **one)
        policy = document(allow("secretsmanager:GetSecretValue", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
        self.assertTrue(secrets("ValidateResourcePolicy", ResourcePolicy=policy, **one)["PolicyValidationPassed"])
        secrets("PutResourcePolicy", ResourcePolicy=policy, **one)
        self.assertEqual(json.loads(secrets("GetResourcePolicy", **one)["ResourcePolicy"]), json.loads(policy))
        secrets("DeleteResourcePolicy", **one)
        function = create_function(self.platform.client(), "rotates", {"app.py": "def handler(e, c): pass\n"})
        secrets("RotateSecret", RotationLambdaARN=function["FunctionArn"], RotateImmediately=False,
                RotationRules={"ScheduleExpression": "rate(10 days)"}, **one)
        secrets("CancelRotateSecret", **one)
        self.assertEqual(len(secrets("GetRandomPassword", PasswordLength=20)["RandomPassword"]), 20)
        secrets("DeleteSecret", RecoveryWindowInDays=7, **one)
        secrets("RestoreSecret", **one)
        secrets("DeleteSecret", ForceDeleteWithoutRecovery=True, **one)

    def test_parameters(self):
        def ssm(operation, **arguments):
            return self.call("ssm", operation, **arguments)
        a = dict(Name="/app/a")
        ssm("PutParameter", Value="1", Type="SecureString", Tags=[{"Key": "k", "Value": "v"}], **a)
        ssm("PutParameter", Value="2", Overwrite=True, **a)
        self.assertEqual(ssm("GetParameter", WithDecryption=True, **a)["Parameter"]["Value"], "2")
        self.assertEqual(ssm("GetParameters", Names=["/app/a", "/none"])["InvalidParameters"], ["/none"])
        below = ssm("GetParametersByPath", Path="/app", Recursive=True, WithDecryption=True)
        self.assertEqual([p["Value"] for p in below["Parameters"]], ["2"])
        self.assertEqual(len(ssm("GetParameterHistory", **a)["Parameters"]), 2)
        self.assertEqual(ssm("DescribeParameters")["Parameters"][0]["Name"], "/app/a")
        ssm("LabelParameterVersion", ParameterVersion=1, Labels=["old"], **a)
        self.assertEqual(ssm("GetParameter", Name="/app/a:old", WithDecryption=True)["Parameter"]["Value"], "1")
        ssm("UnlabelParameterVersion", ParameterVersion=1, Labels=["old"], **a)
        resource = dict(ResourceType="Parameter", ResourceId="/app/a")
        ssm("AddTagsToResource", Tags=[{"Key": "l", "Value": "w"}], **resource)
        ssm("RemoveTagsFromResource", TagKeys=["k"], **resource)
        self.assertEqual(ssm("ListTagsForResource", **resource)["TagList"], [{"Key": "l", "Value": "w"}])
        ssm("PutParameter", Name="/app/b", Value="x", Type="String")
        ssm("DeleteParameter", **a)
        self.assertEqual(ssm("DeleteParameters", Names=["/app/b"])["DeletedParameters"], ["/app/b"])

    def test_keys(self):
        def kms(operation, **arguments):
            return self.call("kms", operation, **arguments)
        made = kms("CreateKey", Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]["KeyId"]
        key = dict(KeyId=made)
        kms("UpdateKeyDescription", Description="changed", **key)
        self.assertEqual(kms("DescribeKey", **key)["KeyMetadata"]["Description"], "changed")
        self.assertIn(made, [k["KeyId"] for k in kms("ListKeys")["Keys"]])
        context = dict(EncryptionContext={"app": "one"})
        sealed = data(kms("Encrypt", Plaintext=b"text", **key, **context)["CiphertextBlob"])
        self.assertEqual(data(kms("Decrypt", CiphertextBlob=sealed, **context)["Plaintext"]), b"text")
        moved = kms("ReEncrypt", CiphertextBlob=sealed, SourceEncryptionContext={"app": "one"}, DestinationKeyId=made)
        self.assertEqual(data(kms("Decrypt", CiphertextBlob=data(moved["CiphertextBlob"]))["Plaintext"]), b"text")
        self.assertEqual(len(data(kms("GenerateDataKey", KeySpec="AES_256", **key)["Plaintext"])), 32)
        kms("GenerateDataKeyWithoutPlaintext", KeySpec="AES_128", **key)
        kms("CreateAlias", AliasName="alias/one", TargetKeyId=made)
        kms("UpdateAlias", AliasName="alias/one", TargetKeyId=made)
        self.assertEqual([a["AliasName"] for a in kms("ListAliases", **key)["Aliases"]], ["alias/one"])
        kms("DeleteAlias", AliasName="alias/one")
        self.assertEqual(kms("ListKeyPolicies", **key)["PolicyNames"], ["default"])
        policy = kms("GetKeyPolicy", PolicyName="default", **key)["Policy"]
        kms("PutKeyPolicy", PolicyName="default", Policy=policy, **key)
        kms("TagResource", Tags=[{"TagKey": "c", "TagValue": "d"}], **key)
        kms("UntagResource", TagKeys=["a"], **key)
        self.assertEqual(kms("ListResourceTags", **key)["Tags"], [{"TagKey": "c", "TagValue": "d"}])
        kms("DisableKey", **key)
        kms("EnableKey", **key)
        kms("ScheduleKeyDeletion", PendingWindowInDays=7, **key)
        kms("CancelKeyDeletion", **key)


    def test_access_analyzer(self):
        def analyzer(operation, **arguments):
            return self.call("accessanalyzer", operation, **arguments)
        broken = '{"Version": "2012-10-17",\n "Statement": {"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"}}'
        found = analyzer("ValidatePolicy", policyDocument=broken, policyType="IDENTITY_POLICY")["findings"]
        self.assertEqual(found[0]["findingType"], "ERROR")
        self.assertEqual(found[0]["locations"][0]["span"]["start"]["line"], 2)
        self.assertEqual(found[0]["locations"][0]["path"][0]["value"], "Statement")
        found = analyzer("ValidatePolicy", policyType="IDENTITY_POLICY",
                         policyDocument=document(allow("iam:PassRole"), allow("s3:GetObjekt")))["findings"]
        self.assertIn("iam:PassRole", json.dumps(found))
        self.assertIn("GetObjekt", json.dumps(found))
        good = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"})
        self.assertEqual(analyzer("ValidatePolicy", policyDocument=good, policyType="IDENTITY_POLICY")["findings"], [])

        one, = analyzer("ListAnalyzers")["analyzers"]
        self.assertEqual((one["type"], one["status"]), ("ACCOUNT", "ACTIVE"))
        role, key = "arn:aws:iam::111122223333:role/theirs", self.platform.client("kms").create_key(Policy=document(
            allow("kms:*", Principal={"AWS": ACCOUNT}), allow("kms:Decrypt", Principal={
                "AWS": "arn:aws:iam::111122223333:root"})))["KeyMetadata"]["Arn"]
        self.platform.client("iam").create_role(RoleName="open", AssumeRolePolicyDocument=trust({"AWS": role}))
        found = {f["resource"]: f for f in analyzer("ListFindings", analyzerArn=one["arn"])["findings"]}
        self.assertEqual(found[f"arn:aws:iam::{ACCOUNT}:role/open"]["principal"], {"AWS": role})
        self.assertEqual((found[key]["resourceType"], found[key]["action"]), ("AWS::KMS::Key", ["kms:Decrypt"]))
        only = analyzer("ListFindings", analyzerArn=one["arn"], filter={"resourceType": {"eq": ["AWS::KMS::Key"]}})
        self.assertEqual([f["resource"] for f in only["findings"]], [key])


class ByBoto3(Operations, unittest.TestCase):
    family = Boto3


class ByAwsCli(Operations, unittest.TestCase):
    family = AwsCli


class BySdkForJavaScript(Operations, unittest.TestCase):
    family = SdkForJavaScript


if __name__ == "__main__":
    unittest.main()
