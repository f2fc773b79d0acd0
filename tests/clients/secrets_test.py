"""Secrets Manager, Parameter Store and KMS as AWS's own clients see them."""
import json
import os
import subprocess
import unittest

from botocore.exceptions import ClientError
from support.platform import Platform


def setUpModule():
    global platform
    platform = Platform().start()


def tearDownModule():
    platform.stop()


class Case(unittest.TestCase):
    def assertFails(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception.response["Error"]["Message"]


class SecretsManager(Case):
    def setUp(self):
        self.client = platform.client("secretsmanager")
        self.name = "team/" + self.id().split(".")[-1]

    def create(self, text="first", **more):
        return self.client.create_secret(Name=self.name, SecretString=text, **more)

    def value(self, **more):
        return self.client.get_secret_value(SecretId=self.name, **more)["SecretString"]

    def stages(self):
        described = self.client.describe_secret(SecretId=self.name)
        return {v: set(s) for v, s in described["VersionIdsToStages"].items()}

    def test_creates_and_reads(self):
        created = self.create(Description="a secret", Tags=[{"Key": "stage", "Value": "test"}])
        self.assertRegex(created["ARN"], r"^arn:aws:secretsmanager:us-east-1:000000000000:secret:" +
                         self.name + r"-[A-Za-z0-9]{6}$")
        for reference in (self.name, created["ARN"], created["ARN"][:-7]):
            got = self.client.get_secret_value(SecretId=reference)
            self.assertEqual((got["SecretString"], got["VersionStages"]), ("first", ["AWSCURRENT"]))
        described = self.client.describe_secret(SecretId=self.name)
        self.assertEqual(described["Description"], "a secret")
        self.assertEqual(described["Tags"], [{"Key": "stage", "Value": "test"}])
        self.assertFails("ResourceExistsException", self.client.create_secret, Name=self.name, SecretString="x")

    def test_names(self):
        self.assertFails("ValidationException", self.client.create_secret, Name="a b", SecretString="x")
        self.assertFails("ValidationException", self.client.create_secret, Name="", SecretString="x")

    def test_binary(self):
        self.client.create_secret(Name=self.name, SecretBinary=b"\x00\xff")
        self.assertEqual(self.client.get_secret_value(SecretId=self.name)["SecretBinary"], b"\x00\xff")

    def test_versions_and_stages(self):
        first = self.create()["VersionId"]
        second = self.client.put_secret_value(SecretId=self.name, SecretString="second")["VersionId"]
        self.assertEqual(self.stages(), {first: {"AWSPREVIOUS"}, second: {"AWSCURRENT"}})
        self.assertEqual(self.value(), "second")
        self.assertEqual(self.value(VersionStage="AWSPREVIOUS"), "first")
        self.assertEqual(self.value(VersionId=first), "first")
        pending = self.client.put_secret_value(SecretId=self.name, SecretString="third",
                                               VersionStages=["AWSPENDING"])["VersionId"]
        self.assertEqual(self.value(), "second")
        message = self.assertFails("InvalidParameterException", self.client.update_secret_version_stage,
                                   SecretId=self.name, VersionStage="AWSCURRENT", MoveToVersionId=pending)
        self.assertIn(second, message)
        self.client.update_secret_version_stage(SecretId=self.name, VersionStage="AWSCURRENT",
                                                MoveToVersionId=pending, RemoveFromVersionId=second)
        self.assertEqual(self.stages(), {second: {"AWSPREVIOUS"}, pending: {"AWSCURRENT", "AWSPENDING"}})
        self.assertFails("InvalidParameterException", self.client.update_secret_version_stage, SecretId=self.name,
                         VersionStage="AWSCURRENT", RemoveFromVersionId=pending)
        deprecated = self.client.list_secret_version_ids(SecretId=self.name, IncludeDeprecated=True)["Versions"]
        self.assertEqual(len(deprecated), 3)
        self.assertEqual(len(self.client.list_secret_version_ids(SecretId=self.name)["Versions"]), 2)

    def test_a_token_makes_one_version(self):
        token = "a" * 32
        self.create("one", ClientRequestToken=token)
        again = dict(SecretId=self.name, ClientRequestToken=token)
        self.assertEqual(self.client.put_secret_value(SecretString="one", **again)["VersionId"], token)
        self.assertFails("ResourceExistsException", self.client.put_secret_value, SecretString="two", **again)

    def test_deletion_has_a_recovery_window(self):
        self.create()
        self.assertFails("InvalidParameterException", self.client.delete_secret, SecretId=self.name,
                         RecoveryWindowInDays=6)
        self.client.delete_secret(SecretId=self.name, RecoveryWindowInDays=7)
        self.assertFails("InvalidRequestException", self.client.get_secret_value, SecretId=self.name)
        self.assertFails("InvalidRequestException", self.client.create_secret, Name=self.name, SecretString="x")
        hidden = self.client.list_secrets(Filters=[{"Key": "name", "Values": [self.name]}])["SecretList"]
        self.assertEqual(hidden, [])
        self.client.restore_secret(SecretId=self.name)
        self.assertEqual(self.value(), "first")
        self.client.delete_secret(SecretId=self.name, ForceDeleteWithoutRecovery=True)
        self.assertFails("ResourceNotFoundException", self.client.get_secret_value, SecretId=self.name)

    def test_lists_in_pages(self):
        for i in range(5):
            self.client.create_secret(Name=f"{self.name}/{i}", SecretString=str(i))
        filters = [{"Key": "name", "Values": [self.name]}]
        names, token = [], {}
        while True:
            page = self.client.list_secrets(MaxResults=2, Filters=filters, SortOrder="asc", **token)
            names += [s["Name"] for s in page["SecretList"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        self.assertEqual(names, [f"{self.name}/{i}" for i in range(5)])
        batch = self.client.batch_get_secret_value if hasattr(self.client, "batch_get_secret_value") else None
        if batch:  # newer clients than Debian's
            got = batch(SecretIdList=[f"{self.name}/0", "nothing"])
            self.assertEqual([v["SecretString"] for v in got["SecretValues"]], ["0"])

    def test_policies(self):
        self.create()
        statement = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.assertFails("PublicPolicyException", self.client.put_resource_policy, SecretId=self.name,
                         ResourcePolicy=policy, BlockPublicPolicy=True)
        self.assertFails("MalformedPolicyDocumentException", self.client.put_resource_policy,
                         SecretId=self.name, ResourcePolicy="{}")
        self.client.put_resource_policy(SecretId=self.name, ResourcePolicy=policy)
        self.assertEqual(self.client.get_resource_policy(SecretId=self.name)["ResourcePolicy"], policy)
        self.assertFalse(self.client.validate_resource_policy(ResourcePolicy=policy)["PolicyValidationPassed"])
        self.client.delete_resource_policy(SecretId=self.name)
        self.assertNotIn("ResourcePolicy", self.client.get_resource_policy(SecretId=self.name))

    def test_random_passwords(self):
        password = self.client.get_random_password(PasswordLength=20, ExcludePunctuation=True,
                                                   ExcludeNumbers=True)["RandomPassword"]
        self.assertRegex(password, r"^[A-Za-z]{20}$")
        self.assertNotEqual(password, self.client.get_random_password(PasswordLength=20)["RandomPassword"])
        self.assertFails("InvalidParameterException", self.client.get_random_password, PasswordLength=3)

    def test_a_key_of_its_own_can_be_disabled(self):
        kms = platform.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        self.create(KmsKeyId=key)
        kms.disable_key(KeyId=key)
        self.assertFails("DecryptionFailure", self.client.get_secret_value, SecretId=self.name)
        kms.enable_key(KeyId=key)
        self.client.update_secret(SecretId=self.name, KmsKeyId="alias/aws/secretsmanager")
        kms.disable_key(KeyId=key)
        self.assertEqual(self.value(), "first")

    def test_wrong_requests(self):
        for target, body, status, name in (
                ("secretsmanager.GetSecretValue", b"{", 400, "SerializationException"),
                ("secretsmanager.GetSecretValue", b"{}", 400, "ValidationException"),
                ("secretsmanager.GetSecretValue", b'{"SecretId": 7}', 400, "SerializationException"),
                ("secretsmanager.Nothing", b"{}", 400, "UnknownOperationException"),
                ("secretsmanager.ReplicateSecretToRegions",
                 b'{"SecretId": "a", "AddReplicaRegions": [{"Region": "eu-west-1"}]}', 501, "NotImplemented")):
            got = platform.signed("POST", "/", body, {"X-Amz-Target": target,
                                                      "Content-Type": "application/x-amz-json-1.1"},
                                  service="secretsmanager")
            self.assertEqual((got[0], json.loads(got[2])["__type"]), (status, name), got)


class Parameters(Case):
    def setUp(self):
        self.client = platform.client("ssm")
        self.path = "/test/" + self.id().split(".")[-1]

    def test_versions_labels_and_history(self):
        name = self.path + "/size"
        put = dict(Name=name, Type="String")
        self.assertEqual(self.client.put_parameter(Value="1", **put)["Version"], 1)
        self.assertFails("ParameterAlreadyExists", self.client.put_parameter, Value="2", **put)
        self.assertEqual(self.client.put_parameter(Value="2", Overwrite=True, **put)["Version"], 2)
        self.client.label_parameter_version(Name=name, ParameterVersion=1, Labels=["stable"])
        for reference, value in ((name, "2"), (name + ":1", "1"), (name + ":stable", "1")):
            self.assertEqual(self.client.get_parameter(Name=reference)["Parameter"]["Value"], value)
        self.assertFails("ParameterVersionNotFound", self.client.get_parameter, Name=name + ":9")
        history = self.client.get_parameter_history(Name=name)["Parameters"]
        self.assertEqual([(h["Version"], h.get("Labels")) for h in history], [(1, ["stable"]), (2, None)])
        invalid = self.client.label_parameter_version(Name=name, Labels=["1st", "ok"])["InvalidLabels"]
        self.assertEqual(invalid, ["1st"])

    def test_secure_strings(self):
        name = self.path
        self.client.put_parameter(Name=name, Value="hidden", Type="SecureString")
        sealed = self.client.get_parameter(Name=name)["Parameter"]["Value"]
        self.assertNotIn("hidden", sealed)
        opened = self.client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        self.assertEqual((opened["Value"], opened["Type"]), ("hidden", "SecureString"))

    def test_by_path_in_pages(self):
        names = [f"{self.path}/{i:02}" for i in range(12)]
        for name in names + [self.path + "/deep/one"]:
            self.client.put_parameter(Name=name, Value="v", Type="String")
        pages = self.client.get_paginator("get_parameters_by_path").paginate(Path=self.path)
        self.assertEqual([p["Name"] for page in pages for p in page["Parameters"]], names)
        pages = self.client.get_paginator("get_parameters_by_path").paginate(Path=self.path, Recursive=True)
        self.assertEqual(sum(len(page["Parameters"]) for page in pages), 13)
        described = self.client.describe_parameters(
            ParameterFilters=[{"Key": "Path", "Values": [self.path + "/deep"]}])["Parameters"]
        self.assertEqual([p["Name"] for p in described], [self.path + "/deep/one"])
        got = self.client.get_parameters(Names=[names[0], "/none"])
        self.assertEqual(got["InvalidParameters"], ["/none"])
        gone = self.client.delete_parameters(Names=[names[0], "/none"])
        self.assertEqual((gone["DeletedParameters"], gone["InvalidParameters"]), ([names[0]], ["/none"]))

    def test_limits(self):
        wrong = (("ValidationException", dict(Name=self.path, Value="v" * 4097, Type="String")),
                 ("ValidationException", dict(Name="a b", Value="v", Type="String")),
                 ("ValidationException", dict(Name=self.path, Value="v")),
                 ("AccessDeniedException", dict(Name="/aws/x", Value="v", Type="String")),
                 ("HierarchyLevelLimitExceededException", dict(Name="/a" * 16, Value="v", Type="String")),
                 ("ParameterPatternMismatchException",
                  dict(Name=self.path, Value="x", Type="String", AllowedPattern=r"^\d+$")),
                 ("InvalidAllowedPatternException",
                  dict(Name=self.path, Value="x", Type="String", AllowedPattern="(")),
                 ("InvalidKeyId", dict(Name=self.path, Value="x", Type="SecureString", KeyId="alias/none")))
        for code, arguments in wrong:
            with self.subTest(code=code, **{k: v[:20] for k, v in arguments.items()}):
                self.assertFails(code, self.client.put_parameter, **arguments)
        large = self.client.put_parameter(Name=self.path, Value="v" * 4097, Type="String", Tier="Intelligent-Tiering")
        self.assertEqual(large["Tier"], "Advanced")

    def test_tags(self):
        self.client.put_parameter(Name=self.path, Value="v", Type="String", Tags=[{"Key": "a", "Value": "1"}])
        resource = dict(ResourceType="Parameter", ResourceId=self.path)
        self.client.add_tags_to_resource(Tags=[{"Key": "b", "Value": "2"}], **resource)
        self.client.remove_tags_from_resource(TagKeys=["a"], **resource)
        self.assertEqual(self.client.list_tags_for_resource(**resource)["TagList"], [{"Key": "b", "Value": "2"}])


class Kms(Case):
    def setUp(self):
        self.client = platform.client("kms")

    def test_encrypts_with_a_context(self):
        key = self.client.create_key(Description="test")["KeyMetadata"]
        self.assertEqual((key["KeyState"], key["KeySpec"]), ("Enabled", "SYMMETRIC_DEFAULT"))
        blob = self.client.encrypt(KeyId=key["KeyId"], Plaintext=b"text", EncryptionContext={"a": "1", "b": "2"})
        got = self.client.decrypt(CiphertextBlob=blob["CiphertextBlob"], EncryptionContext={"b": "2", "a": "1"})
        self.assertEqual((got["Plaintext"], got["KeyId"]), (b"text", key["Arn"]))
        self.assertFails("InvalidCiphertextException", self.client.decrypt,
                         CiphertextBlob=blob["CiphertextBlob"], EncryptionContext={"a": "1"})
        changed = bytearray(blob["CiphertextBlob"])
        changed[-1] ^= 1
        self.assertFails("InvalidCiphertextException", self.client.decrypt, CiphertextBlob=bytes(changed),
                         EncryptionContext={"a": "1", "b": "2"})

    def test_data_keys(self):
        key = self.client.create_key()["KeyMetadata"]["KeyId"]
        made = self.client.generate_data_key(KeyId=key, KeySpec="AES_256")
        self.assertEqual(len(made["Plaintext"]), 32)
        self.assertEqual(self.client.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"], made["Plaintext"])
        hidden = self.client.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=16)
        self.assertEqual(len(self.client.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]), 16)

    def test_re_encrypts_and_rotates(self):
        first, second = (self.client.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
        blob = self.client.encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
        moved = self.client.re_encrypt(CiphertextBlob=blob, DestinationKeyId=second)["CiphertextBlob"]
        self.assertTrue(self.client.decrypt(CiphertextBlob=moved)["KeyId"].endswith(second))
        self.assertFails("IncorrectKeyException", self.client.decrypt, CiphertextBlob=moved, KeyId=first)

    def test_aliases(self):
        key = self.client.create_key()["KeyMetadata"]["KeyId"]
        self.client.create_alias(AliasName="alias/mine", TargetKeyId=key)
        self.assertFails("AlreadyExistsException", self.client.create_alias, AliasName="alias/mine", TargetKeyId=key)
        self.assertEqual(self.client.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"], key)
        names = {a["AliasName"] for a in self.client.list_aliases()["Aliases"]}
        self.assertLessEqual({"alias/mine", "alias/aws/lambda", "alias/aws/secretsmanager", "alias/aws/ssm"}, names)
        for call, more in ((self.client.create_alias, {"TargetKeyId": key}), (self.client.delete_alias, {}),
                           (self.client.update_alias, {"TargetKeyId": key})):
            self.assertFails("NotAuthorizedException", call, AliasName="alias/aws/lambda", **more)
        self.client.delete_alias(AliasName="alias/mine")
        self.assertFails("NotFoundException", self.client.describe_key, KeyId="alias/mine")

    def test_states(self):
        key = self.client.create_key()["KeyMetadata"]["KeyId"]
        blob = self.client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        self.client.disable_key(KeyId=key)
        self.assertFails("DisabledException", self.client.decrypt, CiphertextBlob=blob)
        self.client.enable_key(KeyId=key)
        self.assertFails("ValidationException", self.client.schedule_key_deletion, KeyId=key, PendingWindowInDays=6)
        self.client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertFails("KMSInvalidStateException", self.client.encrypt, KeyId=key, Plaintext=b"x")
        self.client.cancel_key_deletion(KeyId=key)
        self.assertEqual(self.client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
        managed = self.client.describe_key(KeyId="alias/aws/lambda")["KeyMetadata"]
        self.assertEqual(managed["KeyManager"], "AWS")
        self.assertFails("AccessDeniedException", self.client.disable_key, KeyId=managed["KeyId"])

    def test_policies(self):
        key = self.client.create_key()["KeyMetadata"]["KeyId"]
        default = json.loads(self.client.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        self.assertEqual(default["Statement"][0]["Action"], "kms:*")
        self.assertFails("MalformedPolicyDocumentException", self.client.put_key_policy, KeyId=key,
                         PolicyName="default", Policy="no")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "0" * 12}}]})
        self.client.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
        self.assertEqual(self.client.get_key_policy(KeyId=key, PolicyName="default")["Policy"], policy)


class AwsCli(unittest.TestCase):
    def run_cli(self, *arguments):
        environment = dict(os.environ, AWS_SHARED_CREDENTIALS_FILE=os.path.join(platform.data_dir, "credentials"),
                           AWS_CONFIG_FILE="/dev/null", AWS_PAGER="")
        got = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url", platform.endpoint, *arguments],
                             env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(got.returncode, 0, got.stderr)
        return json.loads(got.stdout or "{}")

    def test_the_three_services(self):
        self.run_cli("secretsmanager", "create-secret", "--name", "cli", "--secret-string", "from the cli")
        got = self.run_cli("secretsmanager", "get-secret-value", "--secret-id", "cli")
        self.assertEqual(got["SecretString"], "from the cli")
        self.run_cli("ssm", "put-parameter", "--name", "/cli/a", "--value", "b", "--type", "SecureString")
        got = self.run_cli("ssm", "get-parameter", "--name", "/cli/a", "--with-decryption")
        self.assertEqual(got["Parameter"]["Value"], "b")
        keys = self.run_cli("kms", "list-keys")["Keys"]
        self.assertGreaterEqual(len(keys), 3)


if __name__ == "__main__":
    unittest.main()
