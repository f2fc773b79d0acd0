"""Every reason for which a call is throttled, provoked through HTTP: the status, the headers and the document."""
import base64
import json
import threading
import unittest

from support.platform import ROLE, Platform, create_function, function_url, make_zip, wait_active

CODE = {"app.py": "import time\ndef handler(event, context):\n    time.sleep(event.get('seconds', 0))\n    return 1\n"}
SLOW_INIT = {"app.py": "import time\ntime.sleep(7)\ndef handler(event, context): return 1\n"}


class Throttles(unittest.TestCase):
    def start(self, *options):
        self.platform = Platform(extra=options).start()
        self.addCleanup(self.platform.__exit__)
        self.client = self.platform.client()
        self.addCleanup(self.client.close)

    def function(self, name="f", reserved=None):
        create_function(self.client, name, CODE)
        if reserved is not None:
            self.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)

    def call(self, name="f", seconds=0, tenant=None, streamed=False):
        path = ("/2021-11-15/functions/{}/response-streaming-invocations" if streamed
                else "/2015-03-31/functions/{}/invocations").format(name)
        return self.platform.signed("POST", path, json.dumps({"seconds": seconds}).encode(),
                                    {"X-Amz-Tenant-Id": tenant} if tenant else None)

    def at_once(self, count, **options):
        """The answers of calls that overlap, those that were refused."""
        answers = []
        self.in_parallel([lambda: answers.append(self.call(seconds=4, **options))] * count)
        return [answer for answer in answers if answer[0] != 200]

    def one_after_the_other(self, most=100):
        """Until one is refused."""
        for _ in range(most):
            answer = self.call()
            if answer[0] != 200:
                return answer
        raise AssertionError(f"{most} calls were let through")

    def assertThrottled(self, answer, reason):
        status, headers, body = answer
        headers = {key.lower(): value for key, value in headers.items()}
        self.assertEqual((status, headers["x-amzn-errortype"], headers["retry-after"], headers["content-type"]),
                         (429, "TooManyRequestsException", "1", "application/json"), body)
        self.assertEqual(json.loads(body), {"Reason": reason, "Type": "User", "message": "Rate Exceeded.",
                                            "retryAfterSeconds": "1"})

    def test_concurrent_invocation_limit(self):
        self.start("--concurrency", "2")
        self.function()
        for streamed in (False, True):
            refused = self.at_once(3, streamed=streamed)
            self.assertEqual(len(refused), 1)
            self.assertThrottled(refused[0], "ConcurrentInvocationLimitExceeded")

    def test_reserved_function_concurrent_invocation_limit(self):
        self.start("--concurrency", "110")
        self.function(reserved=1)
        refused = self.at_once(2)
        self.assertEqual(len(refused), 1)
        self.assertThrottled(refused[0], "ReservedFunctionConcurrentInvocationLimitExceeded")
        # None at all: nothing runs, and a URL says so too.
        url = function_url(self.platform, "f", AuthType="NONE")["FunctionUrl"]
        self.client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
        self.assertThrottled(self.call(), "ReservedFunctionConcurrentInvocationLimitExceeded")
        status, headers, _ = self.platform.plain("GET", "/", headers={"Host": url.split("/")[2]})
        self.assertEqual(status, 429, headers)

    def test_function_invocation_rate_limit(self):
        self.start("--scaling-rate", "1")
        self.function()
        refused = self.at_once(2)
        self.assertEqual(len(refused), 1)
        self.assertThrottled(refused[0], "FunctionInvocationRateLimitExceeded")

    def test_reserved_function_invocation_rate_limit(self):
        self.start("--concurrency", "110", "--call-rate", "1")
        self.function(reserved=1)
        self.assertThrottled(self.one_after_the_other(), "ReservedFunctionInvocationRateLimitExceeded")

    def test_caller_rate_limit(self):
        self.start("--concurrency", "1", "--call-rate", "1")
        self.function()
        self.assertThrottled(self.one_after_the_other(), "CallerRateLimitExceeded")

    def test_environments_of_tenants(self):
        """2,500 for each 1,000 of the account's concurrency, idle ones included: three here."""
        self.start("--concurrency", "1", "--keep-alive", "3600", "--call-rate", "1000")
        body = {"FunctionName": "f", "Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE,
                "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
                "Code": {"ZipFile": base64.b64encode(make_zip(CODE)).decode()}}
        self.assertEqual(self.platform.signed("POST", "/2015-03-31/functions", json.dumps(body).encode())[0], 201)
        wait_active(self.client, "f")
        for tenant in ("a", "b", "c"):
            self.assertEqual(self.call(tenant=tenant)[0], 200)
        self.assertThrottled(self.call(tenant="d"), "ConcurrentInvocationLimitExceeded")
        self.assertEqual(self.call(tenant="a")[0], 200)

    def test_concurrent_snapshot_create_limit(self):
        """Eight at a time."""
        self.start()
        names = [f"snap{number}" for number in range(12)]
        for name in names:
            create_function(self.client, name, SLOW_INIT, runtime="python3.12",
                            SnapStart={"ApplyOn": "PublishedVersions"})
        answers = []
        while not answers or answers[-1][0] == 201:
            self.assertTrue(names, "any number is taken at a time")
            name = names.pop(0)
            answers.append(self.platform.signed("POST", f"/2015-03-31/functions/{name}/versions", b"{}"))
            if json.loads(answers[-1][2]).get("SnapStart", {}).get("OptimizationStatus") == "Off":
                self.skipTest("this host cannot restore environments")
        self.assertGreater(len(answers), 8)
        self.assertThrottled(answers[-1], "ConcurrentSnapshotCreateLimitExceeded")

    @staticmethod
    def in_parallel(calls):
        threads = [threading.Thread(target=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    unittest.main()
