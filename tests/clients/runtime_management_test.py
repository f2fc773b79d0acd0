"""Runtime management. Newer than Debian's boto3: signed requests by hand."""
import json
import unittest

from support.platform import Platform, create_function


class RuntimeManagement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def config(self, name, qualifier=None, **members):
        status, headers, body = self.platform.signed(
            "PUT" if members else "GET", f"/2021-07-20/functions/{name}/runtime-management-config",
            json.dumps(members).encode() if members else b"",
            query={"Qualifier": qualifier} if qualifier else None)
        return status, headers.get("x-amzn-ErrorType"), json.loads(body)

    def build_of(self, name):
        _, _, body = self.platform.signed("GET", f"/2015-03-31/functions/{name}/configuration")
        return json.loads(body)["RuntimeVersionConfig"]["RuntimeVersionArn"]

    def test_modes(self):
        arn = create_function(self.client, "managed", {"app.py": "def handler(e, c): pass"})["FunctionArn"]
        self.assertEqual(self.config("managed"), (200, None, {
            "UpdateRuntimeOn": "Auto", "FunctionArn": arn + ":$LATEST"}))
        build = self.build_of("managed")
        status, _, body = self.config("managed", UpdateRuntimeOn="Manual", RuntimeVersionArn=build)
        self.assertEqual((status, body["UpdateRuntimeOn"], body["RuntimeVersionArn"]),
                         (200, "Manual", build))
        self.assertEqual(self.config("managed")[2]["RuntimeVersionArn"], build)
        # Each version has its own.
        version = self.client.publish_version(FunctionName="managed")["Version"]
        self.assertEqual(self.config("managed", version)[2]["UpdateRuntimeOn"], "Auto")
        self.assertEqual(self.config("managed", version, UpdateRuntimeOn="FunctionUpdate")[0], 200)
        self.assertEqual(self.config("managed")[2]["UpdateRuntimeOn"], "Manual")
        status, _, body = self.config("managed", UpdateRuntimeOn="Auto")
        self.assertNotIn("RuntimeVersionArn", body)

    def test_errors(self):
        create_function(self.client, "strict", {"app.py": "def handler(e, c): pass"})
        build = self.build_of("strict")
        for members in (dict(UpdateRuntimeOn="Manual"),
                        dict(UpdateRuntimeOn="Auto", RuntimeVersionArn=build),
                        dict(UpdateRuntimeOn="Manual", RuntimeVersionArn=build[:-4] + "0000")):
            self.assertEqual(self.config("strict", **members)[:2],
                             (400, "InvalidParameterValueException"), members)
        self.assertEqual(self.config("strict", UpdateRuntimeOn="Never")[:2],
                         (400, "ValidationException"))
        self.assertEqual(self.config("nobody")[:2], (404, "ResourceNotFoundException"))
        version = self.client.publish_version(FunctionName="strict")["Version"]
        self.client.create_alias(FunctionName="strict", Name="live", FunctionVersion=version)
        self.assertEqual(self.config("strict", "live", UpdateRuntimeOn="Auto")[:2],
                         (400, "InvalidParameterValueException"))


if __name__ == "__main__":
    unittest.main()
