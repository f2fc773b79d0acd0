"""Who may use a KMS key: its policy decides, and the policies of identities where it names the account. Also where
a service uses the key for the caller: SecureStrings, secrets, environment variables."""
import json
import unittest

from botocore.exceptions import ClientError
from support.platform import Platform, create_function, invoke, wait_active, wait_for

ACCOUNT = "000000000000"
LAMBDA_TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
ECHO = "import os\ndef handler(event, context):\n    return os.environ['HIDDEN'][::-1]\n"
READER = '''
import json, os, urllib.error, urllib.request

def handler(event, context):
    request = urllib.request.Request("http://localhost:2773" + event["path"],
                                     headers={"X-Aws-Parameters-Secrets-Token": os.environ["AWS_SESSION_TOKEN"]})
    try:
        return json.load(urllib.request.urlopen(request, timeout=10))
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": error.read().decode()}
'''


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


ROOT = statement("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})  # as AWS makes it


class KeyPolicies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.kms, cls.iam = cls.platform.client("kms"), cls.platform.client("iam")
        cls.secrets, cls.ssm = cls.platform.client("secretsmanager"), cls.platform.client("ssm")
        cls.users = 0

    def user(self, *statements):
        """A new user: (ARN, function that makes clients)."""
        import boto3
        from botocore.config import Config
        type(self).users += 1
        name = f"user-{self.users}"
        arn = self.iam.create_user(UserName=name)["User"]["Arn"]
        self.permit(name, *statements)
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        config = Config(retries={"max_attempts": 0}, parameter_validation=False)
        return arn, lambda service: boto3.client(
            service, endpoint_url=self.platform.endpoint, region_name="us-east-1", config=config,
            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    def permit(self, name, *statements):
        if statements:
            self.iam.put_user_policy(UserName=name.rsplit("/")[-1], PolicyName="own",
                                     PolicyDocument=policy(*statements))

    def key(self, *statements, **more):
        if statements:
            more["Policy"] = policy(*statements)
        return self.kms.create_key(**more)["KeyMetadata"]["Arn"]

    def denied(self, call, *parts, code="AccessDeniedException", **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error)
        for part in parts:
            self.assertIn(part, error["Message"])

    def test_default_policy_lets_identities_decide(self):
        key = self.key()
        default = json.loads(self.kms.get_key_policy(KeyId=key)["Policy"])
        self.assertEqual(default["Id"], "key-default-1")
        self.assertEqual({k: v for k, v in default["Statement"][0].items() if k != "Sid"}, ROOT)
        self.assertEqual(self.kms.list_key_policies(KeyId=key)["PolicyNames"], ["default"])
        _, without = self.user()
        self.denied(without("kms").encrypt, "kms:Encrypt", key, KeyId=key, Plaintext=b"x")
        _, allowed = self.user(statement("kms:Encrypt", key))
        blob = allowed("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        self.denied(allowed("kms").decrypt, "kms:Decrypt", key, CiphertextBlob=blob)
        # By the key that the ciphertext names, not by what the caller says about it.
        _, other = self.user(statement("kms:Decrypt", self.key()))
        self.denied(other("kms").decrypt, key, CiphertextBlob=blob)
        _, but = self.user(statement("kms:*"), statement("kms:Decrypt", key, "Deny"))
        self.denied(but("kms").decrypt, "explicit deny", CiphertextBlob=blob)
        self.denied(but("kms").decrypt, "explicit deny", CiphertextBlob=blob, KeyId=self.key())
        _, reader = self.user(statement("kms:Decrypt", key))
        self.assertEqual(reader("kms").decrypt(CiphertextBlob=blob)["Plaintext"], b"x")

    def test_a_policy_without_the_account(self):
        """IAM policies alone open no key whose policy does not name the account."""
        named, by_name = self.user()
        _, by_iam = self.user(statement("kms:*"))
        admin, administrate = self.user(statement("kms:CreateKey"))
        key = administrate("kms").create_key(Policy=policy(
            statement(["kms:Encrypt", "kms:Decrypt"], Principal={"AWS": named}),
            statement(["kms:PutKeyPolicy", "kms:Describe*"], Principal={"AWS": admin})))["KeyMetadata"]["Arn"]
        self.denied(by_iam("kms").encrypt, "resource-based policy", KeyId=key, Plaintext=b"x")
        self.denied(by_iam("kms").schedule_key_deletion, KeyId=key)
        self.denied(administrate("kms").encrypt, KeyId=key, Plaintext=b"x")
        blob = by_name("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        self.assertEqual(by_name("kms").decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
        self.denied(by_name("kms").describe_key, KeyId=key)
        # The policy denies whom IAM allows; it holds at once, and is taken back at once.
        administrate("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy(
            ROOT, statement("kms:PutKeyPolicy", Principal={"AWS": admin}),
            statement("kms:Decrypt", effect="Deny", Principal={"AWS": named})))
        self.denied(by_name("kms").decrypt, "explicit deny in a resource-based policy", CiphertextBlob=blob)
        self.assertEqual(by_iam("kms").decrypt(CiphertextBlob=blob)["Plaintext"], b"x")

    def test_policies_that_cannot_be(self):
        admin, administrate = self.user(statement("kms:*"))
        key = self.key()
        put = dict(KeyId=key, PolicyName="default")
        for wrong in ("{", "{}", policy({"Effect": "Perhaps", "Action": "*", "Resource": "*", "Principal": "*"}),
                      policy({"Effect": "Allow", "Action": "kms:*", "Resource": "*"})):
            self.denied(self.kms.put_key_policy, code="MalformedPolicyDocumentException", Policy=wrong, **put)
        # Who writes it must be able to change it, unless they say that they know.
        lockout = policy(statement("kms:Decrypt", Principal={"AWS": admin}))
        self.denied(administrate("kms").put_key_policy, "will not allow you to update",
                    code="MalformedPolicyDocumentException", Policy=lockout, **put)
        self.denied(administrate("kms").create_key, "will not allow you to update",
                    code="MalformedPolicyDocumentException", Policy=lockout)
        administrate("kms").put_key_policy(Policy=lockout, BypassPolicyLockoutSafetyCheck=True, **put)
        self.denied(administrate("kms").put_key_policy, Policy=policy(ROOT), **put)
        self.kms.put_key_policy(Policy=policy(ROOT), **put)  # the root can always

    def test_conditions(self):
        key = self.key(ROOT, statement("kms:*", effect="Deny", Principal="*", Condition={
            "StringEquals": {"kms:EncryptionContext:purpose": "forbidden"}}), Tags=[{"TagKey": "team", "TagValue": "a"}])
        self.kms.create_alias(AliasName="alias/conditions", TargetKeyId=key)
        _, client = self.user(statement("kms:GenerateDataKey", Condition={
            "StringEquals": {"kms:EncryptionContext:app": "one"},
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["app", "purpose"]}}),
            statement("kms:Encrypt", Condition={"StringEquals": {"kms:RequestAlias": "alias/conditions"}}),
            statement("kms:DescribeKey", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}),
            statement("kms:GetKeyPolicy", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/cond*"}}),
            statement("kms:Decrypt", Condition={"StringLike": {"kms:ViaService": "*"}}))
        kms = client("kms")
        data_key = dict(KeyId=key, KeySpec="AES_256")
        kms.generate_data_key(EncryptionContext={"app": "one"}, **data_key)
        self.denied(kms.generate_data_key, EncryptionContext={"app": "two"}, **data_key)
        self.denied(kms.generate_data_key, EncryptionContext={"app": "one", "more": "x"}, **data_key)
        self.denied(kms.generate_data_key, "explicit deny", EncryptionContext={"app": "one", "purpose": "forbidden"},
                    **data_key)
        blob = kms.encrypt(KeyId="alias/conditions", Plaintext=b"x")["CiphertextBlob"]
        self.denied(kms.encrypt, KeyId=key, Plaintext=b"x")
        self.denied(kms.decrypt, CiphertextBlob=blob)  # not through a service
        kms.describe_key(KeyId=key)
        kms.get_key_policy(KeyId=key)
        self.denied(kms.describe_key, KeyId=self.key())

    def test_reencrypt_and_aliases_need_both(self):
        one, two = self.key(), self.key()
        blob = self.kms.encrypt(KeyId=one, Plaintext=b"x")["CiphertextBlob"]
        again = dict(CiphertextBlob=blob, DestinationKeyId=two)
        for statements, missing in (([statement("kms:ReEncryptTo", two)], "kms:ReEncryptFrom"),
                                    ([statement("kms:ReEncryptFrom", one)], "kms:ReEncryptTo"),
                                    ([statement("kms:ReEncrypt*", one)], two)):
            _, client = self.user(*statements)
            self.denied(client("kms").re_encrypt, missing, **again)
        _, client = self.user(statement("kms:ReEncryptFrom", one), statement("kms:ReEncryptTo", two))
        moved = client("kms").re_encrypt(**again)["CiphertextBlob"]
        self.assertEqual(self.kms.decrypt(CiphertextBlob=moved)["KeyId"], two)

        alias = f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/both"
        named = dict(AliasName="alias/both", TargetKeyId=one)
        for resource in (alias, one):
            _, client = self.user(statement("kms:CreateAlias", resource))
            self.denied(client("kms").create_alias, **named)
        _, client = self.user(statement(["kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"], [alias, one]))
        client("kms").create_alias(**named)
        self.denied(client("kms").update_alias, two, AliasName="alias/both", TargetKeyId=two)
        client("kms").delete_alias(AliasName="alias/both")

    def test_keys_of_services(self):
        """Everyone in the account may use them through their service, nobody directly."""
        document = json.loads(self.kms.get_key_policy(KeyId="alias/aws/ssm")["Policy"])
        self.assertEqual(document["Statement"][0]["Condition"]["StringEquals"]["kms:ViaService"],
                         "ssm.us-east-1.amazonaws.com")
        _, client = self.user(statement(["ssm:*", "secretsmanager:*"]))
        client("ssm").put_parameter(Name="/services/one", Type="SecureString", Value="v")
        self.assertEqual(client("ssm").get_parameter(Name="/services/one", WithDecryption=True)["Parameter"]["Value"], "v")
        client("secretsmanager").create_secret(Name="services", SecretString="s")
        self.assertEqual(client("secretsmanager").get_secret_value(SecretId="services")["SecretString"], "s")
        _, direct = self.user(statement("kms:*"))
        for alias in ("alias/aws/ssm", "alias/aws/secretsmanager", "alias/aws/lambda"):
            self.denied(direct("kms").encrypt, KeyId=alias, Plaintext=b"x")
            direct("kms").describe_key(KeyId=alias)
        # One's own policies can still deny it.
        _, without = self.user(statement("ssm:*"), statement("kms:Decrypt", effect="Deny"))
        self.denied(without("ssm").get_parameter, Name="/services/one", WithDecryption=True)
        without("ssm").get_parameter(Name="/services/one")

    def test_secure_strings(self):
        key = self.key()
        _, client = self.user(statement("ssm:*"))
        put = dict(Name="/secure/one", Type="SecureString", Value="value", KeyId=key)
        self.denied(client("ssm").put_parameter, "kms:Encrypt", **put)
        self.denied(client("ssm").put_parameter, "kms:GenerateDataKey", Tier="Advanced", **put)
        self.ssm.put_parameter(**put)
        self.denied(client("ssm").put_parameter, "kms:Encrypt", Name="/secure/one", Value="2", Overwrite=True)
        many = dict(WithDecryption=True)
        reads = {"get_parameter": dict(Name="/secure/one"), "get_parameters": dict(Names=["/secure/one"]),
                 "get_parameters_by_path": dict(Path="/secure"), "get_parameter_history": dict(Name="/secure/one")}
        for name, arguments in reads.items():
            getattr(client("ssm"), name)(**arguments)  # sealed
            self.denied(getattr(client("ssm"), name), "not allowed to access", **arguments, **many)
        via = {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com", "kms:EncryptionContext:PARAMETER_ARN":
                                f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/secure/one"}}
        _, client = self.user(statement("ssm:*"), statement(["kms:Decrypt", "kms:Encrypt"], key, Condition=via))
        for name, arguments in reads.items():
            self.assertIn("value", json.dumps(getattr(client("ssm"), name)(**arguments, **many), default=str), name)
        client("ssm").put_parameter(Name="/secure/one", Value="2", Overwrite=True)
        self.denied(client("ssm").put_parameter, Name="/secure/two", Type="SecureString", Value="x", KeyId=key)
        self.denied(client("kms").encrypt, KeyId=key, Plaintext=b"x")
        self.kms.disable_key(KeyId=key)
        self.denied(client("ssm").get_parameter, code="InvalidKeyId", Name="/secure/one", WithDecryption=True)

    def test_parameters_by_every_spelling(self):
        self.ssm.put_parameter(Name="/spelt/open", Type="String", Value="o")
        self.ssm.put_parameter(Name="/spelt/shut", Type="String", Value="s")
        shut = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/spelt/shut"
        _, client = self.user(statement("ssm:*"), statement("ssm:*", shut, "Deny"))
        ssm = client("ssm")
        for name in ("/spelt/shut", "/spelt/shut:1", shut, shut + ":1"):
            self.denied(ssm.get_parameter, "explicit deny", Name=name)
            self.denied(ssm.get_parameters, "explicit deny", Names=["/spelt/open", name])
        self.denied(ssm.delete_parameters, "explicit deny", Names=["/spelt/open", "/spelt/shut"])
        self.denied(ssm.add_tags_to_resource, "explicit deny", ResourceType="Parameter", ResourceId="/spelt/shut",
                    Tags=[{"Key": "a", "Value": "b"}])
        ssm.get_parameters(Names=["/spelt/open"])
        _, client = self.user(statement("ssm:GetParameters", shut), statement("ssm:GetParametersByPath",
                              f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/spelt*"))
        self.assertEqual(client("ssm").get_parameters(Names=["/spelt/shut"])["Parameters"][0]["Value"], "s")
        client("ssm").get_parameters_by_path(Path="/spelt")
        self.denied(client("ssm").get_parameters_by_path, Path="/other")

    def test_secrets(self):
        key, other = self.key(), self.key()
        refused = "Access to KMS is not allowed"
        _, client = self.user(statement("secretsmanager:*"))
        secrets = client("secretsmanager")
        self.denied(secrets.create_secret, refused, Name="sealed", SecretString="v", KmsKeyId=key)
        arn = self.secrets.create_secret(Name="sealed", SecretString="v", KmsKeyId=key)["ARN"]
        for call, arguments in ((secrets.get_secret_value, {}), (secrets.put_secret_value, {"SecretString": "2"}),
                                (secrets.update_secret, {"SecretString": "2"})):
            self.denied(call, refused, SecretId="sealed", **arguments)
        secrets.describe_secret(SecretId="sealed")
        # A key that one may use gets no value out of one that one may not use.
        _, mover = self.user(statement("secretsmanager:*"), statement("kms:*", other))
        self.denied(mover("secretsmanager").update_secret, refused, SecretId="sealed", KmsKeyId=other)
        _, client = self.user(statement("secretsmanager:*"), statement("kms:Decrypt", key, Condition={
            "StringEquals": {"kms:EncryptionContext:SecretARN": arn}}))
        self.assertEqual(client("secretsmanager").get_secret_value(SecretId="sealed")["SecretString"], "v")
        self.denied(client("secretsmanager").put_secret_value, refused, SecretId="sealed", SecretString="2")
        _, client = self.user(statement("secretsmanager:*"), statement(["kms:Decrypt", "kms:GenerateDataKey"]))
        client("secretsmanager").update_secret(SecretId="sealed", KmsKeyId=other)
        client("secretsmanager").create_secret(Name="sealed-too", SecretString="v", KmsKeyId=key)
        self.kms.disable_key(KeyId=other)
        self.denied(client("secretsmanager").get_secret_value, "disabled", code="DecryptionFailure", SecretId="sealed")

    def test_a_batch_of_secrets_needs_each(self):
        one = self.secrets.create_secret(Name="batch-one", SecretString="1")["ARN"]
        self.secrets.create_secret(Name="batch-two", SecretString="2")
        _, client = self.user(statement("secretsmanager:BatchGetSecretValue"),
                              statement("secretsmanager:GetSecretValue", one))

        def batch(**body):  # boto3 of Debian 12 does not know it
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            request = AWSRequest("POST", self.platform.endpoint + "/", data=json.dumps(body), headers={
                "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.BatchGetSecretValue"})
            credentials = client("secretsmanager")._request_signer._credentials
            SigV4Auth(credentials, "secretsmanager", "us-east-1").add_auth(request)
            status, _, answer = self.platform.plain("POST", "/", request.data, dict(request.headers))
            return status, json.loads(answer)
        status, answer = batch(SecretIdList=["batch-one"])
        self.assertEqual((status, answer["SecretValues"][0]["SecretString"]), (200, "1"))
        # The others of a batch are answered; what is denied, or is not there, is among the errors.
        status, answer = batch(SecretIdList=["batch-two", "batch-one", "nothing"])
        self.assertEqual(status, 200, answer)
        self.assertEqual([value["SecretString"] for value in answer["SecretValues"]], ["1"])
        self.assertEqual([(e["SecretId"], e["ErrorCode"]) for e in answer["Errors"]],
                         [("batch-two", "AccessDeniedException"), ("nothing", "AccessDeniedException")])
        self.assertIn("secretsmanager:GetSecretValue on resource", answer["Errors"][0]["Message"])
        # Filters list, which is a right of its own, and that is of the whole call.
        status, answer = batch(Filters=[{"Key": "name", "Values": ["batch"]}])
        self.assertEqual(answer["__type"].rsplit("#")[-1], "AccessDeniedException", answer)
        self.assertIn("secretsmanager:ListSecrets", json.dumps(answer))
        # A key that one may not use as well.
        key = self.key()
        self.secrets.create_secret(Name="batch-sealed", SecretString="3", KmsKeyId=key)
        _, client = self.user(statement(["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"]))
        status, answer = batch(SecretIdList=["batch-sealed", "batch-two"])
        self.assertEqual([value["SecretString"] for value in answer["SecretValues"]], ["2"])
        self.assertEqual([(e["SecretId"], e["Message"]) for e in answer["Errors"]],
                         [("batch-sealed", "Access to KMS is not allowed")])
        # The audit log has the denials, and the call itself as allowed.
        def kept(action, resource, decision):
            _, _, lines = self.platform.signed("GET", "/_gantry/audit/export", service="iam")
            return any(e["action"] == action and resource in e["resource"] and e["decision"] == decision
                       for e in map(json.loads, lines.splitlines()))
        wait_for(lambda: kept("secretsmanager:GetSecretValue", "batch-two", "denied"), what="the denial's entry")
        self.assertTrue(kept("secretsmanager:BatchGetSecretValue", "*", "allowed"))

    def test_environment_variables(self):
        key = self.key()
        function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:variables"
        owner = self.platform.client()
        everything = [statement(["lambda:*", "iam:PassRole"])]
        _, client = self.user(*everything)
        variables = {"Variables": {"HIDDEN": "correct-horse-2311"}}

        def create(by):
            return create_function(by("lambda"), "variables", {"app.py": ECHO}, Environment=variables, KMSKeyArn=key)
        self.denied(create, "KMS access was denied", "kms:Encrypt", by=client)
        _, half = self.user(*everything, statement("kms:Encrypt", key))
        self.denied(create, "kms:CreateGrant", by=half)
        _, full = self.user(*everything, statement(["kms:Encrypt", "kms:CreateGrant"], key, Condition={
            "StringEquals": {"kms:ViaService": "lambda.us-east-1.amazonaws.com",
                             "kms:EncryptionContext:aws:lambda:FunctionArn": function}}))
        created = create(full)
        # Who may not decrypt does not see them, in whatever answer; who may does.
        for answer in (created, full("lambda").get_function_configuration(FunctionName="variables"),
                       full("lambda").get_function(FunctionName="variables")["Configuration"],
                       full("lambda").list_functions()["Functions"][0],
                       full("lambda").update_function_configuration(FunctionName="variables", Description="d")):
            self.assertNotIn("correct-horse", json.dumps(answer, default=str))
            self.assertEqual(answer["Environment"]["Error"]["ErrorCode"], "AccessDeniedException")
        wait_active(owner, "variables")
        _, reader = self.user(*everything, statement("kms:Decrypt", key))
        self.assertEqual(reader("lambda").get_function_configuration(FunctionName="variables")["Environment"], variables)
        # The function reads them by Lambda's grant, whatever its role may do and whoever calls.
        self.assertEqual(invoke(full("lambda"), "variables")[0][::-1], "correct-horse-2311")
        self.denied(full("lambda").update_function_configuration, "kms:Decrypt", FunctionName="variables", KMSKeyArn="")
        self.kms.disable_key(KeyId=key)
        self.denied(full("lambda").invoke, "disabled", code="KMSDisabledException", FunctionName="variables")
        self.kms.enable_key(KeyId=key)
        # A denial is stronger than the grant, from the next environment on.
        role = owner.get_function_configuration(FunctionName="variables")["Role"]
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(
            ROOT, statement("kms:Decrypt", effect="Deny", Principal={"AWS": role})))
        owner.update_function_configuration(FunctionName="variables", Description="needs a new environment")

        def refused():
            try:
                invoke(owner, "variables")
            except ClientError as error:
                return error.response
        response = wait_for(refused)
        self.assertEqual((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]),
                         ("KMSAccessDeniedException", 502))

    def test_functions_and_the_extension(self):
        key = self.key()
        self.secrets.create_secret(Name="by-function", SecretString="s", KmsKeyId=key)
        self.ssm.put_parameter(Name="/by/function", Type="SecureString", Value="p", KeyId=key)
        role = self.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(LAMBDA_TRUST))["Role"]["Arn"]
        own = [statement(["secretsmanager:GetSecretValue", "ssm:GetParameter"])]
        put = dict(RoleName="reader", PolicyName="own")
        self.iam.put_role_policy(PolicyDocument=policy(*own), **put)
        create_function(self.platform.client(), "reader", {"app.py": READER}, Role=role)

        def read(path):
            return invoke(self.platform.client(), "reader", {"path": path})[0]
        secret = "/secretsmanager/get?secretId=by-function"
        parameter = "/systemsmanager/parameters/get?name=%2Fby%2Ffunction&withDecryption=true"
        self.assertIn("Access to KMS is not allowed", read(secret)["body"])
        self.assertIn("not allowed to access", read(parameter)["body"])
        self.iam.put_role_policy(PolicyDocument=policy(*own, statement("kms:Decrypt", key)), **put)
        self.assertEqual(read(secret)["SecretString"], "s")
        self.assertEqual(read(parameter)["Parameter"]["Value"], "p")
        # Taken away it is gone at once, though the extension has the value in its cache.
        self.iam.put_role_policy(PolicyDocument=policy(*own), **put)
        self.assertIn("Access to KMS is not allowed", read(secret)["body"])

    def test_the_record_says_who_used_which_key(self):
        key = self.key()
        self.secrets.create_secret(Name="recorded", SecretString="v", KmsKeyId=key)
        arn, client = self.user(statement("secretsmanager:GetSecretValue"))
        self.denied(client("secretsmanager").get_secret_value, SecretId="recorded")
        self.permit(arn, statement("secretsmanager:GetSecretValue"), statement("kms:Decrypt"))
        client("secretsmanager").get_secret_value(SecretId="recorded")
        status, _, body = self.platform.signed("GET", "/_gantry/audit/export", service="iam")
        self.assertEqual(status, 200)
        mine = [e for e in map(json.loads, body.splitlines()) if e["principal"] == arn]
        denied, = [e for e in mine if e["decision"] == "denied"]
        self.assertEqual((denied["action"], denied["resource"]), ("kms:Decrypt", key))
        allowed, = [e for e in mine if e["decision"] == "allowed"]
        self.assertEqual(allowed["action"], "secretsmanager:GetSecretValue")
        self.assertIn({"action": "kms:Decrypt", "resource": key}, allowed["also"])


if __name__ == "__main__":
    unittest.main()
