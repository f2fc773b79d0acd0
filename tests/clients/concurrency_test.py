"""Reserved and provisioned concurrency by boto3: the settings, what they promise, the throttles."""
import base64
import threading
import unittest

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, make_zip, wait_active, wait_for

SLEEPS = """
import os, time
TYPE = os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
def handler(event, context):
    time.sleep(event.get("seconds", 0))
    return {"type": TYPE, "version": context.function_version}
"""
BROKEN = "import nothing_like_this\ndef handler(event, context): pass\n"


class Concurrency(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--concurrency", "130", "--scaling-rate", "8"]).start()
        cls.client = cls.platform.client()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def error(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        response = caught.exception.response
        return (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"],
                response["Error"]["Message"])

    def make(self, name, files=None, publish=False):
        create_function(self.client, name, files or {"app.py": SLEEPS})
        return self.client.publish_version(FunctionName=name)["Version"] if publish else None

    def at_once(self, name, count, seconds, **options):
        """Calls in parallel; gives what each answered: a payload or the error's response."""
        answers = [None] * count

        def one(index):
            client = self.platform.client()
            try:
                answers[index] = invoke(client, name, {"seconds": seconds}, **options)[0]
            except ClientError as error:
                answers[index] = error.response
            client.close()
        threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def status(self, name, qualifier):
        return self.client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)

    def wait_status(self, name, qualifier, wanted):
        wait_for(lambda: self.status(name, qualifier)["Status"] == wanted, 120, f"{name} {wanted}")
        return self.status(name, qualifier)

    def test_reserved(self):
        self.make("reserved")
        put, get = self.client.put_function_concurrency, self.client.get_function_concurrency
        self.assertNotIn("ReservedConcurrentExecutions", get(FunctionName="reserved"))
        before = self.client.get_account_settings()["AccountLimit"]
        self.assertEqual(before["ConcurrentExecutions"], 130)
        answer = put(FunctionName="reserved", ReservedConcurrentExecutions=2)
        self.assertEqual(answer["ReservedConcurrentExecutions"], 2)
        self.assertEqual(get(FunctionName="reserved")["ReservedConcurrentExecutions"], 2)
        self.assertEqual(self.client.get_function(FunctionName="reserved")["Concurrency"],
                         {"ReservedConcurrentExecutions": 2})
        after = self.client.get_account_settings()["AccountLimit"]
        self.assertEqual(after["UnreservedConcurrentExecutions"],
                         before["UnreservedConcurrentExecutions"] - 2)
        self.assertEqual(
            self.error(put, FunctionName="reserved", ReservedConcurrentExecutions=100),
            ("InvalidParameterValueException", 400,
             "Specified ReservedConcurrentExecutions for function decreases account's "
             "UnreservedConcurrentExecution below its minimum value of [100]."))
        self.assertEqual(self.error(put, FunctionName="nobody", ReservedConcurrentExecutions=1)[0],
                         "ResourceNotFoundException")
        self.assertEqual(self.error(put, FunctionName="reserved", ReservedConcurrentExecutions=-1)[0],
                         "ValidationException")
        answers = self.at_once("reserved", 4, 2)
        refused = [answer for answer in answers if "Error" in answer]
        self.assertEqual(len(refused), 2, answers)
        self.assertEqual(refused[0]["Error"]["Code"], "TooManyRequestsException")
        self.assertEqual(refused[0]["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded")
        self.assertEqual(refused[0]["ResponseMetadata"]["HTTPHeaders"]["retry-after"], "1")
        put(FunctionName="reserved", ReservedConcurrentExecutions=0)
        self.assertEqual(self.error(invoke, client=self.client, name="reserved")[:2],
                         ("TooManyRequestsException", 429))
        self.client.delete_function_concurrency(FunctionName="reserved")
        self.assertEqual(invoke(self.client, "reserved")[0]["type"], "on-demand")

    def test_scaling_rate(self):
        self.make("rates")
        answers = self.at_once("rates", 12, 4)
        reasons = {answer["Reason"] for answer in answers if "Error" in answer}
        self.assertEqual(reasons, {"FunctionInvocationRateLimitExceeded"}, answers)

    def test_provisioned(self):
        version = self.make("ready", publish=True)
        put = self.client.put_provisioned_concurrency_config
        answer = put(FunctionName="ready", Qualifier=version, ProvisionedConcurrentExecutions=2)
        self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 202)
        self.assertEqual((answer["Status"], answer["RequestedProvisionedConcurrentExecutions"],
                          answer["AllocatedProvisionedConcurrentExecutions"]), ("IN_PROGRESS", 2, 0))
        answer = self.wait_status("ready", version, "READY")
        self.assertEqual(answer["AvailableProvisionedConcurrentExecutions"], 2)
        answers = self.at_once("ready", 3, 2, Qualifier=version)
        self.assertEqual(sorted(answer["type"] for answer in answers),
                         ["on-demand", "provisioned-concurrency", "provisioned-concurrency"])
        self.assertEqual(invoke(self.client, "ready")[0]["type"], "on-demand")  # $LATEST
        listed = self.client.list_provisioned_concurrency_configs(FunctionName="ready")
        items = listed["ProvisionedConcurrencyConfigs"]
        self.assertEqual([item["FunctionArn"].split(":")[-1] for item in items], [version])
        self.assertEqual(items[0]["Status"], "READY")

        # The promise outlives the daemon.
        self.platform.kill()
        self.platform.start()
        type(self).client = self.platform.client()
        self.wait_status("ready", version, "READY")
        self.assertEqual(invoke(self.client, "ready", Qualifier=version)[0]["type"],
                         "provisioned-concurrency")
        self.client.delete_provisioned_concurrency_config(FunctionName="ready", Qualifier=version)
        self.assertEqual(
            self.error(self.status, name="ready", qualifier=version),
            ("ProvisionedConcurrencyConfigNotFoundException", 404,
             "No Provisioned Concurrency Config found for this function"))
        self.assertEqual(invoke(self.client, "ready", Qualifier=version)[0]["type"], "on-demand")

    def test_provisioned_alias_and_errors(self):
        version = self.make("alias", publish=True)
        self.client.create_alias(FunctionName="alias", Name="live", FunctionVersion=version)
        put = self.client.put_provisioned_concurrency_config
        put(FunctionName="alias", Qualifier="live", ProvisionedConcurrentExecutions=1)
        cases = [
            ("$LATEST", 1, "InvalidParameterValueException", "unpublished function versions"),
            ("99", 1, "ResourceNotFoundException", "Function not found"),
            ("nobody", 1, "ResourceNotFoundException", "Cannot find alias arn"),
            (version, 1, "ResourceConflictException", "pointed to by a Provisioned Concurrency alias"),
            ("live", 1000, "InvalidParameterValueException", "unreserved concurrency"),
            ("live", 0, "ValidationException", ""),
        ]
        for qualifier, count, name, text in cases:
            code, _, message = self.error(put, FunctionName="alias", Qualifier=qualifier,
                                          ProvisionedConcurrentExecutions=count)
            self.assertEqual(code, name, qualifier)
            self.assertIn(text, message)
        self.client.put_function_concurrency(FunctionName="alias", ReservedConcurrentExecutions=3)
        self.assertIn("reservedConcurrentExecution", self.error(
            put, FunctionName="alias", Qualifier="live", ProvisionedConcurrentExecutions=4)[2])
        self.assertIn("total provisioned concurrency [1]", self.error(
            self.client.put_function_concurrency, FunctionName="alias",
            ReservedConcurrentExecutions=0)[2])
        self.wait_status("alias", "live", "READY")
        self.assertEqual(invoke(self.client, "alias", Qualifier="live")[0]["type"],
                         "provisioned-concurrency")
        # Another version behind the alias: its environments are made of that.
        self.client.update_function_code(FunctionName="alias",
                                         ZipFile=make_zip({"app.py": SLEEPS + "# two\n"}))
        wait_active(self.client, "alias")
        second = self.client.publish_version(FunctionName="alias")["Version"]
        self.client.update_alias(FunctionName="alias", Name="live", FunctionVersion=second)
        self.wait_status("alias", "live", "READY")
        wait_for(lambda: invoke(self.client, "alias", Qualifier="live")[0] ==
                 {"type": "provisioned-concurrency", "version": second}, 60, "the second version")
        self.client.delete_alias(FunctionName="alias", Name="live")
        self.assertEqual(self.client.list_provisioned_concurrency_configs(FunctionName="alias")
                         ["ProvisionedConcurrencyConfigs"], [])

    def test_failed_init(self):
        version = self.make("broken", {"app.py": BROKEN}, publish=True)
        answer, response = invoke(self.client, "broken", LogType="Tail")
        self.assertEqual(answer["errorType"], "Runtime.ImportModuleError")
        tail = base64.b64decode(response["LogResult"]).decode()
        self.assertIn("Phase: init\tStatus: error", tail)
        self.assertIn("Phase: invoke\tStatus: error", tail)  # repeated inside the invocation
        self.client.put_provisioned_concurrency_config(
            FunctionName="broken", Qualifier=version, ProvisionedConcurrentExecutions=1)
        failed = self.wait_status("broken", version, "FAILED")
        self.assertIn("FUNCTION_ERROR_INIT_FAILURE", failed["StatusReason"])
        self.client.delete_provisioned_concurrency_config(FunctionName="broken", Qualifier=version)


if __name__ == "__main__":
    unittest.main()
