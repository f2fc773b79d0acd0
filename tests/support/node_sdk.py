"""AWS's SDK for JavaScript, fetched once by npm into the build directory: it has the operations that
Debian's boto3 is too old for."""
import fcntl
import json
import os
import re
import shutil
import subprocess
import unittest

VERSION = "3.758.0"  # a release for Node.js 18 and later
UNREACHABLE = r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[134]"

# Reads {command, input} from its arguments; prints what came, one JSON a line: {head}, {chunk (base64),
# at (ms)}, {complete}, {output} or {error}.
DRIVER = """
const sdk = require('@aws-sdk/client-lambda');
const [command, input] = [process.argv[2], JSON.parse(process.argv[3])];
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
(async () => {
  const client = new sdk.LambdaClient({ endpoint: process.env.ENDPOINT, region: 'us-east-1',
                                        maxAttempts: 1 });
  if (input.Payload !== undefined) input.Payload = Buffer.from(input.Payload);
  const start = Date.now();
  try {
    const answer = await client.send(new sdk[command + 'Command'](input));
    const { EventStream, $metadata, ...output } = answer;
    if (output.Payload) output.Payload = Buffer.from(output.Payload).toString();
    say(EventStream ? { head: output, at: Date.now() - start } : { output });
    for await (const event of EventStream ?? []) {
      if (event.PayloadChunk) {
        say({ chunk: Buffer.from(event.PayloadChunk.Payload).toString('base64'), at: Date.now() - start });
      } else if (event.InvokeComplete) {
        say({ complete: event.InvokeComplete });
      }
    }
  } catch (error) {
    say({ error: { name: error.name, message: error.message, status: error.$metadata?.httpStatusCode } });
  }
})();
"""


def directory(client):
    return os.path.join(os.path.dirname(os.environ["GANTRY_BIN"]), "clients", f"sdk-{client}-{VERSION}")


def install(client="lambda"):
    """Installs the client unless it is there; skips the test when npm cannot reach its registry."""
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is missing")
    package = "@aws-sdk/client-" + client
    os.makedirs(directory(client), exist_ok=True)
    with open(os.path.join(directory(client), "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(directory(client), "node_modules", package, "package.json")):
            done = subprocess.run(
                ["npm", "install", "--prefix", directory(client), "--ignore-scripts", "--no-audit", "--no-fund",
                 "--no-save", f"{package}@{VERSION}"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0 and re.search(UNREACHABLE, done.stdout):
                raise unittest.SkipTest("npm cannot reach its registry:\n" + done.stdout[-800:])
            if done.returncode != 0:
                raise AssertionError(f"npm install {package} failed:\n" + done.stdout[-4000:])


def run(platform, client, script, *arguments):
    """Runs a script that prints JSON lines; returns them."""
    key, secret = platform.credentials()
    done = subprocess.run(["node", "-e", script, "-", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                          env={"PATH": os.environ["PATH"], "ENDPOINT": platform.endpoint,
                               "NODE_PATH": os.path.join(directory(client), "node_modules"),
                               "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret})
    if done.returncode != 0:
        raise AssertionError("the SDK's script ended with an error:\n" + done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def call(platform, command, **parameters):
    """Runs one command of Lambda; returns what the driver printed, in order."""
    return run(platform, "lambda", DRIVER, command, json.dumps(parameters))
