"""Every error that the Lambda API declares: each that can happen here is provoked, with boto3, or with a signed
request by hand where boto3 is too old or checks itself, and its status, its headers, its document and its text are
compared with the API's model."""
import json
import os
import re
import tempfile
import unittest

from botocore.exceptions import ClientError

from support.code_signing import Signer
from support.platform import ROLE, Platform, create_function, function_url, invoke, make_zip, wait_active, wait_for

ACCOUNT = "000000000000"
PREFIX = f"arn:aws:lambda:us-east-1:{ACCOUNT}:"
MAIN = PREFIX + "function:main"
CODE = {"app.py": "import time\ndef handler(event, context):\n    time.sleep(event.get('seconds', 0))\n    return 1\n"}
NOWHERE = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000"

# With the HTTP status and the member that has the text.
MODEL = {
    "AliasLimitExceededException": (400, "message"),
    "CallbackTimeoutException": (400, "Message"),
    "CapacityProviderLimitExceededException": (400, "message"),
    "CodeArtifactUserDeletedException": (409, "message"),
    "CodeArtifactUserFailedException": (409, "message"),
    "CodeArtifactUserPendingException": (409, "message"),
    "CodeSigningConfigNotFoundException": (404, "Message"),
    "CodeStorageExceededException": (400, "message"),
    "CodeVerificationFailedException": (400, "Message"),
    "DurableExecutionAlreadyStartedException": (409, "Message"),
    "EC2AccessDeniedException": (502, "Message"),
    "EC2ThrottledException": (502, "Message"),
    "EC2UnexpectedException": (502, "Message"),
    "EFSIOException": (410, "Message"),
    "EFSMountConnectivityException": (408, "Message"),
    "EFSMountFailureException": (403, "Message"),
    "EFSMountTimeoutException": (408, "Message"),
    "ENILimitReachedException": (502, "Message"),
    "ENINotReadyException": (502, "Message"),
    "FunctionVersionsPerCapacityProviderLimitExceededException": (400, "message"),
    "InvalidCodeSignatureException": (400, "Message"),
    "InvalidParameterValueException": (400, "message"),
    "InvalidRequestContentException": (400, "message"),
    "InvalidRuntimeException": (502, "Message"),
    "InvalidSecurityGroupIDException": (502, "Message"),
    "InvalidSubnetIDException": (502, "Message"),
    "InvalidZipFileException": (502, "Message"),
    "KMSAccessDeniedException": (502, "Message"),
    "KMSDisabledException": (502, "Message"),
    "KMSInvalidStateException": (502, "Message"),
    "KMSNotFoundException": (502, "Message"),
    "ModeNotSupportedException": (400, "message"),
    "NoPublishedVersionException": (400, "Message"),
    "PolicyLengthExceededException": (400, "message"),
    "PreconditionFailedException": (412, "message"),
    "ProvisionedConcurrencyConfigNotFoundException": (404, "message"),
    "PublicPolicyException": (400, "Message"),
    "RecursiveInvocationException": (400, "Message"),
    "RequestTooLargeException": (413, "message"),
    "ResourceConflictException": (409, "message"),
    "ResourceInUseException": (400, "Message"),
    "ResourceNotFoundException": (404, "Message"),
    "ResourceNotReadyException": (502, "message"),
    "S3FilesMountConnectivityException": (408, "Message"),
    "S3FilesMountFailureException": (403, "Message"),
    "S3FilesMountTimeoutException": (408, "Message"),
    "SerializedRequestEntityTooLargeException": (413, "message"),
    "ServiceException": (500, "Message"),
    "ServiceQuotaExceededException": (402, "Message"),
    "SnapStartException": (400, "Message"),
    "SnapStartNotReadyException": (409, "Message"),
    "SnapStartRegenerationFailureException": (409, "Message"),
    "SnapStartTimeoutException": (408, "Message"),
    "SubnetIPAddressLimitReachedException": (502, "Message"),
    "TooManyRequestsException": (429, "message"),
    "UnsupportedMediaTypeException": (415, "message"),
}

# Of the others the reason why they cannot happen.
NO_NETWORK = "VPCs and file systems are refused when a function is configured"
ELSEWHERE = "of event sources, durable executions and capacity providers, which have tests of their own"
NOT_HERE = {
    **dict.fromkeys((name for name in MODEL if re.match("EC2|EFS|ENI|S3Files|Subnet|InvalidSubnet|InvalidSecurity", name)),
                    NO_NETWORK),
    "ResourceNotReadyException": NO_NETWORK,
    **dict.fromkeys(("CallbackTimeoutException", "CapacityProviderLimitExceededException",
                     "DurableExecutionAlreadyStartedException", "ResourceInUseException", "ModeNotSupportedException",
                     "FunctionVersionsPerCapacityProviderLimitExceededException"), ELSEWHERE),
    **dict.fromkeys((name for name in MODEL if name.startswith("CodeArtifactUser")),
                    "AWS's own; what it is for is not documented"),
    "AliasLimitExceededException": "AWS names no limit",
    "InvalidZipFileException": "a package is read when it comes, and then is an InvalidParameterValueException",
    "PublicPolicyException": "there is no setting that blocks public access",
    "SerializedRequestEntityTooLargeException": "AWS does not say how it differs from RequestTooLargeException",
    "ServiceException": "of a disk that is full, for one; provoked in daemon_faults_test.py",
    "ServiceQuotaExceededException": "AWS does not say of which quota",
    "SnapStartRegenerationFailureException": "a snapshot that is lost is made anew beside an ordinary start",
}

# What names a function, with the least that it takes: method, path, body.
OF_FUNCTIONS = [
    ("GET", "/2019-09-25/functions/{}/event-invoke-config", None),
    ("PUT", "/2019-09-25/functions/{}/event-invoke-config", {"MaximumRetryAttempts": 1}),
    ("POST", "/2019-09-25/functions/{}/event-invoke-config", {"MaximumRetryAttempts": 1}),
    ("DELETE", "/2019-09-25/functions/{}/event-invoke-config", None),
    ("GET", "/2019-09-25/functions/{}/event-invoke-config/list", None),
    ("GET", "/2020-06-30/functions/{}/code-signing-config", None),
    ("DELETE", "/2020-06-30/functions/{}/code-signing-config", None),
    ("GET", "/2019-09-30/functions/{}/provisioned-concurrency?Qualifier=1", None),
    ("PUT", "/2019-09-30/functions/{}/provisioned-concurrency?Qualifier=1", {"ProvisionedConcurrentExecutions": 1}),
    ("DELETE", "/2019-09-30/functions/{}/provisioned-concurrency?Qualifier=1", None),
    ("GET", "/2019-09-30/functions/{}/provisioned-concurrency?List=ALL", None),
    ("GET", "/2019-09-30/functions/{}/concurrency", None),
    ("PUT", "/2017-10-31/functions/{}/concurrency", {"ReservedConcurrentExecutions": 1}),
    ("DELETE", "/2017-10-31/functions/{}/concurrency", None),
    ("GET", "/2021-10-31/functions/{}/url", None),
    ("POST", "/2021-10-31/functions/{}/url", {"AuthType": "NONE"}),
    ("PUT", "/2021-10-31/functions/{}/url", {"AuthType": "NONE"}),
    ("DELETE", "/2021-10-31/functions/{}/url", None),
    ("GET", "/2021-10-31/functions/{}/urls", None),
    ("GET", "/2015-03-31/functions/{}/policy", None),
    ("POST", "/2015-03-31/functions/{}/policy",
     {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}),
    ("DELETE", "/2015-03-31/functions/{}/policy/s", None),
    ("GET", "/2024-08-31/functions/{}/recursion-config", None),
    ("PUT", "/2024-08-31/functions/{}/recursion-config", {"RecursiveLoop": "Allow"}),
    ("GET", "/2021-07-20/functions/{}/runtime-management-config", None),
    ("PUT", "/2021-07-20/functions/{}/runtime-management-config", {"UpdateRuntimeOn": "Auto"}),
    ("POST", "/2015-03-31/functions/{}/invocations", {}),
    ("POST", "/2014-11-13/functions/{}/invoke-async", {}),
    ("POST", "/2021-11-15/functions/{}/response-streaming-invocations", {}),
]


class Errors(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--concurrency", "200", "--code-storage", "2"]).start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.platform.client()
        cls.addClassCleanup(cls.client.close)
        cls.answer = None
        session = cls.client._endpoint.http_session  # what came, as it came
        plain = session.send

        def send(request):
            response = plain(request)
            cls.answer = response.status_code, dict(response.headers), response.content
            return response
        session.send = send
        create_function(cls.client, "main", CODE)
        cls.version = cls.client.publish_version(FunctionName="main")["Version"]

    def provoke(self, name, text, call, **arguments):
        """The call of boto3 fails with the error; text is what its text begins with."""
        with self.assertRaises(getattr(self.client.exceptions, name, ClientError), msg=name):
            call(**arguments)
        self.check(name, text, *self.answer)

    def check(self, name, text, status, headers, body):
        wanted, member = MODEL[name]
        headers = {key.lower(): value for key, value in headers.items()}
        document = json.loads(body)
        self.assertEqual((headers.get("x-amzn-errortype"), status), (name, wanted), body)
        self.assertRegex(headers["x-amzn-requestid"], "^[0-9a-f-]{36}$")
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(document["Type"], "User" if wanted < 500 else "Service")
        self.assertTrue(document[member].startswith(text), (document, text))
        extra = {"Type", member} | ({"Reason", "retryAfterSeconds"} if wanted == 429 else set())
        self.assertEqual(set(document), extra)
        self.provoked.add(name)

    def by_hand(self, name, text, method, path, body=None, headers=None):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        query = dict(pair.split("=") for pair in query.split("&")) if query else None
        self.check(name, text, *self.platform.signed(method, path, data, headers, query))

    def test_every_error(self):
        self.assertEqual(set(NOT_HERE) - set(MODEL), set())
        self.provoked = set()
        without_snapshots = False
        for case in (self.not_found, self.invalid_parameters, self.conflicts, self.preconditions, self.long_policies,
                     self.code_signing, self.code_storage, self.requests, self.runtimes, self.keys, self.throttled):
            with self.subTest(case.__name__):
                case()
        with self.subTest("snapshots"):
            without_snapshots = not self.snapshots()
        missing = set(MODEL) - set(NOT_HERE) - self.provoked
        if without_snapshots:
            missing = {name for name in missing if not name.startswith("SnapStart")}
        self.assertEqual(missing, set())

    def not_found(self):
        name = "ResourceNotFoundException"
        client = self.client
        for method, path, body in OF_FUNCTIONS:
            text = "The function doesn't exist." if "event-invoke-config" in path else "Function not found: " + PREFIX
            with self.subTest(method + " " + path):
                self.by_hand(name, text, method, path.format("nobody"), body)
        gone = "The resource you requested does not exist."
        self.provoke(name, f"Function not found: {MAIN}:7", client.invoke, FunctionName="main", Qualifier="7")
        self.provoke(name, gone, client.get_policy, FunctionName="main")
        self.provoke(name, "No policy is associated with the given resource.", client.remove_permission,
                     FunctionName="main", StatementId="s")
        for call in (client.get_function_url_config, client.delete_function_url_config):
            self.provoke(name, gone, call, FunctionName="main")
        for call in (client.get_function_event_invoke_config, client.delete_function_event_invoke_config):
            self.provoke(name, f"The function {MAIN}:$LATEST doesn't have an EventInvokeConfig", call,
                         FunctionName="main")
        self.provoke(name, gone, client.get_layer_version, LayerName="none", VersionNumber=1)
        self.provoke(name, gone, client.get_layer_version_by_arn, Arn=PREFIX + "layer:none:1")
        for call, more in ((client.get_layer_version_policy, {}),
                           (client.remove_layer_version_permission, {"StatementId": "s"}),
                           (client.add_layer_version_permission,
                            {"StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"})):
            self.provoke(name, f"Layer version {PREFIX}layer:none:1 does not exist.", call, LayerName="none",
                         VersionNumber=1, **more)
        config = PREFIX + "code-signing-config:csc-0123456789abcdef0"
        for call in (client.get_code_signing_config, client.delete_code_signing_config,
                     client.update_code_signing_config, client.list_functions_by_code_signing_config):
            self.provoke(name, f"The Lambda code signing configuration {config} can not be found.", call,
                         CodeSigningConfigArn=config)
        for method in ("GET", "DELETE"):
            self.by_hand(name, gone, method, "/2026-07-09/resource-policy/" + MAIN.replace(":", "%3A"))
        name = "ProvisionedConcurrencyConfigNotFoundException"
        self.provoke(name, "No Provisioned Concurrency Config found for this function",
                     client.get_provisioned_concurrency_config, FunctionName="main", Qualifier=self.version)

    def invalid_parameters(self):
        name = "InvalidParameterValueException"
        client = self.client
        self.provoke(name, "Specified ReservedConcurrentExecutions for function decreases account's "
                           "UnreservedConcurrentExecution below its minimum value of [100].",
                     client.put_function_concurrency, FunctionName="main", ReservedConcurrentExecutions=101)
        self.provoke(name, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
                     client.put_provisioned_concurrency_config, FunctionName="main", Qualifier="$LATEST",
                     ProvisionedConcurrentExecutions=1)
        self.provoke(name, "You must specify at least one of error handling or destination setting.",
                     client.put_function_event_invoke_config, FunctionName="main")
        self.provoke(name, "We currently do not support adding policies for $LATEST.", client.add_permission,
                     FunctionName="main", Qualifier="$LATEST", StatementId="s", Action="lambda:InvokeFunction",
                     Principal="s3.amazonaws.com")
        self.provoke(name, "Layer Version Cannot be less than 1", client.get_layer_version, LayerName="none",
                     VersionNumber=0)
        self.provoke(name, "Uploaded file must be a non-empty zip", client.publish_layer_version, LayerName="none",
                     Content={"ZipFile": b""})
        self.provoke(name, "Could not unzip uploaded file.", client.update_function_code, FunctionName="main",
                     ZipFile=b"no zip")
        self.provoke(name, "AllowOrigins must be either", client.create_function_url_config, FunctionName="main",
                     AuthType="NONE", Cors={"AllowOrigins": ["*", "https://example.com"]})
        self.provoke(name, f"Layer version {PREFIX}layer:none:1 does not exist.",
                     client.update_function_configuration, FunctionName="main", Layers=[PREFIX + "layer:none:1"])
        self.provoke(name, "nodejs22.x is not supported for SnapStart enabled functions.",
                     client.update_function_configuration, FunctionName="main", Runtime="nodejs22.x",
                     SnapStart={"ApplyOn": "PublishedVersions"})
        self.by_hand(name, "LogLevel is not supported when LogFormat is set to \"Text\".", "PUT",
                     "/2015-03-31/functions/main/configuration", {"LoggingConfig": {"SystemLogLevel": "WARN"}})
        self.by_hand(name, "The policy document is not valid: ", "PUT",
                     "/2026-07-09/resource-policy/" + MAIN.replace(":", "%3A"), {"Policy": "{}"})
        self.by_hand(name, "The invoked function is not enabled with tenancy configuration.", "POST",
                     "/2015-03-31/functions/main/invocations", {}, {"X-Amz-Tenant-Id": "blue"})

    def conflicts(self):
        name = "ResourceConflictException"
        client = self.client
        self.provoke(name, "Function already exist: main", client.create_function, FunctionName="main",
                     Runtime="python3.11", Handler="app.handler", Role=ROLE, Code={"ZipFile": make_zip(CODE)})
        statement = dict(FunctionName="main", StatementId="s", Action="lambda:InvokeFunction",
                         Principal="s3.amazonaws.com")
        client.add_permission(**statement)
        self.provoke(name, "The statement id (s) provided already exists. Please provide a new statement id, or "
                           "remove the existing statement.", client.add_permission, **statement)
        self.provoke("ResourceNotFoundException", "Statement t is not found in resource policy.",
                     client.remove_permission, FunctionName="main", StatementId="t")
        layer = dict(LayerName="layer", VersionNumber=1)
        client.publish_layer_version(LayerName="layer", Content={"ZipFile": make_zip({"a": "1"})})
        permission = dict(layer, StatementId="s", Action="lambda:GetLayerVersion", Principal="*")
        client.add_layer_version_permission(**permission)
        self.provoke(name, "The statement id (s) provided already exists.", client.add_layer_version_permission,
                     **permission)
        function_url(self.platform, "main", AuthType="NONE")
        self.provoke(name, f"Failed to create function url config for [functionArn = {MAIN}]. Error message:  "
                           "FunctionUrlConfig exists for this Lambda function",
                     client.create_function_url_config, FunctionName="main", AuthType="NONE")
        client.create_alias(FunctionName="main", Name="live", FunctionVersion=self.version)
        self.provoke(name, f"Alias already exists: {MAIN}:live", client.create_alias, FunctionName="main",
                     Name="live", FunctionVersion=self.version)
        client.put_provisioned_concurrency_config(FunctionName="main", Qualifier="live",
                                                  ProvisionedConcurrentExecutions=1)
        self.provoke(name, "Version is pointed to by a Provisioned Concurrency alias",
                     client.put_provisioned_concurrency_config, FunctionName="main", Qualifier=self.version,
                     ProvisionedConcurrentExecutions=1)
        client.delete_provisioned_concurrency_config(FunctionName="main", Qualifier="live")

    def preconditions(self):
        name, text = "PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id."
        old = "00000000-0000-4000-8000-000000000000"
        client = self.client
        self.provoke(name, text, client.add_permission, FunctionName="main", StatementId="new", RevisionId=old,
                     Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
        self.provoke(name, text, client.remove_permission, FunctionName="main", StatementId="s", RevisionId=old)
        layer = dict(LayerName="layer", VersionNumber=1, RevisionId=old)
        self.provoke(name, text, client.add_layer_version_permission, StatementId="new",
                     Action="lambda:GetLayerVersion", Principal="*", **layer)
        self.provoke(name, text, client.remove_layer_version_permission, StatementId="s", **layer)
        self.provoke(name, text, client.publish_version, FunctionName="main", RevisionId=old)
        self.provoke(name, text, client.update_alias, FunctionName="main", Name="live", RevisionId=old)
        self.provoke(name, text, client.update_function_configuration, FunctionName="main", RevisionId=old)
        self.by_hand(name, text, "DELETE", "/2026-07-09/resource-policy/" + MAIN.replace(":", "%3A") +
                     f"?RevisionId={old}")

    def long_policies(self):
        def fill(call, **arguments):
            for number in range(200):
                try:
                    call(StatementId=f"{number:0100}", **arguments)
                except ClientError:
                    return self.provoke("PolicyLengthExceededException", "The final policy size (", call,
                                        StatementId=f"{number:0100}", **arguments)
            raise AssertionError("a policy grows without end")
        fill(self.client.add_permission, FunctionName="main", Action="lambda:InvokeFunction",
             Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::" + "x" * 100)
        fill(self.client.add_layer_version_permission, LayerName="layer", VersionNumber=1,
             Action="lambda:GetLayerVersion", Principal=ACCOUNT)

    def code_signing(self):
        client = self.client
        config = PREFIX + "code-signing-config:csc-0123456789abcdef0"
        self.provoke("CodeSigningConfigNotFoundException", "The code signing configuration cannot be found. Check "
                     "that the provided configuration is not deleted: " + config,
                     client.put_function_code_signing_config, FunctionName="main", CodeSigningConfigArn=config)
        profiles = os.path.join(self.platform.data_dir, "signing-profiles", "team")
        os.makedirs(profiles)
        with tempfile.TemporaryDirectory() as directory:
            signer = Signer(directory)
            os.rename(signer.certificate, os.path.join(profiles, "v1.pem"))
            signer.certificate = os.path.join(profiles, "v1.pem")
            broken = signer.package({"app.py": "1"}, listed={"app.py": "2"})
        made = client.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns":
                               [f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/team/v1"]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfig"]
        create_function(client, "signed", CODE)
        client.put_function_code_signing_config(FunctionName="signed",
                                                CodeSigningConfigArn=made["CodeSigningConfigArn"])
        self.provoke("CodeVerificationFailedException", "Lambda cannot deploy the function.",
                     client.update_function_code, FunctionName="signed", ZipFile=make_zip(CODE))
        self.provoke("InvalidCodeSignatureException", "Lambda cannot deploy the function. The code signature failed "
                     "the integrity check for signed.", client.update_function_code, FunctionName="signed",
                     ZipFile=broken)
        self.provoke("ResourceConflictException", "Cannot delete the code signing configuration ",
                     client.delete_code_signing_config, CodeSigningConfigArn=made["CodeSigningConfigArn"])

    def code_storage(self):
        large = {"ZipFile": make_zip({**CODE, "large": os.urandom(3 << 20)})}
        text = "Code storage limit exceeded."
        self.provoke("CodeStorageExceededException", text, self.client.create_function, FunctionName="large",
                     Runtime="python3.11", Handler="app.handler", Role=ROLE, Code=large)
        self.provoke("CodeStorageExceededException", text, self.client.publish_layer_version, LayerName="large",
                     Content=large)
        self.assertEqual(self.client.list_layer_versions(LayerName="large")["LayerVersions"], [])

    def requests(self):
        path, stream = ("/2015-03-31/functions/main/invocations",
                        "/2021-11-15/functions/main/response-streaming-invocations")
        for kind in ("RequestResponse", "Event"):
            self.provoke("InvalidRequestContentException", "Could not parse request body into json: ",
                         self.client.invoke, FunctionName="main", InvocationType=kind, Payload=b"{x")
        self.provoke("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.",
                     self.client.invoke, FunctionName="main", ClientContext="no base64")
        self.provoke("RequestTooLargeException", "Request must be smaller than 6291456 bytes for the InvokeFunction "
                     "operation", self.client.invoke, FunctionName="main", Payload=b'"' + b"x" * 6291455 + b'"')
        self.provoke("RequestTooLargeException", "", self.client.invoke, FunctionName="main", InvocationType="Event",
                     Payload=b'"' + b"x" * 1048576 + b'"')
        for where in (path, stream):
            self.by_hand("UnsupportedMediaTypeException", "The content type of the request body is not JSON: text/xml",
                         "POST", where, b"<event/>", {"Content-Type": "text/xml"})
            self.by_hand("NoPublishedVersionException", "The function has no published versions available.", "POST",
                         where + "?Qualifier=$LATEST.PUBLISHED", {})
        for kind in ("application/json; charset=utf-8", "application/x-www-form-urlencoded",
                     "application/octet-stream", "text/plain;charset=UTF-8", "application/cloudevents+json", ""):
            self.assertEqual(self.platform.signed("POST", path, b"{}", {"Content-Type": kind})[0], 200, kind)
        hashed = 2166136261
        for byte in MAIN.encode():
            hashed = ((hashed ^ byte) * 16777619) & 0xffffffff
        trace = f"Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:{hashed:08x}:16"
        for where in (path, stream):
            self.by_hand("RecursiveInvocationException", "", "POST", where, {}, {"X-Amzn-Trace-Id": trace})

    def runtimes(self):
        create_function(self.client, "sharp", {"a.dll": "none"}, runtime="dotnet8", handler="a::b::c")
        self.provoke("InvalidRuntimeException", "dotnet8 cannot run on this host: ", self.client.invoke,
                     FunctionName="sharp")

    def keys(self):
        kms = self.platform.client("kms")
        self.addCleanup(kms.close)
        secret = {"Variables": {"SECRET": "correct-horse-2311"}}
        self.provoke("KMSNotFoundException", "Lambda was unable to encrypt the environment variables because the KMS "
                     "key was not found.", self.client.update_function_configuration, FunctionName="main",
                     KMSKeyArn=NOWHERE, Environment=secret)
        key = kms.create_key()["KeyMetadata"]["Arn"]
        role = create_function(self.client, "sealed", CODE, KMSKeyArn=key, Environment=secret)["Role"]
        kms.disable_key(KeyId=key)
        self.provoke("KMSDisabledException", "Lambda was unable to decrypt the environment variables because the KMS "
                     "key used is disabled. Please check the KMS key settings.", self.client.invoke,
                     FunctionName="sealed")
        kms.enable_key(KeyId=key)
        allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
                 "Resource": "*"}
        deny = {"Effect": "Deny", "Principal": {"AWS": role}, "Action": "kms:Decrypt", "Resource": "*"}
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(
            {"Version": "2012-10-17", "Statement": [allow, deny]}))
        self.client.update_function_configuration(FunctionName="sealed", Description="another environment")
        wait_active(self.client, "sealed")
        self.provoke("KMSAccessDeniedException", "Lambda was unable to decrypt the environment variables because KMS "
                     "access was denied.", self.client.invoke, FunctionName="sealed")
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.provoke("KMSInvalidStateException", "Lambda was unable to decrypt the environment variables because the "
                     "KMS key used is in an invalid state. Please check the KMS key settings.", self.client.invoke,
                     FunctionName="sealed")

    def throttled(self):  # every reason is in throttles_test.py
        self.client.put_function_concurrency(FunctionName="main", ReservedConcurrentExecutions=0)
        self.provoke("TooManyRequestsException", "Rate Exceeded.", self.client.invoke, FunctionName="main")
        self.client.delete_function_concurrency(FunctionName="main")

    def snapshots(self):
        """False when this host cannot restore environments."""
        def make(name, code):
            create_function(self.client, name, {"app.py": code}, runtime="python3.12",
                            SnapStart={"ApplyOn": "PublishedVersions"})
            return self.client.publish_version(FunctionName=name)

        def settled(name):
            configuration = self.client.get_function_configuration(FunctionName=name, Qualifier="1")
            return configuration if configuration["State"] != "Pending" else None
        code = ("import time\nfrom snapshot_restore_py import register_after_restore\n"
                "def handler(event, context): return 1\n%s\n")
        make("hooked", code % "register_after_restore(lambda: 1 / 0)")
        self.provoke("SnapStartNotReadyException", "Lambda is initializing your function. It will be ready to invoke "
                     "once your function state becomes ACTIVE.", self.client.invoke, FunctionName="hooked",
                     Qualifier="1")
        if wait_for(lambda: settled("hooked"), 60)["SnapStart"]["OptimizationStatus"] != "On":
            return False
        self.provoke("SnapStartException", "The afterRestore() runtime hook encountered an error: "
                     "Runtime.AfterRestoreError: division by zero", self.client.invoke, FunctionName="hooked",
                     Qualifier="1")
        make("slow", code % "register_after_restore(time.sleep, 30)")
        wait_for(lambda: settled("slow"), 60)
        self.provoke("SnapStartTimeoutException", "Lambda couldn't restore the snapshot within the timeout limit.",
                     self.client.invoke, FunctionName="slow", Qualifier="1")
        return True


if __name__ == "__main__":
    unittest.main()
