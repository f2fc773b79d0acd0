"""The AWS CLI, boto3 and the SDK for JavaScript behind one call, so that a test can make the same calls by each:
call(service, Operation, input) gives the output; status is that of the last answer, None where it is not told."""
import base64
import json
import os
import subprocess

from botocore import xform_name
from support.npm import install

# Reads {module, client, command, input} a line, answers {output} or {error}. Bytes are {"$": base64}.
DRIVER = """
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
const requires = process.argv.slice(2).map((modules) => createRequire(join(modules, 'x.js')));
function load(name) {
  for (const one of requires) try { return one(name); } catch {}
  throw new Error('there is no ' + name);
}
const revive = (key, value) => value && value.$ !== undefined ? Buffer.from(value.$, 'base64') : value;
const replace = (key, value) => value && value.type === 'Buffer' ? { $: Buffer.from(value.data).toString('base64') }
    : value instanceof Uint8Array ? { $: Buffer.from(value).toString('base64') } : value;
for await (const line of createInterface({ input: process.stdin })) {
  const { module, client, command, input } = JSON.parse(line, revive);
  const sdk = load(module);
  let answer;
  try {
    const sender = new sdk[client]({ endpoint: process.env.ENDPOINT, region: 'us-east-1', maxAttempts: 1 });
    const { $metadata, ...output } = await sender.send(new sdk[command](input));
    if (output.EventStream) {
      const events = [];
      for await (const event of output.EventStream) events.push(event);
      output.EventStream = events;
    }
    answer = { output, status: $metadata.httpStatusCode };
  } catch (error) {
    answer = { error: error.name + ': ' + error.message };
  }
  process.stdout.write(JSON.stringify(answer, replace) + '\\n');
}
"""

# Reads the words of a command line, a line each; answers [exit status, stdout, stderr].
CLI = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(json.loads(line))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


class Boto3:
    def __init__(self, platform):
        self.platform = platform
        self.status = None

    def call(self, service, operation, arguments):
        output = getattr(self.platform.client(service), xform_name(operation))(**arguments)
        self.status = output.pop("ResponseMetadata")["HTTPStatusCode"]
        return output


class AwsCli:
    """The AWS CLI in one process for all calls: each start of it takes a second. It has a botocore of its own."""

    status = None

    def __init__(self, platform):
        key, secret = platform.credentials()
        self.endpoint = platform.endpoint
        self.outfile = os.path.join(platform.directory, "cli-payload")
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-c", CLI], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": platform.directory, "AWS_ACCESS_KEY_ID": key,
                 "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""})

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)

    def call(self, service, operation, arguments):
        words = [service, xform_name(operation, "-"), "--endpoint-url", self.endpoint, "--output", "json"]
        writes = (service, operation) == ("lambda", "Invoke")
        if writes or operation == "InvokeAsync":
            words += self.options(arguments, operation)
        else:
            words += ["--cli-input-json",
                      json.dumps(arguments, default=lambda value: base64.b64encode(value).decode())]
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        if code != 0:
            raise AssertionError(f"aws {service} {operation} ended with {code}: {err} {out}")
        output = json.loads(out or "{}")
        if writes:
            with open(self.outfile, "rb") as file:
                output["Payload"] = file.read()
        return output

    def options(self, arguments, operation):
        """For what has a file in its command line: no JSON may stand for that."""
        words = [self.outfile] if operation == "Invoke" else []
        for name, value in arguments.items():
            if name == "InvokeArgs":  # a stream: the name of a file
                with open(self.outfile, "wb") as file:
                    file.write(value)
                value = self.outfile
            elif isinstance(value, bytes):
                value = base64.b64encode(value).decode()
            words += ["--" + xform_name(name, "-"), value]
        return words


class SdkForJavaScript:
    """packages: what npm installs, each with the name of its folder."""

    MODULES = {"iam": "IAM", "sts": "STS", "kms": "KMS", "ssm": "SSM", "lambda": "Lambda",
               "secretsmanager": "SecretsManager", "accessanalyzer": "AccessAnalyzer"}
    packages = ()

    def __init__(self, platform):
        modules = [install(name, packages) for packages, name in self.packages]
        script = os.path.join(platform.directory, "driver.mjs")
        with open(script, "w") as file:
            file.write(DRIVER)
        key, secret = platform.credentials()
        self.status = None
        self.process = subprocess.Popen(
            ["node", script, *modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "HOME": platform.directory, "ENDPOINT": platform.endpoint,
                 "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)

    def call(self, service, operation, arguments):
        name = self.MODULES[service]
        module = {"secretsmanager": "secrets-manager"}.get(service, service)
        line = json.dumps({"module": "@aws-sdk/client-" + module, "client": name + "Client",
                           "command": operation + "Command", "input": arguments},
                          default=lambda data: {"$": base64.b64encode(data).decode()})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(f"{operation}: {answer['error']}")
        self.status = answer["status"]
        return answer["output"]


def data(value):
    """The bytes of a member, as whichever client gives them."""
    if isinstance(value, dict):
        value = value["$"]
    if hasattr(value, "read"):
        value = value.read()
    return value if isinstance(value, bytes) else base64.b64decode(value)
