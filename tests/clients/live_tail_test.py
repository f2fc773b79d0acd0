"""Logs as they come: StartLiveTail with AWS's SDK for JavaScript, whose requests go to a host of their own
(streaming-...), and `aws logs tail --follow`."""
import json
import os
import subprocess
import threading
import unittest

from support import node_sdk
from support.platform import Platform, create_function, invoke, wait_for

WRITER = """
def handler(event, context):
    print(event["say"])
"""

# Prints the session's start, then every line that comes, until enough have come. With a host of its own the name is
# resolved to this machine, as DNS would do it.
DRIVER = """
const { CloudWatchLogsClient, StartLiveTailCommand } = require('@aws-sdk/client-cloudwatch-logs');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const http = require('http');
const input = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
const hosts = [];
const agent = new http.Agent({ lookup: (host, options, done) => {
  hosts.push(host);
  return options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
} });
(async () => {
  const client = new CloudWatchLogsClient({ endpoint: input.endpoint, region: 'us-east-1', maxAttempts: 1,
    disableHostPrefix: !input.ownHost, requestHandler: new NodeHttpHandler({ httpAgent: agent }) });
  let left = input.lines;
  try {
    const answer = await client.send(new StartLiveTailCommand(input.command));
    for await (const event of answer.responseStream) {
      if (event.sessionStart) say({ start: event.sessionStart, hosts });
      for (const each of event.sessionUpdate?.sessionResults ?? []) { say({ line: each }); --left; }
      if (left <= 0) break;
    }
  } catch (error) {
    say({ error: error.name, message: error.message });
  }
  process.exit(0);
})();
"""


class LiveTail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.functions = cls.platform.client()
        for name in ("one", "two"):
            create_function(cls.functions, name, {"app.py": WRITER})
            invoke(cls.functions, name, {"say": "before"})
        cls.group = {name: f"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/{name}" for name in ("one", "two")}

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def tail(self, own_host, lines, then, **command):
        """What the SDK printed; `then` is called once the session has begun."""
        node_sdk.install("cloudwatch-logs")
        key, secret = self.platform.credentials()
        endpoint = self.platform.endpoint.replace("127.0.0.1", "localhost") if own_host else self.platform.endpoint
        argument = json.dumps({"endpoint": endpoint, "ownHost": own_host, "lines": lines, "command": command})
        process = subprocess.Popen(
            ["node", "-e", DRIVER, "-", argument], stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret,
                 "NODE_PATH": os.path.join(node_sdk.directory("cloudwatch-logs"), "node_modules")})
        guard = threading.Timer(120, process.kill)
        guard.start()
        try:
            printed = []
            for text in process.stdout:
                printed.append(json.loads(text))
                if "start" in printed[-1]:
                    then()
            process.wait()
        finally:
            guard.cancel()
            process.kill()
            process.stdout.close()
            process.wait()
        return printed

    def test_sdk(self):
        for own_host in (False, True):
            with self.subTest(own_host=own_host):
                def call():
                    for name, text in (("one", "ALERT first"), ("two", "ALERT elsewhere"), ("one", "quiet"), ("one", "ALERT last")):
                        invoke(self.functions, name, {"say": text})
                printed = self.tail(own_host, 2, call, logGroupIdentifiers=[self.group["one"]],
                                    logEventFilterPattern="ALERT")
                self.assertIn("start", printed[0])
                self.assertEqual(printed[0]["start"]["logGroupIdentifiers"], [self.group["one"]])
                self.assertEqual(printed[0]["hosts"], ["streaming-localhost"] if own_host else [])
                self.assertEqual([each["line"]["message"].strip() for each in printed[1:]], ["ALERT first", "ALERT last"])
                self.assertEqual(printed[1]["line"]["logGroupIdentifier"], "000000000000:/aws/lambda/one")
                self.assertGreater(printed[1]["line"]["timestamp"], 1_500_000_000_000)

    def test_sdk_sees_two_groups(self):
        def call():
            invoke(self.functions, "one", {"say": "MANY a"})
            invoke(self.functions, "two", {"say": "MANY b"})
        printed = self.tail(False, 2, call, logGroupIdentifiers=list(self.group.values()), logEventFilterPattern="MANY")
        self.assertEqual({each["line"]["message"].strip() for each in printed[1:]}, {"MANY a", "MANY b"})

    def test_sdk_is_told_what_is_wrong(self):
        [printed] = self.tail(False, 1, lambda: None, logGroupIdentifiers=[self.group["one"]],
                              logEventFilterPattern="{ $.a = ")
        self.assertEqual(printed["error"], "InvalidParameterException")
        self.assertIn("pattern", printed["message"].lower())

    def test_foreign_hosts_stay_out(self):
        def reason(host):
            return self.platform.plain("GET", "/2015-03-31/functions", headers={"Host": host})[2]
        self.assertIn(b"names another machine", reason("streaming-evil.example"))
        for host in ("localhost", "streaming-localhost", "streaming-127.0.0.1"):
            self.assertNotIn(b"names another machine", reason(host))

    def test_cli_follows(self):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory, "PYTHONUNBUFFERED": "1",
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        process = subprocess.Popen(
            ["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url", self.platform.endpoint,
             "logs", "tail", "/aws/lambda/one", "--follow", "--since", "5m", "--format", "short"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines = []

        def read():
            for line in iter(process.stdout.readline, ""):
                lines.append(line.rstrip())
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            wait_for(lambda: any("before" in line for line in lines), seconds=90, what="what was there")
            invoke(self.functions, "one", {"say": "FOLLOWED"})
            wait_for(lambda: any("FOLLOWED" in line for line in lines), seconds=90, what="the line that came")
        finally:
            process.kill()
            process.wait()
            reader.join(10)
            process.stdout.close()
            process.stderr.close()


if __name__ == "__main__":
    unittest.main()
