"""Function URLs from outside: the operations by boto3, the addresses by plain HTTP."""
import base64
import http.client
import json
import os
import socket
import time
import unittest
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from support.platform import Platform, create_function, function_url, wait_for

NODE = """
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
exports.echo = async (event) => event;
exports.answer = async (event) => JSON.parse(event.body);
exports.raw = async (event) => event.queryStringParameters.text;
exports.fails = async () => { throw new Error('no'); };
exports.slow = async () => { await sleep(1500); return 'done'; };
exports.streams = awslambda.streamifyResponse(async (event, stream) => {
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 203,
    headers: { 'Content-Type': 'text/plain', 'X-Own': 'yes' }, cookies: ['a=1', 'b=2'] });
  for (const word of ['one ', 'two ', 'three']) { stream.write(word); await sleep(300); }
  stream.end();
});
exports.streamsBare = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/csv');
  stream.write('a,b'); stream.end();
});
exports.breaksOff = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one '); await sleep(100); throw new Error('mid-stream');
});
exports.failsFirst = awslambda.streamifyResponse(async () => { throw new Error('at once'); });
exports.flood = awslambda.streamifyResponse(async (event, stream) => {
  const { pipeline } = require('node:stream/promises');
  const { Readable } = require('node:stream');
  await pipeline(Readable.from((function* () {
    for (let i = 0; i < 1600; ++i) yield Buffer.alloc(65536, 'z');
  })()), stream);
});
"""


class Url:
    """One function URL as a client sees it."""

    def __init__(self, platform, config):
        parts = urllib.parse.urlsplit(config["FunctionUrl"])
        self.host, self.id = parts.netloc, parts.hostname.split(".")[0]
        self.address = platform.endpoint[len("http://"):]

    def request(self, method="GET", target="/", body=None, headers=None, by_path=False):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        headers = dict(headers or {})
        if by_path:
            target = f"/lambda-url/{self.id}" + target
        else:
            headers["Host"] = self.host
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


class FunctionUrlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--stream-rate", "0"]).start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.platform.client()
        cls.urls = {}

    def url(self, handler, mode="BUFFERED", auth="NONE", **options):
        """The URL of a function with that handler, made once."""
        key = (handler, mode, auth, json.dumps(options))
        if key not in self.urls:
            name = f"url-{len(self.urls)}-{handler}"
            create_function(self.client, name, {"index.js": NODE}, runtime="nodejs22.x",
                            handler="index." + handler)
            config = function_url(self.platform, name, AuthType=auth, InvokeMode=mode, **options)
            self.urls[key] = Url(self.platform, config)
        return self.urls[key]

    # The operations

    def test_create_get_update_list_delete(self):
        client = self.client
        create_function(client, "managed", {"index.js": NODE}, runtime="nodejs22.x", handler="index.echo")
        missing = client.exceptions.ResourceNotFoundException
        with self.assertRaises(missing):
            client.get_function_url_config(FunctionName="managed")
        with self.assertRaises(missing):
            client.update_function_url_config(FunctionName="managed", AuthType="NONE")
        with self.assertRaises(missing):
            client.create_function_url_config(FunctionName="managed", Qualifier="live", AuthType="NONE")
        made = client.create_function_url_config(FunctionName="managed", AuthType="AWS_IAM",
                                                 Cors={"AllowOrigins": ["*"], "MaxAge": 5})
        self.assertEqual(made["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertRegex(made["FunctionUrl"],
                         r"^http://[a-z2-7]{32}\.lambda-url\.us-east-1\.localhost:\d+/$")
        with self.assertRaises(client.exceptions.ResourceConflictException):
            client.create_function_url_config(FunctionName="managed", AuthType="NONE")
        got = client.get_function_url_config(FunctionName="managed")
        self.assertEqual((got["AuthType"], got["Cors"]), ("AWS_IAM", {"AllowOrigins": ["*"], "MaxAge": 5}))
        changed = function_url(self.platform, "managed", "PUT", AuthType="NONE", Cors={})
        self.assertEqual(changed["InvokeMode"], "BUFFERED")
        self.assertEqual(changed["FunctionUrl"], made["FunctionUrl"])
        self.assertNotIn("Cors", changed)
        version = client.publish_version(FunctionName="managed")["Version"]
        client.create_alias(FunctionName="managed", Name="live", FunctionVersion=version)
        of_alias = client.create_function_url_config(FunctionName="managed", Qualifier="live", AuthType="NONE")
        self.assertTrue(of_alias["FunctionArn"].endswith(":managed:live"))
        listed = client.list_function_url_configs(FunctionName="managed")["FunctionUrlConfigs"]
        self.assertEqual([c["FunctionUrl"] for c in listed], [made["FunctionUrl"], of_alias["FunctionUrl"]])
        page = client.list_function_url_configs(FunctionName="managed", MaxItems=1)
        rest = client.list_function_url_configs(FunctionName="managed", Marker=page["NextMarker"])
        self.assertEqual([c["FunctionUrl"] for c in rest["FunctionUrlConfigs"]], [of_alias["FunctionUrl"]])
        status, _, body = Url(self.platform, of_alias).request()
        self.assertEqual((status, json.loads(body)["version"]), (200, "2.0"))
        client.delete_alias(FunctionName="managed", Name="live")
        self.assertEqual(Url(self.platform, of_alias).request()[0], 404)
        client.delete_function_url_config(FunctionName="managed")
        with self.assertRaises(missing):
            client.delete_function_url_config(FunctionName="managed")
        self.assertEqual(Url(self.platform, made).request()[0], 404)

    def test_a_url_outlives_the_daemon_and_goes_with_its_function(self):
        with Platform() as platform:
            client = platform.client()
            create_function(client, "kept", {"index.js": NODE}, runtime="nodejs22.x", handler="index.echo")
            made = client.create_function_url_config(FunctionName="kept", AuthType="NONE")
            platform.kill()
            platform.start()
            client = platform.client()
            got = client.get_function_url_config(FunctionName="kept")
            self.assertEqual(Url(platform, got).id, Url(platform, made).id)
            self.assertEqual(Url(platform, got).request()[0], 200)
            client.delete_function(FunctionName="kept")
            self.assertEqual(Url(platform, got).request()[0], 404)

    # The event

    def test_the_event_has_payload_format_2(self):
        status, headers, body = self.url("echo").request(
            "POST", "/some/path%20here?a=1&b=2&a=3&e=", b'{"x": "\xc3\xa9"}',
            {"Content-Type": "application/json", "X-Custom": "One", "Cookie": "s=1; t=2",
             "User-Agent": "test"})
        event = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual((event["version"], event["routeKey"]), ("2.0", "$default"))
        self.assertEqual(event["rawPath"], "/some/path%20here")
        self.assertEqual(event["rawQueryString"], "a=1&b=2&a=3&e=")
        self.assertEqual(event["queryStringParameters"], {"a": "1,3", "b": "2", "e": ""})
        self.assertEqual(event["cookies"], ["s=1", "t=2"])
        self.assertEqual(event["headers"]["x-custom"], "One")
        self.assertNotIn("cookie", event["headers"])
        self.assertEqual(event["headers"]["x-forwarded-for"], "127.0.0.1")
        self.assertEqual((event["body"], event["isBase64Encoded"]), ('{"x": "é"}', False))
        context = event["requestContext"]
        self.assertEqual(context["accountId"], "anonymous")
        self.assertEqual(context["http"], {"method": "POST", "path": "/some/path%20here",
                                           "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                                           "userAgent": "test"})
        self.assertEqual(context["requestId"], headers["x-amzn-RequestId"])
        self.assertEqual(context["domainPrefix"], self.url("echo").id)

    def test_bytes_come_in_base64(self):
        for content_type in ("application/octet-stream", "text/plain", "application/x-www-form-urlencoded"):
            _, _, body = self.url("echo").request("POST", "/", b"\xff\x00", {"Content-Type": content_type})
            event = json.loads(body)
            self.assertTrue(event["isBase64Encoded"])
            self.assertEqual(base64.b64decode(event["body"]), b"\xff\x00")

    def test_the_same_by_path(self):
        status, _, body = self.url("echo").request("GET", "/p?q=1", by_path=True)
        event = json.loads(body)
        self.assertEqual((status, event["rawPath"], event["rawQueryString"]), (200, "/p", "q=1"))

    # The response

    def test_responses(self):
        def answered(response):
            status, headers, body = self.url("answer").request(
                "POST", "/", json.dumps(response).encode(), {"Content-Type": "application/json"})
            return status, headers, body
        status, headers, body = answered({"statusCode": 418, "headers": {"X-One": "1", "content-type": "text/tea"},
                                          "cookies": ["a=1; Secure", "b=2"], "body": "short"})
        self.assertEqual((status, headers["x-one"], headers["content-type"], body), (418, "1", "text/tea", b"short"))
        self.assertEqual(headers.get_all("set-cookie"), ["a=1; Secure", "b=2"])
        _, _, body = answered({"statusCode": 200, "body": base64.b64encode(b"\x00\xff").decode(), "isBase64Encoded": True})
        self.assertEqual(body, b"\x00\xff")
        status, headers, body = answered({"no": "status"})
        self.assertEqual((status, headers["content-type"], json.loads(body)), (200, "application/json", {"no": "status"}))
        self.assertEqual(answered("text")[2], b'"text"')
        self.assertEqual(answered({"statusCode": 204})[0], 204)
        for nonsense in ({"statusCode": "many"}, {"statusCode": 200, "headers": {"bad name": "1"}},
                         {"statusCode": 200, "headers": 7}, {"statusCode": 200, "cookies": "a"}):
            status, _, body = answered(nonsense)
            self.assertEqual((status, body), (502, b"Internal Server Error"), nonsense)

    def test_a_function_that_fails_is_a_bad_gateway(self):
        status, headers, body = self.url("fails").request()
        self.assertEqual((status, body), (502, b"Internal Server Error"))
        self.assertIn("x-amzn-RequestId", headers)

    def test_head_has_no_body(self):
        status, headers, body = self.url("echo").request("HEAD")
        self.assertEqual((status, body), (200, b""))

    def test_throttling_answers_429(self):
        with Platform(extra=["--concurrency", "1"]) as platform:
            client = platform.client()
            create_function(client, "slow", {"index.js": NODE}, runtime="nodejs22.x", handler="index.slow")
            url = Url(platform, client.create_function_url_config(FunctionName="slow", AuthType="NONE"))
            with ThreadPoolExecutor(2) as pool:
                def refused():  # either of the two may come first
                    answers = list(pool.map(lambda _: url.request(), range(2)))
                    return [answer for answer in answers if answer[0] == 429]
                answers = wait_for(refused)
            self.assertEqual(len(answers), 1)
            self.assertIn(b"Rate Exceeded", answers[0][2])

    # CORS

    def test_cors(self):
        url = self.url("echo", Cors={"AllowOrigins": ["https://*.example.com"], "AllowMethods": ["GET", "POST"],
                                     "AllowHeaders": ["x-custom"], "ExposeHeaders": ["x-own"],
                                     "AllowCredentials": True, "MaxAge": 60})
        ask = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}
        status, headers, body = url.request("OPTIONS", headers=ask)
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(headers["Access-Control-Allow-Origin"], "https://app.example.com")
        self.assertEqual(headers["Access-Control-Allow-Methods"], "GET,POST")
        self.assertEqual(headers["Access-Control-Allow-Headers"], "x-custom")
        self.assertEqual(headers["Access-Control-Max-Age"], "60")
        self.assertEqual(headers["Access-Control-Allow-Credentials"], "true")
        status, headers, body = url.request(headers={"Origin": "https://app.example.com"})
        self.assertEqual(json.loads(body)["version"], "2.0")
        self.assertEqual(headers["Access-Control-Expose-Headers"], "x-own")
        _, headers, _ = url.request(headers={"Origin": "https://evil.test"})
        self.assertNotIn("Access-Control-Allow-Origin", headers)
        _, headers, _ = url.request("OPTIONS", headers=dict(ask, Origin="https://evil.test"))
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_without_cors_options_go_to_the_function(self):
        _, _, body = self.url("echo").request("OPTIONS", headers={"Origin": "https://a.test",
                                                                  "Access-Control-Request-Method": "GET"})
        self.assertEqual(json.loads(body)["requestContext"]["http"]["method"], "OPTIONS")

    # Who may call

    def test_iam_authentication(self):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        url = self.url("echo", auth="AWS_IAM")
        status, _, body = url.request()
        self.assertEqual((status, json.loads(body)), (403, {"Message": "Forbidden"}))
        key, secret = self.platform.credentials()
        for credentials, expected in ((Credentials(key, secret), 200), (Credentials(key, "wrong"), 403)):
            request = AWSRequest("POST", f"http://{url.host}/x?y=1", data=b"body")
            SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
            status, _, body = url.request("POST", "/x?y=1", b"body", dict(request.headers))
            self.assertEqual(status, expected, body)
            if status == 200:
                iam = json.loads(body)["requestContext"]["authorizer"]["iam"]
                self.assertEqual(iam["accessKey"], key)
                self.assertNotIn("authorization", json.loads(body)["headers"])

    def test_only_the_url_is_open_to_other_hosts_and_pages(self):
        url = self.url("echo")
        for host in (f"{url.id}.lambda-url.us-east-1.evil.test", "evil.test"):
            self.assertEqual(self.platform.plain("GET", f"/lambda-url/{url.id}/", headers={"Host": host})[0], 403)
        self.assertEqual(self.platform.plain("GET", "/2015-03-31/functions",
                                             headers={"Origin": "http://localhost"})[0], 403)
        self.assertEqual(self.platform.plain("GET", "/lambda-url/unknown/")[0], 404)

    def test_a_body_beyond_6_mb_is_refused(self):
        status, _, _ = self.url("echo").request("POST", "/", b"x" * (6 * 1024 * 1024 + 1))
        self.assertEqual(status, 413)

    # Streaming

    def chunks(self, url):
        """Status, headers and body, and when each piece of the body came."""
        connection = http.client.HTTPConnection(url.address, timeout=60)
        connection.request("GET", "/", headers={"Host": url.host})
        response = connection.getresponse()
        pieces = []
        while piece := response.read1(65536):
            pieces.append((time.monotonic(), piece))
        connection.close()
        return response, pieces

    def test_a_stream_with_its_own_head(self):
        response, pieces = self.chunks(self.url("streams", "RESPONSE_STREAM"))
        self.assertEqual((response.status, response.headers["content-type"], response.headers["x-own"]),
                         (203, "text/plain", "yes"))
        self.assertEqual(response.headers.get_all("set-cookie"), ["a=1", "b=2"])
        self.assertEqual(response.headers["Transfer-Encoding"], "chunked")
        self.assertEqual(b"".join(piece for _, piece in pieces), b"one two three")
        self.assertGreater(pieces[-1][0] - pieces[0][0], 0.4)

    def test_the_same_handler_behind_a_buffered_url(self):
        status, headers, body = self.url("streams").request()
        self.assertEqual((status, headers["x-own"], body), (203, "yes", b"one two three"))

    def test_a_stream_without_a_head(self):
        response, pieces = self.chunks(self.url("streamsBare", "RESPONSE_STREAM"))
        self.assertEqual((response.status, response.headers["content-type"]), (200, "text/csv"))
        self.assertEqual(b"".join(piece for _, piece in pieces), b"a,b")

    def test_a_stream_that_breaks_off_is_seen_to(self):
        with self.assertRaises(http.client.IncompleteRead):
            self.url("breaksOff", "RESPONSE_STREAM").request()

    def test_a_stream_that_never_began_is_a_bad_gateway(self):
        status, _, body = self.url("failsFirst", "RESPONSE_STREAM").request()
        self.assertEqual((status, body), (502, b"Internal Server Error"))

    def test_http_1_0_gets_the_body_unchunked(self):
        url = self.url("streams", "RESPONSE_STREAM")
        host, port = url.address.split(":")
        with socket.create_connection((host, int(port)), timeout=60) as client:
            client.sendall(f"GET / HTTP/1.0\r\nHost: {url.host}\r\n\r\n".encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        self.assertTrue(answer.endswith(b"\r\n\r\none two three"), answer)

    def test_a_slow_reader_does_not_grow_the_daemon(self):
        """100 MB from the function; the reader takes 4 MB, slowly, then goes away."""
        url = self.url("flood", "RESPONSE_STREAM")
        host, port = url.address.split(":")
        before = self.resident()
        with socket.create_connection((host, int(port)), timeout=60) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.sendall(f"GET / HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
            highest = before
            taken = 0
            while taken < 4 * 1024 * 1024:
                taken += len(client.recv(65536))
                highest = max(highest, self.resident())
                time.sleep(0.01)
        self.assertLess(highest - before, 16 * 1024 * 1024)
        # The function runs to its end all the same.
        wait_for(lambda: self.url("echo").request()[0] == 200)

    def resident(self):
        with open(f"/proc/{self.platform.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    unittest.main()
