"""Functions with tenant isolation. Newer than Debian's boto3: signed requests by hand."""
import base64
import json
import unittest

from support.platform import ROLE, Platform, make_zip, wait_active

CODE = """
import os, uuid
ENVIRONMENT = str(uuid.uuid4())
def handler(event, context):
    return {"environment": ENVIRONMENT, "tenant": context.tenant_id}
"""


class Tenancy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # 2,500 environments of tenants for each 1,000 of concurrency: five here.
        cls.platform = Platform(extra=["--concurrency", "2", "--keep-alive", "3600"]).start()
        cls.client = cls.platform.client()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def create(self, name, **more):
        body = dict(FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=ROLE,
                    Code={"ZipFile": base64.b64encode(make_zip({"app.py": CODE})).decode()},
                    TenancyConfig={"TenantIsolationMode": "PER_TENANT"}, **more)
        status, headers, answer = self.platform.signed("POST", "/2015-03-31/functions",
                                                       json.dumps(body).encode())
        if status == 201:
            wait_active(self.client, name)
        return status, headers.get("x-amzn-ErrorType"), json.loads(answer)

    def call(self, name, tenant=None):
        headers = {"X-Amz-Tenant-Id": tenant} if tenant else {}
        status, answered, body = self.platform.signed(
            "POST", f"/2015-03-31/functions/{name}/invocations", b"{}", headers)
        return status, answered.get("x-amzn-ErrorType"), json.loads(body)

    def test_isolation(self):
        status, _, created = self.create("apart")
        self.assertEqual((status, created["TenancyConfig"]),
                         (201, {"TenantIsolationMode": "PER_TENANT"}))
        status, kind, body = self.call("apart")
        self.assertEqual((status, kind), (400, "InvalidParameterValueException"))
        self.assertIn("Add a valid tenant ID", body["message"])
        blue, red = self.call("apart", "blue")[2], self.call("apart", "red")[2]
        self.assertEqual((blue["tenant"], red["tenant"]), ("blue", "red"))
        self.assertNotEqual(blue["environment"], red["environment"])
        self.assertEqual(self.call("apart", "blue")[2], blue)  # warm, and its own
        for wrong in ("a" * 257, "semi;colon"):
            self.assertEqual(self.call("apart", wrong)[:2], (400, "ValidationException"))
        # As many as there may be; then no new tenant, but those that have an environment go on.
        for tenant in ("c", "d", "e"):
            self.assertEqual(self.call("apart", tenant)[0], 200)
        status, kind, body = self.call("apart", "f")
        self.assertEqual((status, kind, body["Reason"]),
                         (429, "TooManyRequestsException", "ConcurrentInvocationLimitExceeded"))
        self.assertEqual(self.call("apart", "blue")[2], blue)
        self.client.delete_function(FunctionName="apart")

    def test_what_does_not_go_with_it(self):
        status, kind, body = self.create("snap", SnapStart={"ApplyOn": "PublishedVersions"})
        self.assertEqual((status, kind), (400, "InvalidParameterValueException"), body)
        self.assertEqual(self.create("tenants")[0], 201)
        status, _, body = self.platform.signed("POST", "/2021-10-31/functions/tenants/url",
                                               b'{"AuthType": "NONE"}')
        self.assertEqual(status, 400, body)
        # Chosen for good: an update does not know it.
        status, _, body = self.platform.signed(
            "PUT", "/2015-03-31/functions/tenants/configuration", b'{"Timeout": 7}')
        self.assertEqual(json.loads(body)["TenancyConfig"], {"TenantIsolationMode": "PER_TENANT"})


if __name__ == "__main__":
    unittest.main()
