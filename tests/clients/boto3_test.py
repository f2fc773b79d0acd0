"""boto3 against the real daemon: the life of a function as any AWS user would script it."""
import base64
import hashlib
import json
import os
import stat
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from support.platform import ROLE, Platform, create_function, invoke, make_zip, wait_active

ECHO = """
import os
def handler(event, context):
    print("hello from", context.function_name)
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn,
            "memory": context.memory_limit_in_mb, "stage": os.environ.get("STAGE")}
"""


class Boto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def error(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        return (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"],
                response["Error"]["Message"])

    def test_credentials_file_is_private(self):
        mode = os.stat(os.path.join(self.platform.data_dir, "credentials")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_life_of_a_function(self):
        package = make_zip({"app.py": ECHO})
        created = self.client.create_function(
            FunctionName="life", Runtime="python3.11", Handler="app.handler", Role=ROLE,
            Code={"ZipFile": package}, Environment={"Variables": {"STAGE": "one"}}, Tags={"team": "a"})
        self.assertEqual(created["State"], "Pending")
        self.assertEqual(created["Timeout"], 3)
        self.assertEqual(created["MemorySize"], 128)
        self.assertEqual(created["CodeSha256"],
                         base64.b64encode(hashlib.sha256(package).digest()).decode())
        self.client.get_waiter("function_active_v2").wait(FunctionName="life")

        answer, response = invoke(self.client, "life", {"n": 1}, LogType="Tail")
        self.assertEqual(answer["event"], {"n": 1})
        self.assertEqual(answer["stage"], "one")
        self.assertEqual(answer["memory"], "128")
        self.assertEqual(response["ExecutedVersion"], "$LATEST")
        log = base64.b64decode(response["LogResult"]).decode()
        self.assertRegex(log, r"START RequestId: [0-9a-f-]{36} Version: \$LATEST\n")
        self.assertIn("hello from life", log)
        self.assertRegex(log, r"REPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\t"
                              r"Billed Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB")

        first = self.client.publish_version(FunctionName="life", Description="first")
        self.assertEqual(first["Version"], "1")
        self.client.update_function_configuration(
            FunctionName="life", Environment={"Variables": {"STAGE": "two"}}, MemorySize=256)
        wait_active(self.client, "life")
        self.assertEqual(invoke(self.client, "life")[0]["stage"], "two")
        self.assertEqual(invoke(self.client, "life", Qualifier="1")[0]["stage"], "one")

        self.client.update_function_code(FunctionName="life", ZipFile=make_zip(
            {"app.py": "def handler(event, context):\n    return 'new code'\n"}))
        wait_active(self.client, "life")
        self.assertEqual(invoke(self.client, "life")[0], "new code")
        self.assertEqual(self.client.publish_version(FunctionName="life")["Version"], "2")
        versions = self.client.list_versions_by_function(FunctionName="life")["Versions"]
        self.assertEqual([v["Version"] for v in versions], ["$LATEST", "1", "2"])

        alias = self.client.create_alias(FunctionName="life", Name="live", FunctionVersion="1")
        answer, response = invoke(self.client, "life:live")
        self.assertEqual(response["ExecutedVersion"], "1")
        self.assertEqual(answer["arn"], alias["AliasArn"])
        self.client.update_alias(FunctionName="life", Name="live", FunctionVersion="1",
                                 RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
        seen = {invoke(self.client, "life:live")[1]["ExecutedVersion"] for _ in range(40)}
        self.assertEqual(seen, {"1", "2"})
        self.assertEqual(self.client.get_alias(FunctionName="life", Name="live")["FunctionVersion"], "1")
        self.assertEqual(len(self.client.list_aliases(FunctionName="life")["Aliases"]), 1)
        self.assertEqual(self.error(self.client.delete_function, FunctionName="life", Qualifier="1")[0],
                         "ResourceConflictException")
        self.client.delete_alias(FunctionName="life", Name="live")

        arn = created["FunctionArn"]
        self.client.tag_resource(Resource=arn, Tags={"stage": "dev"})
        self.assertEqual(self.client.list_tags(Resource=arn)["Tags"], {"team": "a", "stage": "dev"})
        self.client.untag_resource(Resource=arn, TagKeys=["team"])
        self.assertEqual(self.client.get_function(FunctionName="life")["Tags"], {"stage": "dev"})

        self.client.delete_function(FunctionName="life")
        self.assertEqual(self.error(self.client.get_function, FunctionName="life")[:2],
                         ("ResourceNotFoundException", 404))

    def test_code_location_serves_the_package(self):
        package = make_zip({"app.py": ECHO})
        self.client.create_function(FunctionName="located", Runtime="python3.11", Handler="app.handler",
                                    Role=ROLE, Code={"ZipFile": package})
        location = self.client.get_function(FunctionName="located")["Code"]["Location"]
        with urllib.request.urlopen(location) as answer:
            self.assertEqual(answer.read(), package)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(location.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"))
        self.assertEqual(caught.exception.code, 403)
        caught.exception.close()

    def test_pages_of_functions(self):
        package = make_zip({"app.py": ECHO})
        names = {f"page-{i:02}" for i in range(12)}
        for name in names:
            self.client.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler",
                                        Role=ROLE, Code={"ZipFile": package})
        pages = self.client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 5})
        listed = [f["FunctionName"] for page in pages for f in page["Functions"]]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertLessEqual(names, set(listed))

    def test_errors_are_those_of_aws(self):
        create_function(self.client, "errors", {"app.py": ECHO})
        conflict = self.error(self.client.create_function, FunctionName="errors", Runtime="python3.11",
                              Handler="app.handler", Role=ROLE, Code={"ZipFile": make_zip({"a": "b"})})
        self.assertEqual(conflict[:2], ("ResourceConflictException", 409))
        self.assertIn("Function already exist", conflict[2])
        missing = self.error(self.client.invoke, FunctionName="nowhere")
        self.assertEqual(missing, ("ResourceNotFoundException", 404, "Function not found: "
                                   "arn:aws:lambda:us-east-1:000000000000:function:nowhere"))
        stale = self.error(self.client.update_function_configuration, FunctionName="errors",
                           RevisionId="not-the-one", Timeout=5)
        self.assertEqual(stale[:2], ("PreconditionFailedException", 412))
        code, status, message = self.error(self.client.update_function_configuration,
                                           FunctionName="errors", MemorySize=64)
        self.assertEqual((code, status), ("ValidationException", 400))
        self.assertIn("1 validation error detected: Value '64' at 'memorySize' failed to satisfy "
                      "constraint: Member must have value greater than or equal to 128", message)

    def test_operations_to_come_say_so(self):
        create_function(self.client, "later", {"app.py": ECHO})
        code, status, message = self.error(self.client.create_event_source_mapping,
                                           FunctionName="later", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q")
        self.assertEqual((code, status), ("NotImplemented", 501))
        self.assertIn("CreateEventSourceMapping", message)

    def test_dry_run_and_settings(self):
        create_function(self.client, "dry", {"app.py": ECHO})
        self.assertEqual(self.client.invoke(FunctionName="dry", InvocationType="DryRun")["StatusCode"], 204)
        settings = self.client.get_account_settings()
        self.assertEqual(settings["AccountLimit"]["ConcurrentExecutions"], 1000)
        self.assertGreaterEqual(settings["AccountUsage"]["FunctionCount"], 1)


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    LIST = "/2015-03-31/functions/"

    def test_unsigned_is_refused(self):
        status, headers, body = self.platform.plain("GET", self.LIST)
        self.assertEqual(status, 403)
        self.assertIn("Missing Authentication Token", body.decode())

    def test_wrong_secret_is_refused(self):
        import boto3
        key, _ = self.platform.credentials()
        client = boto3.client("lambda", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                              aws_access_key_id=key, aws_secret_access_key="wrong")
        with self.assertRaises(ClientError) as caught:
            client.list_functions()
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidSignatureException")

    def test_unknown_key_is_refused(self):
        import boto3
        client = boto3.client("lambda", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                              aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x")
        with self.assertRaises(ClientError) as caught:
            client.list_functions()
        self.assertEqual(caught.exception.response["Error"]["Code"], "UnrecognizedClientException")

    def test_presigned_url_serves(self):
        from botocore.auth import SigV4QueryAuth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        key, secret = self.platform.credentials()
        request = AWSRequest(method="GET", url=self.platform.endpoint + self.LIST)
        SigV4QueryAuth(Credentials(key, secret), "lambda", "us-east-1", expires=60).add_auth(request)
        target = request.url[len(self.platform.endpoint):]
        status, _, body = self.platform.plain("GET", target)
        self.assertEqual((status, json.loads(body)["Functions"]), (200, []))
        status, _, _ = self.platform.plain("GET", target.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))
        self.assertEqual(status, 403)

    def test_foreign_host_is_refused(self):
        status, _, _ = self.platform.plain("GET", self.LIST, headers={"Host": "attacker.example"})
        self.assertEqual(status, 403)

    def test_unknown_path_is_an_aws_error(self):
        status, headers, _ = self.platform.signed("GET", "/2015-03-31/nothing")
        self.assertEqual(status, 404)
        self.assertIn("UnknownOperationException", {k.lower(): v for k, v in headers.items()}["x-amzn-errortype"])


if __name__ == "__main__":
    unittest.main()
