"""Layers and resource-based policies with boto3 against the real daemon: an operation a test."""
import base64
import hashlib
import json
import unittest
import urllib.request

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, make_zip, wait_active

READER = """
import json, os, subprocess
def handler(event, context):
    found = {}
    for path in event.get("read", []):
        try:
            with open(path) as file:
                found[path] = file.read()
        except OSError as error:
            found[path] = type(error).__name__
    if event.get("import"):
        found["module"] = __import__(event["import"]).WHAT
    if event.get("run"):
        found["run"] = subprocess.run(event["run"], capture_output=True, text=True).stdout
    return found
"""


class Case(unittest.TestCase):
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

    def publish(self, name, files, **options):
        return self.client.publish_layer_version(
            LayerName=name, Content={"ZipFile": make_zip(files)}, **options)

    def update(self, name, **options):
        self.client.update_function_configuration(FunctionName=name, **options)
        wait_active(self.client, name)


class Layers(Case):
    def test_publish_and_get(self):
        package = make_zip({"a": "1"})
        made = self.client.publish_layer_version(
            LayerName="first", Content={"ZipFile": package}, Description="what it is",
            CompatibleRuntimes=["python3.11"], CompatibleArchitectures=["x86_64"], LicenseInfo="MIT")
        arn = "arn:aws:lambda:us-east-1:000000000000:layer:first"
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual((made["LayerArn"], made["LayerVersionArn"], made["Version"]), (arn, arn + ":1", 1))
        self.assertEqual(made["Content"]["CodeSha256"],
                         base64.b64encode(hashlib.sha256(package).digest()).decode())
        self.assertEqual(made["Content"]["CodeSize"], len(package))
        for got in (self.client.get_layer_version(LayerName="first", VersionNumber=1),
                    self.client.get_layer_version(LayerName=arn, VersionNumber=1),
                    self.client.get_layer_version_by_arn(Arn=arn + ":1")):
            for member in ("LayerVersionArn", "Description", "CompatibleRuntimes",
                           "CompatibleArchitectures", "LicenseInfo", "CreatedDate"):
                self.assertEqual(got[member], made[member])
            with urllib.request.urlopen(got["Content"]["Location"]) as download:
                self.assertEqual(download.read(), package)

    def test_numbers_are_never_given_twice(self):
        self.assertEqual(self.publish("count", {"a": "1"})["Version"], 1)
        self.assertEqual(self.publish("count", {"a": "2"})["Version"], 2)
        gone = self.client.delete_layer_version(LayerName="count", VersionNumber=2)
        self.assertEqual(gone["ResponseMetadata"]["HTTPStatusCode"], 204)
        self.client.delete_layer_version(LayerName="count", VersionNumber=2)
        self.assertEqual(self.publish("count", {"a": "3"})["Version"], 3)
        versions = self.client.list_layer_versions(LayerName="count")["LayerVersions"]
        self.assertEqual([v["Version"] for v in versions], [3, 1])
        page = self.client.list_layer_versions(LayerName="count", MaxItems=1)
        rest = self.client.list_layer_versions(LayerName="count", Marker=page["NextMarker"])
        self.assertEqual([v["Version"] for v in rest["LayerVersions"]], [1])
        self.assertEqual(self.client.list_layer_versions(LayerName="nothing")["LayerVersions"], [])

    def test_list_filters(self):
        self.publish("filter-py", {"a": "1"}, CompatibleRuntimes=["python3.11"])
        self.publish("filter-js", {"a": "1"}, CompatibleRuntimes=["nodejs22.x"],
                     CompatibleArchitectures=["arm64"])

        def names(**options):
            return {layer["LayerName"] for layer in self.client.list_layers(**options)["Layers"]
                    if layer["LayerName"].startswith("filter")}
        self.assertEqual(names(), {"filter-py", "filter-js"})
        self.assertEqual(names(CompatibleRuntime="python3.11"), {"filter-py"})
        self.assertEqual(names(CompatibleArchitecture="arm64"), {"filter-js"})
        self.assertEqual(names(CompatibleArchitecture="x86_64"), {"filter-py"})

    def test_errors(self):
        get = self.client.get_layer_version
        self.assertEqual(self.error(get, LayerName="nobody", VersionNumber=1),
                         ("ResourceNotFoundException", 404, "The resource you requested does not exist."))
        self.assertEqual(self.error(get, LayerName="nobody", VersionNumber=0)[:2],
                         ("InvalidParameterValueException", 400))
        self.assertEqual(self.error(self.client.get_layer_version_by_arn, Arn="no arn")[:2],
                         ("ValidationException", 400))
        publish = self.client.publish_layer_version
        for content in (b"", b"no zip"):
            self.assertEqual(self.error(publish, LayerName="bad", Content={"ZipFile": content})[:2],
                             ("InvalidParameterValueException", 400))
        self.assertEqual(self.error(publish, LayerName="bad", Content={"S3Bucket": "bucket", "S3Key": "k"})[:2],
                         ("InvalidParameterValueException", 400))
        code, status, message = self.error(
            publish, LayerName="bad", Content={"ZipFile": make_zip({"../out": "1"})})
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("leaves the package", message)

    def test_what_functions_see(self):
        base = self.publish("base", {
            "python/shared.py": "WHAT = 'from the layer'\n", "only-base": "base", "both": "base",
            "bin/tool": ("#!/bin/sh\necho tool says $0\n", 0o755), "dir/x": "base"})
        top = self.publish("top", {"both": "top", "dir/y": "top", "lib/z": "top"})
        create_function(self.client, "sees", {"app.py": READER},
                        Layers=[base["LayerVersionArn"], top["LayerVersionArn"]])
        configured = self.client.get_function_configuration(FunctionName="sees")["Layers"]
        self.assertEqual([layer["Arn"] for layer in configured],
                         [base["LayerVersionArn"], top["LayerVersionArn"]])
        self.assertEqual(configured[0]["CodeSize"], base["Content"]["CodeSize"])
        paths = ["/opt/only-base", "/opt/both", "/opt/dir/x", "/opt/dir/y", "/opt/lib/z"]
        seen = invoke(self.client, "sees", {"read": paths, "import": "shared", "run": ["tool"]})[0]
        self.assertEqual([seen[path] for path in paths], ["base", "top", "base", "top", "top"])
        self.assertEqual(seen["module"], "from the layer")
        self.assertEqual(seen["run"], "tool says /opt/bin/tool\n")
        # The order decides.
        self.update("sees", Layers=[top["LayerVersionArn"], base["LayerVersionArn"]])
        self.assertEqual(invoke(self.client, "sees", {"read": ["/opt/both"]})[0]["/opt/both"], "base")
        # An update of something else leaves them alone, an empty list takes them away.
        self.update("sees", Timeout=7)
        self.assertEqual(invoke(self.client, "sees", {"read": ["/opt/both"]})[0]["/opt/both"], "base")
        self.update("sees", Layers=[])
        self.assertNotIn("Layers", self.client.get_function_configuration(FunctionName="sees"))
        self.assertEqual(invoke(self.client, "sees", {"read": ["/opt/both"]})[0]["/opt/both"],
                         "FileNotFoundError")

    def test_a_link_of_one_layer_does_not_lead_another_outside(self):
        link = self.publish("link", {"real/f": "1", "lib": ("real", 0o120777)})
        files = self.publish("files", {"lib/planted": "2"})
        create_function(self.client, "links", {"app.py": READER},
                        Layers=[link["LayerVersionArn"], files["LayerVersionArn"]])
        seen = invoke(self.client, "links", {"read": ["/opt/real/planted", "/opt/lib/planted", "/opt/lib/f"]})[0]
        self.assertEqual(list(seen.values()), ["FileNotFoundError", "2", "FileNotFoundError"])

    def test_a_deleted_version_goes_on_in_functions(self):
        layer = self.publish("doomed", {"kept": "still here"})
        create_function(self.client, "keeps", {"app.py": READER}, Layers=[layer["LayerVersionArn"]])
        self.client.delete_layer_version(LayerName="doomed", VersionNumber=1)
        event = {"read": ["/opt/kept"]}
        self.assertEqual(invoke(self.client, "keeps", event)[0]["/opt/kept"], "still here")
        self.platform.kill()
        self.platform.start()
        type(self).client = self.platform.client()
        wait_active(self.client, "keeps")
        self.assertEqual(invoke(self.client, "keeps", event)[0]["/opt/kept"], "still here")
        self.update("keeps", Timeout=8)
        self.assertEqual(invoke(self.client, "keeps", event)[0]["/opt/kept"], "still here")
        code, status, message = self.error(
            self.client.update_function_configuration, FunctionName="keeps",
            Layers=[layer["LayerVersionArn"]])
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertEqual(message, f"Layer version {layer['LayerVersionArn']} does not exist.")

    def test_limits_of_functions(self):
        layers = [self.publish(f"many-{i}", {"a": str(i)})["LayerVersionArn"] for i in range(6)]
        create_function(self.client, "many", {"app.py": READER})
        update = self.client.update_function_configuration
        self.assertEqual(self.error(update, FunctionName="many", Layers=layers),
                         ("InvalidParameterValueException", 400, "Cannot reference more than 5 layers."))
        second = self.publish("many-0", {"a": "again"})["LayerVersionArn"]
        code, status, message = self.error(update, FunctionName="many", Layers=[layers[0], second])
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("Two different versions of the same layer are not allowed", message)
        foreign = layers[0].replace("000000000000", "123456789012")
        self.assertEqual(self.error(update, FunctionName="many", Layers=[foreign])[:2],
                         ("AccessDeniedException", 403))

    def test_size_with_the_package(self):
        zeros = b"\0" * 130_000_000
        halves = [self.publish(f"half-{i}", {"z": zeros})["LayerVersionArn"] for i in range(2)]
        create_function(self.client, "heavy", {"app.py": READER, "z": b"\0" * 10_000_000})
        code, status, message = self.error(self.client.update_function_configuration,
                                           FunctionName="heavy", Layers=halves)
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("Function code combined with layers exceeds the maximum allowed size of "
                      "262144000 bytes. The actual size is 2700", message)
        self.update("heavy", Layers=halves[:1])

    def test_permissions(self):
        arn = self.publish("shared", {"a": "1"})["LayerVersionArn"]
        call = dict(LayerName="shared", VersionNumber=1)
        get = self.client.get_layer_version_policy
        self.assertEqual(self.error(get, **call)[:2], ("ResourceNotFoundException", 404))
        add = dict(call, StatementId="all", Action="lambda:GetLayerVersion", Principal="*",
                   OrganizationId="o-abcdefghij")
        added = self.client.add_layer_version_permission(**add)
        self.assertEqual(json.loads(added["Statement"]), {
            "Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "lambda:GetLayerVersion",
            "Resource": arn, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}})
        self.assertEqual(self.error(self.client.add_layer_version_permission, **add)[:2],
                         ("ResourceConflictException", 409))
        second = self.client.add_layer_version_permission(
            **call, StatementId="one", Action="lambda:GetLayerVersion", Principal="123456789012")
        self.assertEqual(json.loads(second["Statement"])["Principal"],
                         {"AWS": "arn:aws:iam::123456789012:root"})
        policy = get(**call)
        document = json.loads(policy["Policy"])
        self.assertEqual((document["Version"], document["Id"]), ("2012-10-17", "default"))
        self.assertEqual([s["Sid"] for s in document["Statement"]], ["all", "one"])
        self.assertEqual(policy["RevisionId"], second["RevisionId"])
        remove = self.client.remove_layer_version_permission
        self.assertEqual(self.error(remove, **call, StatementId="one", RevisionId=added["RevisionId"])[:2],
                         ("PreconditionFailedException", 412))
        remove(**call, StatementId="one", RevisionId=second["RevisionId"])
        self.assertEqual(self.error(remove, **call, StatementId="one"),
                         ("ResourceNotFoundException", 404, "Statement one is not found in resource policy."))
        remove(**call, StatementId="all")
        self.assertEqual(self.error(get, **call)[:2], ("ResourceNotFoundException", 404))
        self.assertEqual(self.error(self.client.add_layer_version_permission,
                                    **dict(add, VersionNumber=9))[:2], ("ResourceNotFoundException", 404))
        self.assertEqual(self.error(self.client.add_layer_version_permission,
                                    **dict(add, Action="lambda:Other"))[:2], ("ValidationException", 400))


class Policies(Case):
    def test_statements(self):
        arn = create_function(self.client, "open", {"app.py": READER})["FunctionArn"]
        get = self.client.get_policy
        self.assertEqual(self.error(get, FunctionName="open"),
                         ("ResourceNotFoundException", 404, "The resource you requested does not exist."))
        added = self.client.add_permission(
            FunctionName="open", StatementId="bucket", Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::bucket", SourceAccount="123456789012")
        self.assertEqual(added["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual(json.loads(added["Statement"]), {
            "Sid": "bucket", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"},
                          "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}}})
        self.client.add_permission(FunctionName="open", StatementId="url", Action="lambda:InvokeFunctionUrl",
                                   Principal="*", FunctionUrlAuthType="NONE")
        policy = get(FunctionName="open")
        document = json.loads(policy["Policy"])
        self.assertEqual([s["Sid"] for s in document["Statement"]], ["bucket", "url"])
        again = dict(FunctionName="open", StatementId="url", Action="lambda:InvokeFunction", Principal="*")
        self.assertEqual(self.error(self.client.add_permission, **again)[:2], ("ResourceConflictException", 409))
        self.assertEqual(self.error(self.client.add_permission, **dict(again, StatementId="x", RevisionId="old"))[:2],
                         ("PreconditionFailedException", 412))
        code, status, message = self.error(self.client.add_permission, **dict(again, StatementId="x", Principal="who"))
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertEqual(message, "The provided principal was invalid. Please check the principal and try again.")
        remove = self.client.remove_permission
        self.assertEqual(self.error(remove, FunctionName="open", StatementId="none"),
                         ("ResourceNotFoundException", 404, "Statement none is not found in resource policy."))
        remove(FunctionName="open", StatementId="url", RevisionId=policy["RevisionId"])
        self.platform.kill()
        self.platform.start()
        type(self).client = self.platform.client()
        self.assertEqual(len(json.loads(self.client.get_policy(FunctionName="open")["Policy"])["Statement"]), 1)
        self.client.remove_permission(FunctionName="open", StatementId="bucket")
        self.assertEqual(self.error(self.client.get_policy, FunctionName="open")[:2],
                         ("ResourceNotFoundException", 404))

    def test_qualifiers_have_their_own(self):
        arn = create_function(self.client, "qualified", {"app.py": READER})["FunctionArn"]
        version = self.client.publish_version(FunctionName="qualified")["Version"]
        self.client.create_alias(FunctionName="qualified", Name="live", FunctionVersion=version)
        for qualifier in (version, "live"):
            added = self.client.add_permission(
                FunctionName="qualified", Qualifier=qualifier, StatementId="s",
                Action="lambda:InvokeFunction", Principal="123456789012")
            self.assertEqual(json.loads(added["Statement"])["Resource"], f"{arn}:{qualifier}")
        self.assertEqual(self.error(self.client.get_policy, FunctionName="qualified")[0], "ResourceNotFoundException")
        self.assertEqual(self.error(self.client.add_permission, FunctionName="qualified", Qualifier="none",
                                    StatementId="s", Action="lambda:InvokeFunction", Principal="*")[:2],
                         ("ResourceNotFoundException", 404))
        self.client.delete_alias(FunctionName="qualified", Name="live")
        self.client.create_alias(FunctionName="qualified", Name="live", FunctionVersion=version)
        self.assertEqual(self.error(self.client.get_policy, FunctionName="qualified", Qualifier="live")[0],
                         "ResourceNotFoundException")

    def test_length_limit(self):
        create_function(self.client, "long", {"app.py": READER})
        for i in range(200):
            try:
                self.client.add_permission(
                    FunctionName="long", StatementId=f"s{i}", Action="lambda:InvokeFunction",
                    Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::" + "b" * 300)
            except ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], "PolicyLengthExceededException")
                self.assertGreater(i, 10)
                return
        self.fail("the policy grew without end")

    def test_whole_policy(self):
        arn = create_function(self.client, "whole", {"app.py": READER})["FunctionArn"]
        path = "/2026-07-09/resource-policy/" + urllib.request.quote(arn, safe="")

        def call(method, body=None, query=None):
            status, headers, answer = self.platform.signed(
                method, path, json.dumps(body).encode() if body else b"", query=query)
            return status, headers.get("x-amzn-ErrorType"), json.loads(answer) if answer else None
        self.assertEqual(call("GET")[:2], (404, "ResourceNotFoundException"))
        document = {"Version": "2012-10-17", "Statement": {
            "Sid": "a", "Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "lambda:*",
            "Resource": arn}}
        status, _, put = call("PUT", {"Policy": json.dumps(document)})
        self.assertEqual(status, 200)
        self.assertEqual(call("GET")[2], put)
        self.assertEqual(json.loads(self.client.get_policy(FunctionName="whole")["Policy"]),
                         json.loads(put["Policy"]))
        self.assertEqual(call("PUT", {"Policy": json.dumps(document), "RevisionId": "old"})[:2],
                         (412, "PreconditionFailedException"))
        for wrong in ("[]", "{", "{}", '{"Version":"1999-01-01","Statement":[]}',
                      json.dumps(dict(document, Statement=[{"Effect": "Maybe"}]))):
            self.assertEqual(call("PUT", {"Policy": wrong})[:2], (400, "InvalidParameterValueException"), wrong)
        self.assertEqual(call("PUT", {"Policy": json.dumps(dict(document, Id="x" * 20_480))})[:2],
                         (400, "PolicyLengthExceededException"))
        self.assertEqual(call("DELETE", query={"RevisionId": "old"})[:2], (412, "PreconditionFailedException"))
        self.assertEqual(call("DELETE", query={"RevisionId": put["RevisionId"]})[0], 204)
        self.assertEqual(call("GET")[:2], (404, "ResourceNotFoundException"))


if __name__ == "__main__":
    unittest.main()
