"""What users get wrong, and what they get told."""
import base64
import io
import json
import struct
import unittest
import zipfile

from botocore.exceptions import ClientError

from support.platform import ROLE, Platform, create_function, invoke, make_zip, wait_active

OK = "def handler(event, context):\n    return 'ok'\n"


def symlink_zip(target):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", OK)
        link = zipfile.ZipInfo("link")
        link.create_system = 3
        link.external_attr = 0o120777 << 16
        archive.writestr(link, target)
    return buffer.getvalue()


def zip_bomb(megabytes):
    return make_zip({"app.py": OK, "zeros.bin": bytes(megabytes << 20)})


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def create_error(self, zip_file=None, **options):
        arguments = dict(FunctionName="bad", Runtime="python3.11", Handler="app.handler", Role=ROLE,
                         Code={"ZipFile": zip_file if zip_file is not None else make_zip({"app.py": OK})})
        arguments.update(options)
        with self.assertRaises(ClientError) as caught:
            self.client.create_function(**arguments)
        error = caught.exception.response
        return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]

    def assert_nothing_was_created(self):
        self.assertNotIn("bad", [f["FunctionName"] for f in self.client.list_functions()["Functions"]])

    # Packages

    def test_hostile_and_broken_packages(self):
        good = make_zip({"app.py": OK})
        for name, package in {
                "not a zip": b"this is no zip at all",
                "cut off": good[:len(good) // 2],
                "zip slip": make_zip({"../../evil.py": OK, "app.py": OK}),
                "absolute": make_zip({"/etc/evil": "x", "app.py": OK}),
                "link out": symlink_zip("/etc/passwd"),
                "link up": symlink_zip("../../../etc/passwd"),
                "empty": b"PK\x05\x06" + bytes(18)}.items():
            with self.subTest(name):
                code, status, message = self.create_error(package)
                self.assertEqual((code, status), ("InvalidParameterValueException", 400), message)
                self.assert_nothing_was_created()

    def test_unzipped_over_250_mb(self):
        code, status, message = self.create_error(zip_bomb(251))
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("Unzipped size must be smaller than 262144000 bytes", message)
        self.assert_nothing_was_created()

    def test_zip_over_50_mb(self):
        import os
        package = make_zip({"app.py": OK, "noise": os.urandom(51 << 20)})
        try:
            code, status, _ = self.create_error(package)
            self.assertIn(status, (400, 413))
            self.assertIn(code, ("InvalidParameterValueException", "RequestEntityTooLargeException",
                                 "RequestTooLargeException"))
        finally:
            self.assert_nothing_was_created()

    # Configuration

    def test_unknown_runtime(self):
        code, status, message = self.create_error(Runtime="python99")
        self.assertEqual((code, status), ("ValidationException", 400))
        self.assertIn("at 'runtime' failed to satisfy constraint: Member must satisfy enum value set", message)

    def test_environment_over_4_kb(self):
        code, status, message = self.create_error(Environment={"Variables": {"BIG": "x" * 4096}})
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("4KB limit", message)

    def test_reserved_variable(self):
        code, status, message = self.create_error(Environment={"Variables": {"AWS_REGION": "x"}})
        self.assertEqual((code, status), ("InvalidParameterValueException", 400))
        self.assertIn("Reserved keys used in this request: AWS_REGION", message)

    def test_all_mistakes_are_named_at_once(self):
        status, _, body = self.platform.signed(
            "POST", "/2015-03-31/functions", json.dumps({"FunctionName": "a b", "Role": "x", "Timeout": 0}).encode())
        self.assertEqual(status, 400)
        message = json.loads(body).get("message") or json.loads(body).get("Message")
        self.assertTrue(message.startswith("4 validation errors detected: "), message)
        for part in ("Value 'a b' at 'functionName'", "at 'role'", "at 'timeout'", "at 'code'"):
            self.assertIn(part, message)

    def test_broken_json_body(self):
        status, headers, _ = self.platform.signed("POST", "/2015-03-31/functions", b'{"FunctionName": ')
        self.assertEqual(status, 400)

    # Events

    def test_invalid_json_event(self):
        create_function(self.client, "events", {"app.py": OK})
        with self.assertRaises(ClientError) as caught:
            self.client.invoke(FunctionName="events", Payload=b"{not json")
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidRequestContentException")

    def test_payload_over_6_mb(self):
        create_function(self.client, "large", {"app.py": OK})
        with self.assertRaises(ClientError) as caught:
            self.client.invoke(FunctionName="large", Payload=json.dumps("x" * (6 << 20)).encode())
        error = caught.exception.response
        self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], 413)
        self.assertEqual(error["Error"]["Code"], "RequestTooLargeException")
        self.assertEqual(invoke(self.client, "large", "x" * (5 << 20))[0], "ok")

    def test_response_over_6_mb(self):
        create_function(self.client, "talker", {"app.py": "def handler(e, c):\n    return 'x' * e['size']\n"}, MemorySize=512)
        answer, response = invoke(self.client, "talker", {"size": 7 << 20})
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(answer["errorType"], "Function.ResponseSizeTooLarge")
        answer, response = invoke(self.client, "talker", {"size": 5 << 20})
        self.assertNotIn("FunctionError", response)
        self.assertEqual(len(answer), 5 << 20)

    # Code that cannot start: the function's own first error

    def start_error(self, files, handler="app.handler", runtime="python3.11"):
        name = "start-" + base64.b32encode(struct.pack(">Q", abs(hash((str(files), handler))))).decode().rstrip("=").lower()
        create_function(self.client, name, files, handler=handler, runtime=runtime)
        for _ in range(2):  # a failed start does not stay in the way
            answer, response = invoke(self.client, name)
            self.assertEqual(response["FunctionError"], "Unhandled")
        # And mending the code mends the function.
        mended = {"app.py": OK} if runtime.startswith("python") else {"app.mjs": "export const handler = async () => 'ok';"}
        self.client.update_function_code(FunctionName=name, ZipFile=make_zip(mended))
        wait_active(self.client, name)
        self.client.update_function_configuration(FunctionName=name, Handler="app.handler")
        wait_active(self.client, name)
        self.assertEqual(invoke(self.client, name)[0], "ok")
        return answer

    def test_no_handler_file(self):
        answer = self.start_error({"other.py": OK})
        self.assertEqual(answer["errorType"], "Runtime.ImportModuleError")
        self.assertIn("No module named 'app'", answer["errorMessage"])

    def test_wrong_handler_name(self):
        answer = self.start_error({"app.py": OK}, handler="app.nothing")
        self.assertEqual(answer["errorType"], "Runtime.HandlerNotFound")
        self.assertIn("nothing", answer["errorMessage"])

    def test_syntax_error(self):
        answer = self.start_error({"app.py": "def handler(event, context)\n    return 1\n"})
        self.assertEqual(answer["errorType"], "Runtime.UserCodeSyntaxError")
        self.assertIn("line 1", json.dumps(answer))

    def test_node_errors(self):
        self.assertEqual(self.start_error({"index.js": "1"}, runtime="nodejs22.x", handler="app.handler")["errorType"],
                         "Runtime.ImportModuleError")
        self.assertEqual(self.start_error({"app.js": "exports.other = 1"}, runtime="nodejs22.x")["errorType"],
                         "Runtime.HandlerNotFound")
        self.assertEqual(self.start_error({"app.js": "exports.handler = ("}, runtime="nodejs22.x")["errorType"],
                         "Runtime.UserCodeSyntaxError")


if __name__ == "__main__":
    unittest.main()
