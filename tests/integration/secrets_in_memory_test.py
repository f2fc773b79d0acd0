"""What the daemon's memory has of a secret after a call: nothing. The connections of the clients stay open, as those of
SDKs do."""
import base64
import json
import secrets as random
import unittest

from support.inside import AWS
from support.memory import found
from support.platform import Platform, create_function, wait_for

ROTATES = '''
import os
from aws import secrets

def handler(event, context):
    secret, token = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        secrets("PutSecretValue", SecretId=secret, ClientRequestToken=token, VersionStages=["AWSPENDING"],
                SecretString=os.environ["FIRST"] + os.environ["SECOND"])
    if event["Step"] == "finishSecret":
        current = secrets("GetSecretValue", SecretId=secret)["VersionId"]
        secrets("UpdateSecretVersionStage", SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
                RemoveFromVersionId=current)
'''
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "lambda.amazonaws.com"}}]}


def value():
    return "memory-" + random.token_hex(24)


class InMemory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)

    def found(self, *texts):
        return found(self.platform.process.pid, texts)

    def gone(self, *texts):
        # A message that another thread still holds goes in an instant.
        wait_for(lambda: not self.found(*texts), seconds=15, what="that the secret is out of memory")

    def test_what_is_kept_is_seen(self):
        """That the search finds what is there."""
        name = value()
        self.platform.client("secretsmanager").create_secret(Name=name, SecretString="x")
        self.assertEqual(self.found(name), {name})

    def test_secrets(self):
        client, values = self.platform.client("secretsmanager"), [value() for _ in range(4)]
        short = random.token_hex(6)  # fits into a std::string itself
        client.create_secret(Name="short", SecretString=short)
        self.assertEqual(client.get_secret_value(SecretId="short")["SecretString"], short)
        client.create_secret(Name="memory", SecretString=values[0])
        self.assertEqual(client.get_secret_value(SecretId="memory")["SecretString"], values[0])
        client.put_secret_value(SecretId="memory", SecretString=values[1])
        self.assertEqual(client.get_secret_value(SecretId="memory")["SecretString"], values[1])
        client.update_secret(SecretId="memory", SecretBinary=values[2].encode())
        self.assertEqual(client.get_secret_value(SecretId="memory")["SecretBinary"], values[2].encode())
        # Refused, and too long for one read of the socket.
        with self.assertRaises(client.exceptions.ResourceExistsException):
            client.create_secret(Name="memory", SecretString=values[3] * 400)
        self.gone(*values, short)

    def test_parameters_and_keys(self):
        ssm, kms, values = self.platform.client("ssm"), self.platform.client("kms"), [value() for _ in range(2)]
        ssm.put_parameter(Name="/memory", Value=values[0], Type="SecureString")
        self.assertEqual(ssm.get_parameter(Name="/memory", WithDecryption=True)["Parameter"]["Value"], values[0])
        sealed = kms.encrypt(KeyId="alias/aws/lambda", Plaintext=values[1].encode())["CiphertextBlob"]
        self.assertEqual(kms.decrypt(CiphertextBlob=sealed)["Plaintext"], values[1].encode())
        key = kms.generate_data_key(KeyId="alias/aws/lambda", NumberOfBytes=96)["Plaintext"]
        password = self.platform.client("secretsmanager").get_random_password(
            PasswordLength=60, ExcludePunctuation=True)["RandomPassword"]
        self.gone(*values, password, base64.b64encode(key).decode())

    def test_rotation(self):
        lambdas, client = self.platform.client(), self.platform.client("secretsmanager")
        iam = self.platform.client("iam")
        role = iam.create_role(RoleName="turner", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="turner", PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}}))
        old, new = value(), value()
        # In two halves: what a function's configuration says is no secret of the store.
        create_function(lambdas, "rotates-in-memory", {"app.py": ROTATES, "aws.py": AWS}, Role=role,
                        Environment={"Variables": {"FIRST": new[:20], "SECOND": new[20:]}})
        function = lambdas.get_function_configuration(FunctionName="rotates-in-memory")["FunctionArn"]
        client.create_secret(Name="turning", SecretString=old)
        client.rotate_secret(SecretId="turning", RotationLambdaARN=function)
        wait_for(lambda: client.get_secret_value(SecretId="turning")["SecretString"] == new, seconds=60,
                 what="the rotation")
        self.gone(old, new)


if __name__ == "__main__":
    unittest.main()
