"""Code signing and runtime management with boto3: an operation a test, packages signed by openssl."""
import json
import os
import tempfile
import unittest

from botocore.exceptions import ClientError

from support.code_signing import Signer
from support.platform import ROLE, Platform, create_function, make_zip, wait_active

CODE = {"app.py": "def handler(event, context):\n    return 1\n"}


class Signing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()
        cls.directory = tempfile.TemporaryDirectory()
        cls.profile = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/team/v1"
        folder = os.path.join(cls.platform.data_dir, "signing-profiles", "team")
        os.makedirs(folder)
        cls.signer = Signer(cls.directory.name)
        with open(cls.signer.certificate) as source, open(os.path.join(folder, "v1.pem"), "w") as target:
            target.write(source.read())

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()
        cls.platform.__exit__()

    def error(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]

    def config(self, policy="Enforce"):
        return self.client.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [self.profile]},
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": policy})["CodeSigningConfig"]

    def test_life_of_a_configuration(self):
        made = self.config("Warn")
        arn = made["CodeSigningConfigArn"]
        self.assertRegex(arn, r"^arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-[a-z0-9]{17}$")
        get = self.client.get_code_signing_config
        self.assertEqual(get(CodeSigningConfigArn=arn)["CodeSigningConfig"], made)
        updated = self.client.update_code_signing_config(
            CodeSigningConfigArn=arn, Description="new",
            CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfig"]
        self.assertEqual(updated["Description"], "new")
        self.assertEqual(updated["AllowedPublishers"], made["AllowedPublishers"])
        self.assertEqual(updated["CodeSigningPolicies"], {"UntrustedArtifactOnDeployment": "Enforce"})
        self.assertIn(updated, self.client.list_code_signing_configs()["CodeSigningConfigs"])
        deleted = self.client.delete_code_signing_config(CodeSigningConfigArn=arn)
        self.assertEqual(deleted["ResponseMetadata"]["HTTPStatusCode"], 204)
        for call in (get, self.client.delete_code_signing_config,
                     self.client.list_functions_by_code_signing_config):
            self.assertEqual(self.error(call, CodeSigningConfigArn=arn), ("ResourceNotFoundException", 404))

    def test_an_unknown_publisher_is_refused(self):
        for profile in (self.profile + "9", "arn:aws:signer:us-east-1:000000000000:/signing-profiles/../v1",
                        "arn:aws:sns:us-east-1:000000000000:topic"):
            self.assertEqual(self.error(self.client.create_code_signing_config,
                                        AllowedPublishers={"SigningProfileVersionArns": [profile]}),
                             ("InvalidParameterValueException", 400))

    def test_of_functions(self):
        arn = self.config()["CodeSigningConfigArn"]
        function = create_function(self.client, "plain", CODE)["FunctionArn"]
        got = self.client.get_function_code_signing_config(FunctionName="plain")
        self.assertEqual((got["FunctionName"], got["CodeSigningConfigArn"]), ("plain", ""))
        put = self.client.put_function_code_signing_config(FunctionName="plain", CodeSigningConfigArn=arn)
        self.assertEqual(put["CodeSigningConfigArn"], arn)
        listed = self.client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)
        self.assertEqual(listed["FunctionArns"], [function])
        self.assertEqual(self.error(self.client.delete_code_signing_config, CodeSigningConfigArn=arn),
                         ("ResourceConflictException", 409))
        self.client.delete_function_code_signing_config(FunctionName="plain")
        self.assertEqual(
            self.client.get_function_code_signing_config(FunctionName="plain")["CodeSigningConfigArn"], "")
        self.assertEqual(self.error(self.client.put_function_code_signing_config, FunctionName="plain",
                                    CodeSigningConfigArn=arn[:-3] + "zzz"),
                         ("CodeSigningConfigNotFoundException", 404))

    def test_enforce(self):
        arn = self.config()["CodeSigningConfigArn"]
        self.client.create_function(
            FunctionName="signed", Runtime="python3.11", Handler="app.handler", Role=ROLE,
            Code={"ZipFile": self.signer.package(CODE)}, CodeSigningConfigArn=arn)
        wait_active(self.client, "signed")
        self.assertEqual(
            self.client.get_function_code_signing_config(FunctionName="signed")["CodeSigningConfigArn"], arn)
        update = self.client.update_function_code
        self.assertEqual(self.error(update, FunctionName="signed", ZipFile=make_zip(CODE)),
                         ("CodeVerificationFailedException", 400))
        with tempfile.TemporaryDirectory() as directory:
            stranger = Signer(directory)
            self.assertEqual(self.error(update, FunctionName="signed", ZipFile=stranger.package(CODE)),
                             ("CodeVerificationFailedException", 400))
        changed = {"app.py": CODE["app.py"] + "# changed after signing\n"}
        for package in (self.signer.package(changed, listed=CODE),
                        self.signer.package(dict(CODE, extra="x"), listed=CODE),
                        make_zip(dict(CODE, **{"META-INF/signature.p7s": "no signature"}))):
            self.assertEqual(self.error(update, FunctionName="signed", ZipFile=package),
                             ("InvalidCodeSignatureException", 400))
        update(FunctionName="signed", ZipFile=self.signer.package(changed))

    def test_warn_lets_unsigned_pass_but_nothing_broken(self):
        create_function(self.client, "warned", CODE)
        self.client.put_function_code_signing_config(
            FunctionName="warned", CodeSigningConfigArn=self.config("Warn")["CodeSigningConfigArn"])
        self.client.update_function_code(FunctionName="warned", ZipFile=make_zip(CODE))
        wait_active(self.client, "warned")
        with open(self.platform.log_path) as log:
            self.assertIn("the package of function warned was deployed although it is not signed", log.read())
        self.assertEqual(self.error(self.client.update_function_code, FunctionName="warned",
                                    ZipFile=self.signer.package(dict(CODE, extra="x"), listed=CODE)),
                         ("InvalidCodeSignatureException", 400))

    def runtime(self, name, **wanted):
        """Newer than Debian's boto3: a signed request by hand."""
        status, headers, answer = self.platform.signed(
            "PUT" if wanted else "GET", f"/2021-07-20/functions/{name}/runtime-management-config",
            json.dumps(wanted).encode() if wanted else b"")
        return status, headers.get("x-amzn-ErrorType"), json.loads(answer)

    def test_runtime_management(self):
        arn = create_function(self.client, "managed", CODE)["FunctionArn"]
        self.assertEqual(self.runtime("managed"),
                         (200, None, {"UpdateRuntimeOn": "Auto", "FunctionArn": arn + ":$LATEST"}))
        self.assertEqual(self.runtime("managed", UpdateRuntimeOn="FunctionUpdate")[2]["UpdateRuntimeOn"],
                         "FunctionUpdate")
        _, _, described = self.platform.signed("GET", "/2015-03-31/functions/managed/configuration")
        build = json.loads(described)["RuntimeVersionConfig"]["RuntimeVersionArn"]
        self.runtime("managed", UpdateRuntimeOn="Manual", RuntimeVersionArn=build)
        self.assertEqual(self.runtime("managed")[2]["RuntimeVersionArn"], build)
        for wrong in (dict(UpdateRuntimeOn="Manual"), dict(UpdateRuntimeOn="Auto", RuntimeVersionArn=build),
                      dict(UpdateRuntimeOn="Manual", RuntimeVersionArn=build + "0")):
            self.assertEqual(self.runtime("managed", **wrong)[:2], (400, "InvalidParameterValueException"))
        self.assertEqual(self.runtime("nobody")[:2], (404, "ResourceNotFoundException"))


if __name__ == "__main__":
    unittest.main()
