"""Every operation on identities, secrets, parameters and keys that the platform has, called by the AWS CLI, boto3 and
the SDK for JavaScript: the same calls by each, with the same answers."""
import base64
import json
import unittest

from support.client_families import AwsCli, Boto3, SdkForJavaScript, data
from support.platform import Platform, create_function

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/operations"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/operations"
TOKEN = "a" * 32
SDKS = ({"@aws-sdk/client-iam": "3.1006.0", "@aws-sdk/client-sts": "3.1006.0"}, "sdkjs-iam"), \
    ({f"@aws-sdk/client-{c}": "3.600.0" for c in ("secrets-manager", "ssm", "kms")}, "aws-sdk-secrets-3.600.0"), \
    ({"@aws-sdk/client-lambda": "3.758.0"}, "sdk-lambda-3.758.0"), \
    ({"@aws-sdk/client-accessanalyzer": "3.758.0"}, "sdk-accessanalyzer-3.758.0")

def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, **more):
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def trust(principal):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": principal}]})


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


class Sdk(SdkForJavaScript):
    packages = SDKS


class BySdkForJavaScript(Operations, unittest.TestCase):
    family = Sdk


if __name__ == "__main__":
    unittest.main()
