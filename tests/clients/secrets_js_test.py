"""Secrets Manager, Parameter Store and KMS through AWS's SDK for JavaScript, which npm fetches into the
build directory, once."""
import json
import os
import subprocess
import unittest

from support.npm import install
from support.platform import Platform

VERSION = "3.600.0"
CLIENTS = ["secrets-manager", "ssm", "kms"]

SCRIPT = """
const { SecretsManagerClient, CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand,
        ListSecretsCommand } = require('@aws-sdk/client-secrets-manager');
const { SSMClient, PutParameterCommand, GetParameterCommand } = require('@aws-sdk/client-ssm');
const { KMSClient, CreateKeyCommand, EncryptCommand, DecryptCommand, DisableKeyCommand } =
    require('@aws-sdk/client-kms');
const options = { endpoint: process.env.ENDPOINT, region: 'us-east-1', maxAttempts: 1 };

async function main() {
    const secrets = new SecretsManagerClient(options);
    await secrets.send(new CreateSecretCommand({ Name: 'js', SecretString: 'one' }));
    await secrets.send(new PutSecretValueCommand({ SecretId: 'js', SecretBinary: Buffer.from([1, 255]) }));
    const value = await secrets.send(new GetSecretValueCommand({ SecretId: 'js' }));
    const before = await secrets.send(new GetSecretValueCommand({ SecretId: 'js', VersionStage: 'AWSPREVIOUS' }));
    const list = await secrets.send(new ListSecretsCommand({}));
    const missing = await secrets.send(new GetSecretValueCommand({ SecretId: 'none' })).catch((e) => e.name);

    const ssm = new SSMClient(options);
    await ssm.send(new PutParameterCommand({ Name: '/js/a', Value: 'v', Type: 'SecureString' }));
    const parameter = await ssm.send(new GetParameterCommand({ Name: '/js/a', WithDecryption: true }));

    const kms = new KMSClient(options);
    const KeyId = (await kms.send(new CreateKeyCommand({}))).KeyMetadata.KeyId;
    const sealed = await kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('text') }));
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }));
    await kms.send(new DisableKeyCommand({ KeyId }));
    const disabled = await kms.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }))
        .catch((e) => e.name);

    console.log(JSON.stringify({ value: [...value.SecretBinary], dated: value.CreatedDate instanceof Date,
        before: before.SecretString, listed: list.SecretList.map((s) => s.Name), missing,
        parameter: parameter.Parameter.Value, opened: Buffer.from(opened.Plaintext).toString(), disabled }));
}
main().catch((error) => { console.error(error); process.exit(1); });
"""


def install_sdk():
    return install("aws-sdk-secrets-" + VERSION, {"@aws-sdk/client-" + client: VERSION for client in CLIENTS})


class SdkForJavaScript(unittest.TestCase):
    def test_the_three_services(self):
        modules = install_sdk()
        with Platform() as platform:
            key, secret = platform.credentials()
            environment = {"PATH": os.environ["PATH"], "HOME": platform.directory, "ENDPOINT": platform.endpoint,
                           "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
                           "NODE_PATH": modules}
            done = subprocess.run(["node", "-e", SCRIPT], env=environment, capture_output=True, text=True, timeout=180)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout), {
            "value": [1, 255], "dated": True, "before": "one", "listed": ["js"],
            "missing": "ResourceNotFoundException", "parameter": "v", "opened": "text",
            "disabled": "DisabledException"})


if __name__ == "__main__":
    unittest.main()
