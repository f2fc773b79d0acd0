"""Every operation of Lambda that sets what functions do on their own (layers, permissions, concurrency, asynchronous
events, URLs, code signing, runtimes, recursion) or invokes them, called by boto3, the AWS CLI and the SDK for
JavaScript: the same calls by each, with the same answers. What a client is too old for is a signed request by hand."""
import json
import os
import unittest
import urllib.parse

from support.client_families import AwsCli, Boto3, SdkForJavaScript, data
from support.platform import Platform, create_function, make_zip

ACCOUNT = "000000000000"
PREFIX = f"arn:aws:lambda:us-east-1:{ACCOUNT}:"
PROFILE = f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/team/v1"
CODE = {"app.py": "def handler(event, context):\n    return {'echo': event}\n"}

# With the status of success.
OPERATIONS = {
    "GetAccountSettings": 200,
    "PutFunctionEventInvokeConfig": 200, "UpdateFunctionEventInvokeConfig": 200, "GetFunctionEventInvokeConfig": 200,
    "ListFunctionEventInvokeConfigs": 200, "DeleteFunctionEventInvokeConfig": 204,
    "CreateCodeSigningConfig": 201, "UpdateCodeSigningConfig": 200, "GetCodeSigningConfig": 200,
    "ListCodeSigningConfigs": 200, "DeleteCodeSigningConfig": 204, "ListFunctionsByCodeSigningConfig": 200,
    "PutFunctionCodeSigningConfig": 200, "GetFunctionCodeSigningConfig": 200, "DeleteFunctionCodeSigningConfig": 204,
    "PutProvisionedConcurrencyConfig": 202, "GetProvisionedConcurrencyConfig": 200,
    "ListProvisionedConcurrencyConfigs": 200, "DeleteProvisionedConcurrencyConfig": 204,
    "PutFunctionConcurrency": 200, "GetFunctionConcurrency": 200, "DeleteFunctionConcurrency": 204,
    "CreateFunctionUrlConfig": 201, "GetFunctionUrlConfig": 200, "UpdateFunctionUrlConfig": 200,
    "ListFunctionUrlConfigs": 200, "DeleteFunctionUrlConfig": 204,
    "Invoke": 200, "InvokeAsync": 202, "InvokeWithResponseStream": 200,
    "PublishLayerVersion": 201, "GetLayerVersion": 200, "GetLayerVersionByArn": 200, "ListLayers": 200,
    "ListLayerVersions": 200, "DeleteLayerVersion": 204,
    "AddLayerVersionPermission": 201, "GetLayerVersionPolicy": 200, "RemoveLayerVersionPermission": 204,
    "AddPermission": 201, "GetPolicy": 200, "RemovePermission": 204,
    "PutResourcePolicy": 200, "GetResourcePolicy": 200, "DeleteResourcePolicy": 204,
    "PutFunctionRecursionConfig": 200, "GetFunctionRecursionConfig": 200,
    "PutRuntimeManagementConfig": 200, "GetRuntimeManagementConfig": 200,
}

# By hand: method and path; what is left of the input is the body, or the query of a GET.
BY_HAND = {
    "InvokeWithResponseStream": ("POST", "/2021-11-15/functions/{FunctionName}/response-streaming-invocations"),
    "PutResourcePolicy": ("PUT", "/2026-07-09/resource-policy/{ResourceArn}"),
    "GetResourcePolicy": ("GET", "/2026-07-09/resource-policy/{ResourceArn}"),
    "DeleteResourcePolicy": ("DELETE", "/2026-07-09/resource-policy/{ResourceArn}"),
    "PutFunctionRecursionConfig": ("PUT", "/2024-08-31/functions/{FunctionName}/recursion-config"),
    "GetFunctionRecursionConfig": ("GET", "/2024-08-31/functions/{FunctionName}/recursion-config"),
    "PutRuntimeManagementConfig": ("PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config"),
    "GetRuntimeManagementConfig": ("GET", "/2021-07-20/functions/{FunctionName}/runtime-management-config"),
}


class Operations:
    """The same for each client family: self.client has call(service, Operation, input)."""

    family = None
    unknown = set(BY_HAND)

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--concurrency", "200"]).start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.family(cls.platform)
        if hasattr(cls.client, "close"):
            cls.addClassCleanup(cls.client.close)
        boto = cls.platform.client()
        cls.arn = create_function(boto, "main", CODE)["FunctionArn"]
        cls.version = boto.publish_version(FunctionName="main")["Version"]
        folder = os.path.join(cls.platform.data_dir, "signing-profiles", "team")
        os.makedirs(folder)
        with open(os.path.join(folder, "v1.pem"), "w") as file:
            file.write("checked when a package is\n")

    def setUp(self):
        self.called = set()

    def call(self, operation, **arguments):
        self.called.add(operation)
        if operation in self.unknown:
            return self.by_hand(operation, arguments)
        output = self.client.call("lambda", operation, arguments)
        if self.client.status is not None:
            self.assertEqual(self.client.status, OPERATIONS[operation], operation)
        return output

    def by_hand(self, operation, arguments):
        method, path = BY_HAND[operation]
        for name in list(arguments):
            if "{%s}" % name in path:
                path = path.replace("{%s}" % name, urllib.parse.quote(arguments.pop(name), safe=""))
        payload = arguments.pop("Payload", None)
        body = payload if payload is not None else json.dumps(arguments).encode() if method == "PUT" else b""
        status, _, answer = self.platform.signed(method, path, body)
        self.assertEqual(status, OPERATIONS[operation], (operation, answer))
        if operation == "InvokeWithResponseStream":
            return {"EventStream": answer}
        return json.loads(answer or b"{}")

    def test_every_operation(self):
        for group in (self.account, self.layers, self.permissions, self.resource_policies, self.reserved,
                      self.provisioned, self.events, self.urls, self.signing, self.runtimes, self.recursion,
                      self.invocations):
            with self.subTest(group.__name__):
                group()
        self.assertEqual(self.called, set(OPERATIONS))

    def account(self):
        settings = self.call("GetAccountSettings")
        self.assertEqual(settings["AccountLimit"]["ConcurrentExecutions"], 200)
        self.assertEqual(settings["AccountUsage"]["FunctionCount"], 1)
        self.assertGreater(settings["AccountUsage"]["TotalCodeSize"], 100)
        self.code_size = settings["AccountUsage"]["TotalCodeSize"]

    def layers(self):
        package = make_zip({"python/shared.py": "A = 1\n"})
        made = self.call("PublishLayerVersion", LayerName="shared", Content={"ZipFile": package},
                         CompatibleRuntimes=["python3.11"])
        arn = PREFIX + "layer:shared:1"
        self.assertEqual((made["LayerVersionArn"], made["Version"]), (arn, 1))
        usage = self.call("GetAccountSettings")["AccountUsage"]
        self.assertEqual(usage["TotalCodeSize"], self.code_size + len(package))
        one = dict(LayerName="shared", VersionNumber=1)
        self.assertEqual(self.call("GetLayerVersion", **one)["Content"]["CodeSize"], len(package))
        self.assertEqual(self.call("GetLayerVersionByArn", Arn=arn)["LayerArn"], PREFIX + "layer:shared")
        self.assertEqual([layer["LayerName"] for layer in self.call("ListLayers")["Layers"]], ["shared"])
        self.assertEqual([version["Version"] for version in self.call("ListLayerVersions", LayerName="shared")
                          ["LayerVersions"]], [1])
        added = self.call("AddLayerVersionPermission", StatementId="all", Action="lambda:GetLayerVersion",
                          Principal="*", **one)
        self.assertEqual(json.loads(added["Statement"])["Sid"], "all")
        self.assertEqual(self.call("GetLayerVersionPolicy", **one)["RevisionId"], added["RevisionId"])
        self.call("RemoveLayerVersionPermission", StatementId="all", RevisionId=added["RevisionId"], **one)
        self.call("DeleteLayerVersion", **one)
        self.assertEqual(self.call("ListLayers")["Layers"], [])

    def permissions(self):
        added = self.call("AddPermission", FunctionName="main", StatementId="bucket", Action="lambda:InvokeFunction",
                          Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::pictures", SourceAccount=ACCOUNT)
        self.assertEqual(json.loads(added["Statement"]), {
            "Sid": "bucket", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": self.arn,
            "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT},
                          "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::pictures"}}})
        policy = self.call("GetPolicy", FunctionName="main")
        self.assertEqual(len(json.loads(policy["Policy"])["Statement"]), 1)
        self.call("RemovePermission", FunctionName="main", StatementId="bucket", RevisionId=policy["RevisionId"])

    def resource_policies(self):
        document = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "lambda:InvokeFunction",
             "Resource": self.arn}]})
        put = self.call("PutResourcePolicy", ResourceArn=self.arn, Policy=document)
        got = self.call("GetResourcePolicy", ResourceArn=self.arn)
        self.assertEqual(json.loads(got["Policy"]), json.loads(document))
        self.assertEqual(got["RevisionId"], put["RevisionId"])
        self.call("DeleteResourcePolicy", ResourceArn=self.arn)

    def reserved(self):
        name = dict(FunctionName="main")
        self.assertEqual(self.call("PutFunctionConcurrency", ReservedConcurrentExecutions=5, **name)
                         ["ReservedConcurrentExecutions"], 5)
        self.assertEqual(self.call("GetFunctionConcurrency", **name)["ReservedConcurrentExecutions"], 5)
        self.call("DeleteFunctionConcurrency", **name)
        self.assertNotIn("ReservedConcurrentExecutions", self.call("GetFunctionConcurrency", **name))

    def provisioned(self):
        one = dict(FunctionName="main", Qualifier=self.version)
        put = self.call("PutProvisionedConcurrencyConfig", ProvisionedConcurrentExecutions=1, **one)
        self.assertEqual((put["Status"], put["RequestedProvisionedConcurrentExecutions"]), ("IN_PROGRESS", 1))
        self.assertIn(self.call("GetProvisionedConcurrencyConfig", **one)["Status"], ("IN_PROGRESS", "READY"))
        listed = self.call("ListProvisionedConcurrencyConfigs", FunctionName="main")["ProvisionedConcurrencyConfigs"]
        self.assertEqual([item["FunctionArn"] for item in listed], [f"{self.arn}:{self.version}"])
        self.call("DeleteProvisionedConcurrencyConfig", **one)

    def events(self):
        name = dict(FunctionName="main")
        put = self.call("PutFunctionEventInvokeConfig", MaximumRetryAttempts=1, **name)
        self.assertEqual((put["FunctionArn"], put["MaximumRetryAttempts"]), (self.arn + ":$LATEST", 1))
        updated = self.call("UpdateFunctionEventInvokeConfig", MaximumEventAgeInSeconds=90, **name)
        self.assertEqual((updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]), (1, 90))
        self.assertEqual(self.call("GetFunctionEventInvokeConfig", **name)["MaximumEventAgeInSeconds"], 90)
        self.assertEqual(len(self.call("ListFunctionEventInvokeConfigs", **name)["FunctionEventInvokeConfigs"]), 1)
        self.call("DeleteFunctionEventInvokeConfig", **name)

    def urls(self):
        name = dict(FunctionName="main")
        made = self.call("CreateFunctionUrlConfig", AuthType="NONE",
                         Cors={"AllowOrigins": ["*"], "AllowMethods": ["GET"], "MaxAge": 60}, **name)
        self.assertEqual((made["FunctionArn"], made["AuthType"]), (self.arn, "NONE"))
        self.assertEqual(self.call("GetFunctionUrlConfig", **name)["FunctionUrl"], made["FunctionUrl"])
        self.assertEqual(self.call("UpdateFunctionUrlConfig", AuthType="AWS_IAM", **name)["AuthType"], "AWS_IAM")
        listed = self.call("ListFunctionUrlConfigs", **name)["FunctionUrlConfigs"]
        self.assertEqual([url["Cors"]["MaxAge"] for url in listed], [60])
        self.call("DeleteFunctionUrlConfig", **name)

    def signing(self):
        made = self.call("CreateCodeSigningConfig", AllowedPublishers={"SigningProfileVersionArns": [PROFILE]},
                         CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfig"]
        one = dict(CodeSigningConfigArn=made["CodeSigningConfigArn"])
        self.assertEqual(self.call("UpdateCodeSigningConfig", Description="ours", **one)["CodeSigningConfig"]
                         ["Description"], "ours")
        got = self.call("GetCodeSigningConfig", **one)["CodeSigningConfig"]
        self.assertEqual(got["CodeSigningPolicies"], {"UntrustedArtifactOnDeployment": "Enforce"})
        self.assertEqual(len(self.call("ListCodeSigningConfigs")["CodeSigningConfigs"]), 1)
        self.assertEqual(self.call("PutFunctionCodeSigningConfig", FunctionName="main", **one)["FunctionName"], "main")
        self.assertEqual(self.call("GetFunctionCodeSigningConfig", FunctionName="main")["CodeSigningConfigArn"],
                         made["CodeSigningConfigArn"])
        self.assertEqual(self.call("ListFunctionsByCodeSigningConfig", **one)["FunctionArns"], [self.arn])
        self.call("DeleteFunctionCodeSigningConfig", FunctionName="main")
        self.call("DeleteCodeSigningConfig", **one)

    def runtimes(self):
        put = self.call("PutRuntimeManagementConfig", FunctionName="main", UpdateRuntimeOn="FunctionUpdate")
        self.assertEqual((put["UpdateRuntimeOn"], put["FunctionArn"]), ("FunctionUpdate", self.arn + ":$LATEST"))
        self.assertEqual(self.call("GetRuntimeManagementConfig", FunctionName="main")["UpdateRuntimeOn"],
                         "FunctionUpdate")

    def recursion(self):
        self.assertEqual(self.call("PutFunctionRecursionConfig", FunctionName="main", RecursiveLoop="Allow")
                         ["RecursiveLoop"], "Allow")
        self.assertEqual(self.call("GetFunctionRecursionConfig", FunctionName="main")["RecursiveLoop"], "Allow")

    def invocations(self):
        answer = self.call("Invoke", FunctionName="main", Payload=b'{"n": 1}', LogType="Tail")
        self.assertEqual(json.loads(data(answer["Payload"])), {"echo": {"n": 1}})
        self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "$LATEST"))
        self.assertIn("LogResult", answer)
        self.assertEqual(self.call("InvokeAsync", FunctionName="main", InvokeArgs=b"{}")["Status"], 202)
        events = self.call("InvokeWithResponseStream", FunctionName="main", Payload=b'{"n": 2}')["EventStream"]
        if isinstance(events, bytes):
            self.assertIn(b'{"echo": {"n": 2}}', events)
            self.assertIn(b"InvokeComplete", events)
        else:
            self.assertEqual(json.loads(data(events[0]["PayloadChunk"]["Payload"])), {"echo": {"n": 2}})
            self.assertIn("InvokeComplete", events[-1])


class ByBoto3(Operations, unittest.TestCase):
    family = Boto3


class ByAwsCli(Operations, unittest.TestCase):
    family = AwsCli


class Sdk(SdkForJavaScript):
    packages = (({"@aws-sdk/client-lambda": "3.758.0"}, "sdk-lambda-3.758.0"),)


class BySdkForJavaScript(Operations, unittest.TestCase):
    family = Sdk
    unknown = {"PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy"}


if __name__ == "__main__":
    unittest.main()
