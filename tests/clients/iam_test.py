"""IAM and STS as boto3 and the AWS CLI use them, and what they decide about other calls: denials in
AWS's words, sessions that expire, and the usual ways to more rights than one was given."""
import datetime
import json
import os
import subprocess
import unittest

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from support.platform import Platform, make_zip

ACCOUNT = "000000000000"
CODE = make_zip({"app.py": "def handler(event, context):\n    return 'ok'\n"})


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions, resources="*", **more):
    return dict(Effect="Allow", Action=actions, Resource=resources, **more)


def trust(principal):
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


LAMBDA_TRUST = trust({"Service": "lambda.amazonaws.com"})


class Iam(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.iam, cls.sts, cls.root_lambda = (cls.platform.client(s) for s in ("iam", "sts", "lambda"))

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def as_credentials(self, service, key, secret, token=None):
        return boto3.client(service, endpoint_url=self.platform.endpoint, region_name="us-east-1",
                            aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
                            config=Config(retries={"max_attempts": 0}, parameter_validation=False))

    def user(self, name, document=None):
        """A new user with an inline policy; gives a function that makes its clients."""
        self.iam.create_user(UserName=name)
        if document:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: self.as_credentials(service, key["AccessKeyId"], key["SecretAccessKey"])

    def session(self, role, name="s1", **more):
        credentials = self.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName=name,
                                           **more)["Credentials"]
        return lambda service: self.as_credentials(service, credentials["AccessKeyId"], credentials["SecretAccessKey"],
                                                   credentials["SessionToken"])

    def error(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        return (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"])

    def denied(self, call, **arguments):
        code, status, message = self.error(call, **arguments)
        self.assertIn(code, ("AccessDenied", "AccessDeniedException"))
        self.assertEqual(status, 403)
        return message

    # What the operations answer

    def test_life_of_a_user(self):
        made = self.iam.create_user(UserName="life", Path="/team/", Tags=[{"Key": "a", "Value": "b é"}])["User"]
        self.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:user/team/life")
        self.assertTrue(made["UserId"].startswith("AIDA"))
        self.assertEqual(self.error(self.iam.create_user, UserName="LIFE")[:2], ("EntityAlreadyExists", 409))
        self.assertEqual(self.error(self.iam.tag_user, UserName="life", Tags=[{"Key": "a", "Value": "<&>"}])[0],
                         "ValidationError")
        self.assertEqual(self.iam.get_user(UserName="life")["User"]["Tags"], [{"Key": "a", "Value": "b é"}])
        self.iam.create_group(GroupName="readers")
        self.iam.add_user_to_group(GroupName="readers", UserName="life")
        self.assertEqual([u["UserName"] for u in self.iam.get_group(GroupName="readers")["Users"]], ["life"])
        self.assertEqual(self.error(self.iam.delete_user, UserName="life")[0], "DeleteConflict")
        self.iam.remove_user_from_group(GroupName="readers", UserName="life")
        self.iam.delete_group(GroupName="readers")
        self.iam.delete_user(UserName="life")
        self.assertEqual(self.error(self.iam.get_user, UserName="life")[:2], ("NoSuchEntity", 404))

    def test_life_of_a_role(self):
        made = self.iam.create_role(RoleName="worker", Path="/app/", AssumeRolePolicyDocument=LAMBDA_TRUST,
                                    Description="b <&> \"c\"")["Role"]
        self.assertEqual(self.iam.get_role(RoleName="worker")["Role"]["Description"], "b <&> \"c\"")
        self.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:role/app/worker")
        self.assertEqual(made["AssumeRolePolicyDocument"], json.loads(LAMBDA_TRUST))
        self.iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        document = policy(allow("sqs:SendMessage"))
        self.iam.put_role_policy(RoleName="worker", PolicyName="queue", PolicyDocument=document)
        self.assertEqual(self.iam.get_role_policy(RoleName="worker", PolicyName="queue")["PolicyDocument"],
                         json.loads(document))
        self.assertEqual(self.iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"][0]["PolicyName"],
                         "AmazonS3ReadOnlyAccess")
        self.assertEqual(self.error(self.iam.delete_role, RoleName="worker")[0], "DeleteConflict")
        self.iam.detach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        self.iam.delete_role_policy(RoleName="worker", PolicyName="queue")
        self.iam.delete_role(RoleName="worker")

    def test_policy_versions(self):
        arn = self.iam.create_policy(PolicyName="five", PolicyDocument=policy(allow("s3:GetObject")))["Policy"]["Arn"]
        for number in range(2, 6):
            made = self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:PutObject")),
                                                  SetAsDefault=number == 3)
            self.assertEqual(made["PolicyVersion"]["VersionId"], f"v{number}")
        self.assertEqual(self.error(self.iam.create_policy_version, PolicyArn=arn,
                                    PolicyDocument=policy(allow("s3:*")))[0], "LimitExceeded")
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v3")
        self.assertEqual(self.error(self.iam.delete_policy_version, PolicyArn=arn, VersionId="v3")[0], "DeleteConflict")
        self.assertEqual(self.error(self.iam.delete_policy, PolicyArn=arn)[0], "DeleteConflict")
        self.iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
        # A number is never given twice.
        made = self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("s3:List*")))
        self.assertEqual(made["PolicyVersion"]["VersionId"], "v6")
        self.assertEqual(self.iam.get_policy_version(PolicyArn=arn, VersionId="v6")["PolicyVersion"]["Document"],
                         json.loads(policy(allow("s3:List*"))))
        # AWS's own are nobody's to change, whatever policies say.
        for call, more in ((self.iam.create_policy_version, {"PolicyDocument": policy(allow("*"))}),
                           (self.iam.set_default_policy_version, {"VersionId": "v1"}),
                           (self.iam.delete_policy_version, {"VersionId": "v1"}), (self.iam.delete_policy, {}),
                           (self.iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
                           (self.iam.untag_policy, {"TagKeys": ["a"]})):
            refused = self.error(call, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess", **more)[0]
            self.assertEqual(refused, "AccessDenied", call)

    def test_bad_documents(self):
        for document, text in (("{", "line 1"), (policy({"Effect": "Permit", "Action": "*", "Resource": "*"}), "Effect"),
                               (policy(allow("GetObject")), "is not an action"), (policy(), "at least one statement")):
            code, status, message = self.error(self.iam.create_policy, PolicyName="bad", PolicyDocument=document)
            self.assertEqual((code, status), ("MalformedPolicyDocument", 400))
            self.assertIn(text, message)
        long = policy(allow("s3:*", ["arn:aws:s3:::" + "x" * 6100]))
        self.assertEqual(self.error(self.iam.create_policy, PolicyName="long", PolicyDocument=long)[0], "LimitExceeded")
        self.iam.create_role(RoleName="sized", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.iam.put_role_policy(RoleName="sized", PolicyName="fits", PolicyDocument=long)
        too_long = policy(allow("s3:*", ["arn:aws:s3:::" + "x" * 10200]))
        self.assertEqual(self.error(self.iam.put_role_policy, RoleName="sized", PolicyName="p",
                                    PolicyDocument=too_long)[0], "LimitExceeded")
        code, status, message = self.error(self.iam.create_user, UserName="with space")
        self.assertEqual((code, status), ("ValidationError", 400))
        self.assertIn("userName", message)

    def test_pages(self):
        for number in range(5):
            self.iam.create_group(GroupName=f"page{number}")
        pages = self.iam.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": 2})
        names = [g["GroupName"] for page in pages for g in page["Groups"]]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({f"page{n}" for n in range(5)}, set(names))

    def test_simulation(self):
        self.iam.create_role(RoleName="simulated", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.iam.put_role_policy(RoleName="simulated", PolicyName="p", PolicyDocument=policy(
            allow("s3:GetObject", "arn:aws:s3:::b/*"),
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*"}))
        results = self.iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/simulated", ActionNames=["s3:GetObject"],
            ResourceArns=["arn:aws:s3:::b/x", "arn:aws:s3:::b/secret/x", "arn:aws:s3:::c/x"])["EvaluationResults"]
        self.assertEqual([r["EvalDecision"] for r in results], ["allowed", "explicitDeny", "implicitDeny"])
        self.assertEqual(results[0]["MatchedStatements"][0]["SourcePolicyId"], "p")
        conditioned = policy(allow("s3:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}))
        ask = dict(PolicyInputList=[conditioned], ActionNames=["s3:GetObject"])
        result = self.iam.simulate_custom_policy(**ask)["EvaluationResults"][0]
        self.assertEqual((result["EvalDecision"], result["MissingContextValues"]),
                         ("implicitDeny", ["aws:principaltag/team"]))
        result = self.iam.simulate_custom_policy(**ask, ContextEntries=[
            {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyValues": ["blue"],
             "ContextKeyType": "string"}])["EvaluationResults"][0]
        self.assertEqual(result["EvalDecision"], "allowed")
        self.assertEqual(self.iam.get_context_keys_for_custom_policy(PolicyInputList=[conditioned])["ContextKeyNames"],
                         ["aws:principaltag/team"])

    def test_aws_cli(self):
        key, secret = self.platform.credentials()
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret, AWS_DEFAULT_REGION="us-east-1")

        def cli(*words):
            done = subprocess.run(["aws", "--endpoint-url", self.platform.endpoint, "--output", "json", *words],
                                  capture_output=True, text=True, env=environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout) if done.stdout.strip() else None
        self.assertEqual(cli("sts", "get-caller-identity")["Arn"], f"arn:aws:iam::{ACCOUNT}:root")
        cli("iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", LAMBDA_TRUST)
        cli("iam", "attach-role-policy", "--role-name", "cli", "--policy-arn", "arn:aws:iam::aws:policy/AWSLambda_FullAccess")
        self.assertEqual(cli("iam", "list-attached-role-policies", "--role-name", "cli")["AttachedPolicies"],
                         [{"PolicyName": "AWSLambda_FullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AWSLambda_FullAccess"}])

    # What is decided

    def test_calls_are_decided(self):
        client = self.user("reader", policy(allow("lambda:ListFunctions"),
                                            allow("lambda:GetFunction", f"arn:aws:lambda:*:{ACCOUNT}:function:mine-*")))("lambda")
        client.list_functions()
        self.assertEqual(self.error(client.get_function, FunctionName="mine-1")[0], "ResourceNotFoundException")
        message = self.denied(client.get_function, FunctionName="other")
        self.assertEqual(message, f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: lambda:GetFunction "
                         f"on resource: arn:aws:lambda:us-east-1:{ACCOUNT}:function:other because no identity-based "
                         "policy allows the lambda:GetFunction action")
        # The same function under its other names.
        for name in (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:other", f"{ACCOUNT}:function:other", "function:other"):
            self.assertIn("function:other because", self.denied(client.get_function, FunctionName=name))
        self.iam.put_user_policy(UserName="reader", PolicyName="no", PolicyDocument=policy(
            {"Effect": "Deny", "Action": "lambda:List*", "Resource": "*"}))
        self.assertIn("with an explicit deny in an identity-based policy", self.denied(client.list_functions))

    def test_groups_boundaries_and_inactive_keys(self):
        clients = self.user("bounded")
        self.iam.create_group(GroupName="listers")
        self.iam.put_group_policy(GroupName="listers", PolicyName="p", PolicyDocument=policy(allow("lambda:*")))
        self.denied(clients("lambda").list_functions)
        self.iam.add_user_to_group(GroupName="listers", UserName="bounded")
        clients("lambda").list_functions()
        arn = self.iam.create_policy(PolicyName="limit", PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
        self.iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=arn)
        self.assertIn("because no permissions boundary allows", self.denied(clients("lambda").list_functions))
        self.iam.delete_user_permissions_boundary(UserName="bounded")
        clients("lambda").list_functions()
        key = self.iam.list_access_keys(UserName="bounded")["AccessKeyMetadata"][0]["AccessKeyId"]
        self.iam.update_access_key(UserName="bounded", AccessKeyId=key, Status="Inactive")
        self.assertEqual(self.error(clients("lambda").list_functions)[0], "UnrecognizedClientException")
        self.iam.update_access_key(UserName="bounded", AccessKeyId=key, Status="Active")
        clients("lambda").list_functions()
        self.iam.delete_access_key(UserName="bounded", AccessKeyId=key)
        self.assertEqual(self.error(clients("sts").get_caller_identity)[0], "InvalidClientTokenId")

    def test_tags_of_resources(self):
        clients = self.user("tagged", policy(*[allow(action, Condition={"StringEquals": {key + "/team": "a"}})
                                               for action, key in (("lambda:GetFunction", "aws:ResourceTag"),
                                                                   ("secretsmanager:DescribeSecret",
                                                                    "secretsmanager:ResourceTag"),
                                                                   ("ssm:GetParameter", "ssm:resourceTag"),
                                                                   ("iam:GetRole", "iam:ResourceTag"))]))
        tag, value = [{"Key": "team", "Value": "a"}], dict(AssumeRolePolicyDocument=LAMBDA_TRUST)
        for name, tags in (("tagged-a", tag), ("tagged-b", [])):
            self.root_lambda.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler",
                                             Role=f"arn:aws:iam::{ACCOUNT}:role/shared", Code={"ZipFile": CODE},
                                             Tags={t["Key"]: t["Value"] for t in tags})
            self.platform.client("secretsmanager").create_secret(Name=name, SecretString="s", Tags=tags)
            self.platform.client("ssm").put_parameter(Name=name, Value="v", Type="String", Tags=tags)
            self.iam.create_role(RoleName=name, Tags=tags, **value)
        calls = [(clients("lambda").get_function, "FunctionName"), (clients("secretsmanager").describe_secret, "SecretId"),
                 (clients("ssm").get_parameter, "Name"), (clients("iam").get_role, "RoleName")]
        for call, member in calls:
            call(**{member: "tagged-a"})
            self.denied(call, **{member: "tagged-b"})
        # As it is now, not as it was when the policy was made.
        self.iam.tag_role(RoleName="tagged-b", Tags=tag)
        clients("iam").get_role(RoleName="tagged-b")
        self.iam.untag_role(RoleName="tagged-a", TagKeys=["team"])
        self.denied(clients("iam").get_role, RoleName="tagged-a")

    def test_tags_of_sessions_need_a_permission(self):
        """Policies decide by them, so not everyone who may assume a role may choose them."""
        clients = self.user("tagger", policy(allow("sts:*")))
        caller = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/tagger"}
        arn = self.iam.create_role(RoleName="tagged-session", AssumeRolePolicyDocument=trust(caller))["Role"]["Arn"]
        assume = dict(RoleArn=arn, RoleSessionName="s2")
        clients("sts").assume_role(**assume)
        tags = dict(Tags=[{"Key": "team", "Value": "a"}])
        self.assertIn("sts:TagSession", self.denied(clients("sts").assume_role, **assume, **tags))
        self.assertIn("sts:SetSourceIdentity", self.denied(clients("sts").assume_role, SourceIdentity="me", **assume))
        self.iam.update_assume_role_policy(RoleName="tagged-session", PolicyDocument=policy(
            {"Effect": "Allow", "Principal": caller, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": caller, "Action": "sts:TagSession",
             "Condition": {"StringEquals": {"aws:RequestTag/team": "a"},
                           "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}}))
        clients("sts").assume_role(**assume, **tags)
        self.denied(clients("sts").assume_role, Tags=[{"Key": "team", "Value": "b"}], **assume)
        self.denied(clients("sts").assume_role, Tags=[*tags["Tags"], {"Key": "cost", "Value": "1"}], **assume)

    def test_creating_is_decided_by_name(self):
        clients = self.user("creator", policy(allow(["lambda:CreateFunction", "iam:PassRole"]),
                                              allow("secretsmanager:CreateSecret"),
                                              {"Effect": "Deny", "Action": "*", "Resource": [
                                                  "arn:aws:lambda:*:*:function:prod-*",
                                                  "arn:aws:secretsmanager:*:*:secret:prod-*"]}))
        function = dict(Runtime="python3.11", Handler="app.handler", Role=f"arn:aws:iam::{ACCOUNT}:role/shared",
                        Code={"ZipFile": CODE})
        self.denied(clients("lambda").create_function, FunctionName="prod-1", **function)
        clients("lambda").create_function(FunctionName="test-1", **function)
        self.denied(clients("secretsmanager").create_secret, Name="prod-1", SecretString="s")
        clients("secretsmanager").create_secret(Name="test-1", SecretString="s")

    def test_rotating_needs_the_function(self):
        secrets = self.platform.client("secretsmanager")
        secrets.create_secret(Name="turns", SecretString="s")
        self.root_lambda.create_function(FunctionName="turner", Runtime="python3.11", Handler="app.handler",
                                         Role=f"arn:aws:iam::{ACCOUNT}:role/shared", Code={"ZipFile": CODE})
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:turner"
        rotate = dict(SecretId="turns", RotateImmediately=False, RotationRules={"AutomaticallyAfterDays": 9})
        clients = self.user("rotator", policy(allow("secretsmanager:*")))
        self.assertIn("lambda:InvokeFunction", self.denied(clients("secretsmanager").rotate_secret,
                                                           RotationLambdaARN=arn, **rotate))
        secrets.rotate_secret(RotationLambdaARN=arn, **rotate)
        self.denied(clients("secretsmanager").rotate_secret, **rotate)
        self.iam.put_user_policy(UserName="rotator", PolicyName="invoke", PolicyDocument=policy(
            allow("lambda:InvokeFunction", arn)))
        clients("secretsmanager").rotate_secret(**rotate)

    def test_sessions(self):
        self.iam.create_role(RoleName="lister", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
        self.iam.put_role_policy(RoleName="lister", PolicyName="p", PolicyDocument=policy(
            allow("lambda:*"), allow("sqs:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})))
        clients = self.session("lister")
        self.assertEqual(clients("sts").get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/lister/s1")
        clients("lambda").list_functions()
        narrowed = self.session("lister", Policy=policy(allow("lambda:GetFunction")))
        self.assertIn("because no session policy allows", self.denied(narrowed("lambda").list_functions))
        # A token that is not the key's, or none at all.
        taken = self.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/lister", RoleSessionName="s2")["Credentials"]
        for token in ("wrong", None):
            client = self.as_credentials("lambda", taken["AccessKeyId"], taken["SecretAccessKey"], token)
            self.assertEqual(self.error(client.list_functions)[0], "UnrecognizedClientException")
        own = self.user("plain", policy(allow("lambda:List*")))
        token = own("sts").get_session_token()["Credentials"]
        client = self.as_credentials("lambda", token["AccessKeyId"], token["SecretAccessKey"], token["SessionToken"])
        client.list_functions()
        self.assertEqual(self.error(self.sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/lister",
                                    RoleSessionName="s2", DurationSeconds=7200)[0], "ValidationError")

    def test_trust_decides_who_assumes(self):
        self.iam.create_role(RoleName="closed", AssumeRolePolicyDocument=LAMBDA_TRUST)
        arn = f"arn:aws:iam::{ACCOUNT}:role/closed"
        self.denied(self.sts.assume_role, RoleArn=arn, RoleSessionName="s2")
        clients = self.user("friend")
        self.denied(clients("sts").assume_role, RoleArn=arn, RoleSessionName="s2")
        self.iam.update_assume_role_policy(RoleName="closed", PolicyDocument=policy(
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/friend"}, "Action": "sts:AssumeRole",
             "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}))
        self.denied(clients("sts").assume_role, RoleArn=arn, RoleSessionName="s2")
        clients("sts").assume_role(RoleArn=arn, RoleSessionName="s2", ExternalId="secret")
        self.denied(self.sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="s2")

    def test_ways_to_more_rights_are_closed(self):
        self.iam.create_role(RoleName="admin", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.iam.attach_role_policy(RoleName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        admin = f"arn:aws:iam::{ACCOUNT}:role/admin"
        arn = self.iam.create_policy(PolicyName="mine", PolicyDocument=policy(allow("lambda:*")))["Policy"]["Arn"]
        clients = self.user("climber", policy(allow("lambda:*"), allow(
            "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/small",
            Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})))
        function = dict(FunctionName="climb", Runtime="python3.11", Handler="app.handler", Code={"ZipFile": CODE})
        message = self.denied(clients("lambda").create_function, Role=admin, **function)
        self.assertIn(f"not authorized to perform: iam:PassRole on resource: {admin}", message)
        self.iam.create_role(RoleName="small", AssumeRolePolicyDocument=LAMBDA_TRUST)
        clients("lambda").create_function(Role=f"arn:aws:iam::{ACCOUNT}:role/small", **function)
        self.root_lambda.get_waiter("function_active_v2").wait(FunctionName="climb")
        self.denied(clients("lambda").update_function_configuration, FunctionName="climb", Role=admin)
        mine = clients("iam")
        everything = policy(allow("*"))
        self.denied(mine.create_policy_version, PolicyArn=arn, PolicyDocument=everything, SetAsDefault=True)
        self.denied(mine.set_default_policy_version, PolicyArn=arn, VersionId="v1")
        self.denied(mine.update_assume_role_policy, RoleName="admin", PolicyDocument=trust({"AWS": "*"}))
        self.denied(mine.put_user_policy, UserName="climber", PolicyName="p", PolicyDocument=everything)
        self.denied(mine.attach_user_policy, UserName="climber", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        self.denied(mine.create_access_key, UserName="reader")
        self.denied(clients("sts").assume_role, RoleArn=admin, RoleSessionName="s2")

    def test_a_role_that_is_not_there_is_made(self):
        self.root_lambda.create_function(FunctionName="newcomer", Runtime="python3.11", Handler="app.handler",
                                         Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/any", Code={"ZipFile": CODE})
        role = self.iam.get_role(RoleName="any")["Role"]
        self.assertEqual(role["Arn"], f"arn:aws:iam::{ACCOUNT}:role/service-role/any")
        self.assertIn("Made by Gantry", role["Description"])
        self.assertEqual([p["PolicyName"] for p in self.iam.list_attached_role_policies(RoleName="any")["AttachedPolicies"]],
                         ["AWSLambdaBasicExecutionRole"])

    def test_policies_of_functions(self):
        self.root_lambda.create_function(FunctionName="shared", Runtime="python3.11", Handler="app.handler",
                                         Role=f"arn:aws:iam::{ACCOUNT}:role/shared", Code={"ZipFile": CODE}, Publish=True)
        self.root_lambda.get_waiter("function_active_v2").wait(FunctionName="shared")
        self.root_lambda.create_alias(FunctionName="shared", Name="live", FunctionVersion="1")
        client, other = self.user("guest")("lambda"), self.user("stranger")("lambda")
        whole = dict(FunctionName="shared")
        alias = dict(FunctionName="shared", Qualifier="live")
        self.assertIn("because no identity-based policy allows", self.denied(client.invoke, **whole))

        def permit(sid, **more):
            self.root_lambda.add_permission(StatementId=sid, Action="lambda:InvokeFunction",
                                            Principal=f"arn:aws:iam::{ACCOUNT}:user/guest", **more)
        permit("guest", **whole)
        self.assertEqual(json.load(client.invoke(**whole)["Payload"]), "ok")
        # Only whom, what and where it names.
        self.denied(other.invoke, **whole)
        self.denied(client.get_function, **whole)
        self.assertIn("function:shared:live because", self.denied(client.invoke, **alias))
        self.denied(client.invoke, FunctionName="shared:live")
        self.denied(client.invoke, Qualifier="$LATEST", **whole)
        self.root_lambda.remove_permission(StatementId="guest", **whole)
        self.denied(client.invoke, **whole)
        permit("alias", **alias)
        for name in (alias, dict(FunctionName="shared:live"), dict(FunctionName="shared:live", Qualifier="live")):
            self.assertEqual(json.load(client.invoke(**name)["Payload"]), "ok")
        self.denied(client.invoke, **whole)
        # The account as principal leaves it to the identity's own policies.
        self.root_lambda.add_permission(StatementId="account", Action="lambda:InvokeFunction", Principal=ACCOUNT, **whole)
        self.denied(client.invoke, **whole)
        code, status, _ = self.error(self.root_lambda.add_permission, StatementId="bad", Action="lambda:InvokeFunction",
                                     Principal="arn:aws:iam::*:user/*", **whole)
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))

    def put_resource_policy(self, arn, document):
        """By hand: the boto3 of the distribution is older than the operation."""
        import http.client
        import urllib.parse
        request = AWSRequest(method="PUT", url=f"{self.platform.endpoint}/2026-07-09/resource-policy/"
                             + urllib.parse.quote(arn, safe=""), data=json.dumps({"Policy": document}).encode())
        SigV4Auth(Credentials(*self.platform.credentials()), "lambda", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection(self.platform.endpoint[len("http://"):])
        connection.request("PUT", request.url[len(self.platform.endpoint):], request.data, dict(request.headers))
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200, answer.read())
        connection.close()

    def test_policies_of_functions_deny(self):
        made = self.root_lambda.create_function(FunctionName="guarded", Runtime="python3.11", Handler="app.handler",
                                                Role=f"arn:aws:iam::{ACCOUNT}:role/shared", Code={"ZipFile": CODE})
        self.root_lambda.get_waiter("function_active_v2").wait(FunctionName="guarded")
        client = self.user("invoker", policy(allow("lambda:*")))("lambda")
        self.assertEqual(json.load(client.invoke(FunctionName="guarded")["Payload"]), "ok")
        self.put_resource_policy(made["FunctionArn"], policy(
            {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/invoker"},
             "Action": "lambda:InvokeFunction", "Resource": made["FunctionArn"]}))
        self.assertIn("with an explicit deny in a resource-based policy", self.denied(client.invoke, FunctionName="guarded"))
        client.get_function(FunctionName="guarded")
        self.root_lambda.invoke(FunctionName="guarded")

    def send(self, when=None, key=None, body=b"Action=GetCallerIdentity&Version=2011-06-15", change=None):
        """A request to STS by hand, signed for another time or changed after it was signed."""
        import http.client
        import unittest.mock
        access, secret = key or self.platform.credentials()
        request = AWSRequest(method="POST", url=self.platform.endpoint + "/", data=body,
                             headers={"Content-Type": "application/x-www-form-urlencoded"})
        now = when or datetime.datetime.utcnow()
        with unittest.mock.patch("botocore.auth.datetime") as clock:
            clock.datetime.utcnow.return_value = now
            SigV4Auth(Credentials(access, secret), "sts", "us-east-1").add_auth(request)
        connection = http.client.HTTPConnection(self.platform.endpoint[len("http://"):])
        connection.request("POST", "/", change or body, dict(request.headers))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def test_signatures_of_queries(self):
        status, text = self.send()
        self.assertEqual(status, 200)
        self.assertRegex(text, r"<RequestId>[0-9a-f-]{36}</RequestId></ResponseMetadata></GetCallerIdentityResponse>$")
        for minutes, words in ((-6, "Signature expired"), (6, "Signature not yet current")):
            status, text = self.send(when=datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes))
            self.assertEqual(status, 403)
            self.assertIn("<Code>SignatureDoesNotMatch</Code>", text)
            self.assertIn(words, text)
        status, text = self.send(change=b"Action=GetSessionToken&Version=2011-06-15")
        self.assertEqual(status, 403)
        self.assertIn("<Code>SignatureDoesNotMatch</Code>", text)
        status, text = self.send(body=b"Action=NoSuchThing&Version=2011-06-15")
        self.assertEqual(status, 400)
        self.assertIn("<Code>InvalidAction</Code>", text)

    def test_what_was_answered_survives_a_kill(self):
        with Platform() as platform:
            iam = platform.client("iam")
            iam.create_user(UserName="kept")
            iam.put_user_policy(UserName="kept", PolicyName="p", PolicyDocument=policy(allow("lambda:*")))
            key = iam.create_access_key(UserName="kept")["AccessKey"]
            platform.kill()
            platform.start()
            self.assertEqual(os.stat(os.path.join(platform.data_dir, "iam.db")).st_mode & 0o777, 0o600)
            boto3.client("lambda", endpoint_url=platform.endpoint, region_name="us-east-1",
                         aws_access_key_id=key["AccessKeyId"],
                         aws_secret_access_key=key["SecretAccessKey"]).list_functions()


if __name__ == "__main__":
    unittest.main()
