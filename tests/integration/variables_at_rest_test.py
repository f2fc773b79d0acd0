"""Environment variables on the disk: sealed with the function's KMS key or that of AWS Lambda, and not to
be had while the key cannot be used."""
import os
import re
import signal
import sqlite3
import unittest

from botocore.exceptions import ClientError
from support.platform import Platform, create_function, invoke, wait_active

VALUE = "correct-horse-battery-staple-0815"
# Not the value itself: responses are kept with the invocation.
ECHO = "import os\ndef handler(event, context):\n    return os.environ['HIDDEN'][::-1]\n"


class VariablesAtRest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def setUp(self):
        self.connect()
        self.name = self._testMethodName.replace("test_", "")[:40]

    def connect(self):
        self.client, self.kms = self.platform.client(), self.platform.client("kms")

    def restart(self, sig=signal.SIGTERM):
        self.platform.stop(sig)
        self.platform.start()
        self.connect()

    def function(self, **options):
        return create_function(self.client, self.name, {"app.py": ECHO},
                               Environment={"Variables": {"HIDDEN": VALUE}}, **options)

    def key(self):
        return self.kms.create_key()["KeyMetadata"]["Arn"]

    def configuration(self, **more):
        return self.client.get_function_configuration(FunctionName=self.name, **more)

    def files_with(self, text):
        return [os.path.join(directory, name) for directory, _, names in os.walk(self.platform.data_dir)
                for name in names if text.encode() in open(os.path.join(directory, name), "rb").read()]

    def error_of_invoke(self, **more):
        with self.assertRaises(ClientError) as caught:
            invoke(self.client, self.name, **more)
        response = caught.exception.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]

    def value(self, **more):
        return invoke(self.client, self.name, **more)[0][::-1]

    def test_nothing_readable_on_the_disk(self):
        self.function(KMSKeyArn=self.key())
        self.client.publish_version(FunctionName=self.name)
        self.client.update_function_configuration(FunctionName=self.name,
                                                  Environment={"Variables": {"HIDDEN": VALUE + "-2"}})
        wait_active(self.client, self.name)
        self.assertEqual(self.value(), VALUE + "-2")
        self.assertEqual(self.files_with(VALUE), [])
        self.restart(signal.SIGKILL)
        self.assertEqual(self.files_with(VALUE), [])
        self.assertEqual(self.configuration()["Environment"], {"Variables": {"HIDDEN": VALUE + "-2"}})
        self.assertEqual(self.configuration(Qualifier="1")["Environment"], {"Variables": {"HIDDEN": VALUE}})
        self.assertEqual(self.value(), VALUE + "-2")
        self.assertEqual(self.value(Qualifier="1"), VALUE)

    def test_key_of_ones_choice(self):
        key = self.key()
        self.assertNotIn("KMSKeyArn", self.function())
        updated = self.client.update_function_configuration(FunctionName=self.name, KMSKeyArn=key)
        self.assertEqual(updated["KMSKeyArn"], key)
        wait_active(self.client, self.name)
        self.restart()
        self.assertEqual((self.configuration()["KMSKeyArn"], self.value()), (key, VALUE))
        self.client.update_function_configuration(FunctionName=self.name, KMSKeyArn="")
        wait_active(self.client, self.name)
        self.kms.disable_key(KeyId=key)
        self.assertNotIn("KMSKeyArn", self.configuration())
        self.assertEqual(self.value(), VALUE)  # sealed anew with the default key

    def test_a_disabled_key(self):
        key = self.key()
        self.function(KMSKeyArn=key)
        self.assertEqual(self.value(), VALUE)
        for restart in (False, True):
            with self.subTest(restart=restart):
                self.kms.disable_key(KeyId=key)
                if restart:
                    self.restart()
                self.assertEqual(self.error_of_invoke(), ("KMSDisabledException", 502))
                environment = self.configuration()["Environment"]
                self.assertNotIn("Variables", environment)
                self.assertEqual(environment["Error"]["ErrorCode"], "DisabledException")
                self.assertIn("disabled", environment["Error"]["Message"])
                # What does not touch the variables can still be changed, and keeps them.
                self.client.update_function_configuration(FunctionName=self.name, Description="changed")
                wait_active(self.client, self.name)
                with self.assertRaises(ClientError) as caught:
                    self.client.update_function_configuration(FunctionName=self.name,
                                                              Environment={"Variables": {"OTHER": "x"}})
                self.assertEqual(caught.exception.response["Error"]["Code"], "KMSDisabledException")
                self.kms.enable_key(KeyId=key)
                self.assertEqual(self.value(), VALUE)
                self.assertEqual(self.configuration()["Environment"], {"Variables": {"HIDDEN": VALUE}})

    def test_a_key_that_is_to_be_deleted(self):
        key = self.key()
        self.function(KMSKeyArn=key)
        self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual(self.error_of_invoke(), ("KMSInvalidStateException", 502))
        self.kms.cancel_key_deletion(KeyId=key)
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.value(), VALUE)

    def test_a_key_that_is_not_there(self):
        with self.assertRaises(ClientError) as caught:
            self.function(KMSKeyArn="arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000")
        self.assertEqual(caught.exception.response["Error"]["Code"], "KMSNotFoundException")

    def test_sealed_variables_of_another_function_do_not_open(self):
        """Someone who can write to the database puts one function's variables into another's record."""
        self.function()
        create_function(self.client, "other", {"app.py": ECHO}, Environment={"Variables": {"HIDDEN": "mine"}})
        self.platform.stop()
        with sqlite3.connect(os.path.join(self.platform.data_dir, "functions.db")) as database:
            theirs, mine = (database.execute("SELECT record FROM version WHERE name = ? AND version = 0",
                                             (name,)).fetchone()[0] for name in (self.name, "other"))
            # The sealed variables are the record's last field, number 6.
            at, to = (re.search(rb"\x32[\x80-\xff]*[\x00-\x7f]G1", record).start() for record in (theirs, mine))
            database.execute("UPDATE version SET record = ? WHERE name = 'other' AND version = 0",
                             (mine[:to] + theirs[at:],))
        database.close()
        self.platform.start()
        self.connect()
        self.name = "other"
        self.assertEqual(self.error_of_invoke()[0], "KMSNotFoundException")


if __name__ == "__main__":
    unittest.main()
