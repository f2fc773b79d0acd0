"""Response streaming as AWS's SDK for JavaScript sees it: InvokeWithResponseStream."""
import base64
import json
import unittest

from support import node_sdk
from support.platform import Platform, create_function, invoke, make_zip

NODE = """
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
exports.words = awslambda.streamifyResponse(async (event, stream, context) => {
  stream.setContentType('text/plain; charset=utf-8');
  for (const word of event.words) { stream.write(word); await sleep(event.pause ?? 0); }
  console.log('all said');
  stream.end();
});
exports.plain = async (event) => ({ got: event });
exports.big = async (event) => 'x'.repeat(event.size);
exports.fails = awslambda.streamifyResponse(async () => { throw new RangeError('before the first byte'); });
exports.breaksOff = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one ');
  await sleep(50);
  throw new RangeError('mid-stream');
});
exports.hangs = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one ');
  await sleep(60000);
});
exports.empty = awslambda.streamifyResponse(async (event, stream) => { stream.end(); });
exports.flood = awslambda.streamifyResponse(async (event, stream) => {
  const { pipeline } = require('node:stream/promises');
  const { Readable } = require('node:stream');
  let left = event.size;
  await pipeline(Readable.from((function* () {
    for (; left > 0; left -= 65536) yield Buffer.alloc(Math.min(left, 65536), 'y');
  })()), stream);
});
"""

# A custom runtime that streams: bash and its own TCP.
CUSTOM = r"""#!/bin/bash
HOST=${AWS_LAMBDA_RUNTIME_API%:*} PORT=${AWS_LAMBDA_RUNTIME_API#*:}
while true; do
  exec 3<>/dev/tcp/$HOST/$PORT
  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
  id=$(grep -i aws-request-id <&3 | tr -d '\r' | cut -d' ' -f2)
  exec 3>&- 3<&-
  exec 3<>/dev/tcp/$HOST/$PORT
  printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' "$id" >&3
  printf 'Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n' >&3
  printf '4\r\nfrom\r\n' >&3; sleep 0.2; printf '5\r\n bash\r\n0\r\n\r\n' >&3
  cat <&3 >/dev/null
  exec 3>&- 3<&-
done
"""


class SdkStreamingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        node_sdk.install()
        cls.platform = Platform(extra=["--stream-burst", "1", "--stream-rate", "1"]).start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.platform.client()
        for handler in ("words", "plain", "big", "fails", "breaksOff", "hangs", "empty", "flood"):
            create_function(cls.client, handler, {"index.js": NODE}, runtime="nodejs22.x",
                            handler="index." + handler, Timeout=2 if handler == "hangs" else 60)

    def stream(self, name, event=None, **options):
        lines = node_sdk.call(self.platform, "InvokeWithResponseStream", FunctionName=name,
                              Payload=json.dumps(event or {}), **options)
        chunks = [base64.b64decode(line["chunk"]) for line in lines if "chunk" in line]
        complete = [line["complete"] for line in lines if "complete" in line]
        return lines, b"".join(chunks), complete[0] if complete else None

    def test_chunks_come_while_the_function_runs(self):
        lines, body, complete = self.stream("words", {"words": ["a ", "b ", "c"], "pause": 400},
                                            LogType="Tail")
        self.assertEqual(body, b"a b c")
        self.assertEqual(lines[0]["head"]["ExecutedVersion"], "$LATEST")
        times = [line["at"] for line in lines if "chunk" in line]
        self.assertEqual(len(times), 3)
        self.assertGreater(times[2] - times[0], 500)
        self.assertNotIn("ErrorCode", complete)
        log = base64.b64decode(complete["LogResult"]).decode()
        self.assertIn("all said", log)
        self.assertIn("REPORT RequestId:", log)

    def test_a_handler_that_does_not_stream_answers_in_one_piece(self):
        _, body, complete = self.stream("plain", {"a": 1})
        self.assertEqual(json.loads(body), {"got": {"a": 1}})
        self.assertEqual(complete, {})

    def test_a_large_buffered_response_arrives_whole(self):
        _, body, _ = self.stream("big", {"size": 3_000_000})
        self.assertEqual(len(body), 3_000_002)

    def test_nothing_streamed(self):
        _, body, complete = self.stream("empty")
        self.assertEqual((body, complete), (b"", {}))

    def test_error_before_the_first_byte(self):
        lines, body, complete = self.stream("fails")
        self.assertEqual(body, b"")
        self.assertEqual(complete["ErrorCode"], "RangeError")
        self.assertEqual(json.loads(complete["ErrorDetails"])["errorMessage"], "before the first byte")

    def test_error_in_the_middle(self):
        _, body, complete = self.stream("breaksOff")
        self.assertEqual(body, b"one ")
        self.assertEqual(complete["ErrorCode"], "RangeError")
        self.assertEqual(json.loads(complete["ErrorDetails"])["errorMessage"], "mid-stream")

    def test_time_out_in_the_middle(self):
        _, body, complete = self.stream("hangs")
        self.assertEqual(body, b"one ")
        self.assertEqual(complete["ErrorCode"], "Sandbox.Timedout")
        self.assertIn("timed out after 2.00 seconds", complete["ErrorDetails"])

    def test_the_rate_is_limited_after_the_burst(self):
        lines, body, _ = self.stream("flood", {"size": 3 * 1024 * 1024})
        self.assertEqual(len(body), 3 * 1024 * 1024)
        self.assertGreater([line["at"] for line in lines if "chunk" in line][-1], 1500)

    def test_a_plain_invoke_gathers_the_stream(self):
        payload, response = invoke(self.client, "words", {"words": ['"a', 'b"']})
        self.assertEqual(payload, "ab")
        self.assertNotIn("FunctionError", response)

    def test_a_plain_invoke_takes_no_more_than_6_mb(self):
        payload, response = invoke(self.client, "flood", {"size": 7 * 1024 * 1024})
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(payload["errorType"], "Function.ResponseSizeTooLarge")

    def test_a_custom_runtime_streams(self):
        create_function(self.client, "custom", {"bootstrap": (CUSTOM, 0o755)}, runtime="provided.al2023",
                        handler="any")
        lines, body, complete = self.stream("custom")
        self.assertEqual((body, complete), (b"from bash", {}))
        self.assertEqual(len([line for line in lines if "chunk" in line]), 2)

    def test_a_dry_run_streams_nothing(self):
        lines = node_sdk.call(self.platform, "InvokeWithResponseStream", FunctionName="words",
                              InvocationType="DryRun")
        self.assertNotIn("chunk", json.dumps(lines))
        self.assertNotIn("error", lines[0])

    def test_errors_of_the_request(self):
        lines = node_sdk.call(self.platform, "InvokeWithResponseStream", FunctionName="nobody")
        self.assertEqual(lines[0]["error"]["name"], "ResourceNotFoundException")
        self.assertEqual(lines[0]["error"]["status"], 404)
        lines = node_sdk.call(self.platform, "InvokeWithResponseStream", FunctionName="plain", Payload="{")
        self.assertEqual(lines[0]["error"]["name"], "InvalidRequestContentException")


class TenantTest(unittest.TestCase):
    """Tenant isolation, which the SDK of this version does not know: with requests by hand."""

    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.platform.client()
        code = {"app.py": "import os\nseen = []\n\ndef handler(event, context):\n"
                          "    seen.append(context.tenant_id)\n    return seen\n"}
        body = {"FunctionName": "tenants", "Runtime": "python3.11", "Handler": "app.handler",
                "Role": "arn:aws:iam::000000000000:role/test",
                "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
                "Code": {"ZipFile": base64.b64encode(make_zip(code)).decode()}}
        status, _, answer = cls.platform.signed("POST", "/2015-03-31/functions", json.dumps(body).encode())
        assert status == 201, answer
        cls.configuration = json.loads(answer)
        from support.platform import wait_active
        wait_active(cls.client, "tenants")
        create_function(cls.client, "plain", code)

    def call(self, name, tenant=None):
        status, _, body = self.platform.signed(
            "POST", f"/2015-03-31/functions/{name}/invocations", b"{}",
            {"X-Amz-Tenant-Id": tenant} if tenant else {})
        return status, json.loads(body)

    def test_an_environment_serves_one_tenant(self):
        self.assertEqual(self.configuration["TenancyConfig"], {"TenantIsolationMode": "PER_TENANT"})
        self.assertEqual(self.call("tenants", "blue"), (200, ["blue"]))
        self.assertEqual(self.call("tenants", "green"), (200, ["green"]))
        self.assertEqual(self.call("tenants", "blue"), (200, ["blue", "blue"]))

    def test_the_tenant_is_required_or_refused(self):
        status, body = self.call("tenants")
        self.assertEqual(status, 400)
        self.assertIn("Add a valid tenant ID", json.dumps(body))
        status, body = self.call("plain", "blue")
        self.assertEqual(status, 400)
        self.assertIn("not enabled with tenancy configuration", json.dumps(body))
        status, _ = self.call("tenants", "no*good")
        self.assertEqual(status, 400)

    def test_such_a_function_has_no_url(self):
        with self.assertRaises(self.client.exceptions.InvalidParameterValueException):
            self.client.create_function_url_config(FunctionName="tenants", AuthType="NONE")


if __name__ == "__main__":
    unittest.main()
