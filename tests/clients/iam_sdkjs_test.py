"""IAM and STS through AWS's SDK for JavaScript, which npm fetches into the build directory once."""
import os
import subprocess
import unittest

from support.npm import install
from support.platform import Platform

VERSIONS = {"@aws-sdk/client-iam": "3.1006.0", "@aws-sdk/client-sts": "3.1006.0"}

SESSION = """
import { IAMClient, CreateRoleCommand, GetRoleCommand, PutRolePolicyCommand, ListRolePoliciesCommand,
         SimulatePrincipalPolicyCommand, GetUserCommand } from '@aws-sdk/client-iam';
import { STSClient, AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import assert from 'node:assert';

const base = { region: 'us-east-1', endpoint: process.env.ENDPOINT };
const iam = new IAMClient(base), sts = new STSClient(base);
const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: '000000000000' },
                                                     Action: 'sts:AssumeRole' }] };
await iam.send(new CreateRoleCommand({ RoleName: 'js', AssumeRolePolicyDocument: JSON.stringify(trust),
                                       Tags: [{ Key: 'team', Value: 'a+b' }] }));
const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'js' }));
assert.deepEqual(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)), trust);
assert.deepEqual(Role.Tags, [{ Key: 'team', Value: 'a+b' }]);
assert(Role.CreateDate instanceof Date);
const allow = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' } };
await iam.send(new PutRolePolicyCommand({ RoleName: 'js', PolicyName: 'p', PolicyDocument: JSON.stringify(allow) }));
assert.deepEqual((await iam.send(new ListRolePoliciesCommand({ RoleName: 'js' }))).PolicyNames, ['p']);
const simulated = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: Role.Arn,
    ActionNames: ['iam:GetUser', 'iam:DeleteUser'] }));
assert.deepEqual(simulated.EvaluationResults.map((r) => r.EvalDecision), ['allowed', 'implicitDeny']);
const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: 'session' }));
const credentials = { accessKeyId: Credentials.AccessKeyId, secretAccessKey: Credentials.SecretAccessKey,
                      sessionToken: Credentials.SessionToken };
const session = new IAMClient({ ...base, credentials });
const who = await new STSClient({ ...base, credentials }).send(new GetCallerIdentityCommand({}));
assert.equal(who.Arn, 'arn:aws:sts::000000000000:assumed-role/js/session');
await assert.rejects(session.send(new GetUserCommand({ UserName: 'none' })), { name: 'NoSuchEntityException' });
await assert.rejects(session.send(new ListRolePoliciesCommand({ RoleName: 'js' })),
                     (error) => error.name === 'AccessDenied' && /is not authorized to perform/.test(error.message));
console.log('whole');
"""


class SdkForJavaScript(unittest.TestCase):
    def test_a_session(self):
        script = os.path.join(os.path.dirname(install("sdkjs-iam", VERSIONS)), "session.mjs")
        with open(script, "w") as file:
            file.write(SESSION)
        with Platform() as platform:
            key, secret = platform.credentials()
            done = subprocess.run(["node", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  env={"PATH": os.environ["PATH"], "ENDPOINT": platform.endpoint, "HOME": platform.directory,
                                       "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "whole"), done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
