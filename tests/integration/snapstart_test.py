"""SnapStart by boto3: what a version's configuration says, what is restored, what it costs."""
import base64
import itertools
import os
import re
import shutil
import signal
import unittest
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from botocore.exceptions import ClientError

from support.platform import Platform, create_function, invoke, make_zip, wait_for

SLOW = """
import os, random, time, uuid
from snapshot_restore_py import register_after_restore
time.sleep(0.5)
BORN = uuid.uuid4().hex
print("initialised", BORN)
RESTORED = []
register_after_restore(RESTORED.append, "hook")
def handler(event, context):
    if event.get("sleep"):
        time.sleep(event["sleep"])
    return {"born": BORN, "random": random.random(), "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
            "restored": RESTORED, "stream": context.log_stream_name, "pid": os.getpid()}
"""
RUBY = """
require "securerandom"
sleep 0.5
BORN = SecureRandom.hex
File.write("/tmp/left", "by init")
KEPT = File.open("/tmp/left")
KEPT.read(3)
puts "initialised #{BORN}"
def handler(event:, context:)
  sleep(event["sleep"]) if event["sleep"]
  { born: BORN, random: rand, secure: SecureRandom.hex, type: ENV["AWS_LAMBDA_INITIALIZATION_TYPE"],
    stream: context.log_stream_name, key: ENV["AWS_ACCESS_KEY_ID"], kept: KEPT.read,
    left: File.read("/tmp/left"), pid: Process.pid, user: Process.uid, folder: Dir.pwd,
    capabilities: File.read("/proc/self/status").scan(/^Cap(?:Eff|Prm|Bnd):\\s*(\\w+)/).flatten.uniq }
end
"""
BROKEN = "raise ValueError('no')\ndef handler(event, context): pass\n"
FAST = "def handler(event, context): return 1\n"


class SnapStart(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()
        create_function(cls.client, "probe", {"app.py": FAST}, Runtime="python3.12",
                        SnapStart={"ApplyOn": "PublishedVersions"})
        version = cls.publish("probe")
        if version["SnapStart"]["OptimizationStatus"] != "On":
            cls.platform.__exit__()
            raise unittest.SkipTest("this host cannot restore environments")

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.platform.__exit__()

    @classmethod
    def publish(cls, name, state="Active"):
        version = cls.client.publish_version(FunctionName=name)["Version"]
        return cls.settled(name, version, state)

    @classmethod
    def settled(cls, name, version, state="Active"):
        get = cls.client.get_function_configuration
        wait_for(lambda: get(FunctionName=name, Qualifier=version)["State"] != "Pending", 60, name)
        configuration = get(FunctionName=name, Qualifier=version)
        assert configuration["State"] == state, configuration
        return configuration

    def make(self, name, code=SLOW, file="app.py", runtime="python3.12"):
        create_function(self.client, name, {file: code}, Runtime=runtime,
                        SnapStart={"ApplyOn": "PublishedVersions"})

    def refusal(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]

    def call(self, name, version, event=None, **options):
        return invoke(self.client, name, event or {}, Qualifier=version, **options)

    def at_once(self, name, count):
        def one(_):
            with closing(self.platform.client()) as client:
                return invoke(client, name, {"sleep": 1.5}, Qualifier="1")[0]
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(one, range(count)))

    def test_is_validated(self):
        create = {"Role": "arn:aws:iam::000000000000:role/test", "Handler": "app.handler",
                  "Code": {"ZipFile": make_zip({"app.py": FAST})},
                  "SnapStart": {"ApplyOn": "PublishedVersions"}}
        error = self.refusal(self.client.create_function, FunctionName="node", Runtime="nodejs22.x",
                             **create)
        self.assertEqual(error["Code"], "InvalidParameterValueException")
        self.assertIn("nodejs22.x is not supported for SnapStart enabled functions", error["Message"])
        error = self.refusal(self.client.create_function, FunctionName="large", Runtime="python3.12",
                             EphemeralStorage={"Size": 1024}, **create)
        self.assertIn("512", error["Message"])
        create_function(self.client, "old", {"app.py": FAST}, Runtime="python3.11")
        error = self.refusal(self.client.update_function_configuration, FunctionName="old",
                             SnapStart={"ApplyOn": "PublishedVersions"})
        self.assertEqual(error["Code"], "InvalidParameterValueException")
        error = self.refusal(self.client.put_provisioned_concurrency_config, FunctionName="probe",
                             Qualifier="1", ProvisionedConcurrentExecutions=1)
        self.assertIn("SnapStart", error["Message"])

    def test_a_version_is_pending_until_its_snapshot_is_taken(self):
        self.make("pending")
        latest = self.client.get_function_configuration(FunctionName="pending")
        self.assertEqual(latest["SnapStart"],
                         {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"})
        published = self.client.publish_version(FunctionName="pending")
        self.assertEqual(published["State"], "Pending")
        error = self.refusal(self.client.invoke, FunctionName="pending", Qualifier="1")
        self.assertEqual(error["Code"], "SnapStartNotReadyException")
        self.assertEqual(self.settled("pending", "1")["SnapStart"],
                         {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"})
        again = self.client.publish_version(FunctionName="pending")
        self.assertEqual(again["Version"], "1")  # nothing has changed
        answer, _ = self.call("pending", "$LATEST")
        self.assertEqual(answer["type"], "on-demand")

    def test_restores_instead_of_initialising(self):
        self.make("restored")
        self.publish("restored")
        answer, response = self.call("restored", "1", LogType="Tail")
        self.assertEqual((answer["type"], answer["restored"]), ("snap-start", ["hook"]))
        tail = base64.b64decode(response["LogResult"]).decode()
        self.assertRegex(tail, r"RESTORE_START Runtime Version: python:3\.12")
        report = re.search(r"Restore Duration: ([\d.]+) ms\tBilled Restore Duration: (\d+) ms", tail)
        self.assertTrue(report, tail)
        self.assertNotIn("Init Duration", tail)
        self.assertNotIn("initialised", tail)
        self.assertLess(float(report[1]), 500)  # its init alone sleeps that long
        warm, _ = self.call("restored", "1")
        self.assertEqual(warm["stream"], answer["stream"])

    def test_restores_are_unique_and_share_the_init(self):
        self.make("twice")
        self.publish("twice")
        a, b = self.at_once("twice", 2)
        self.assertEqual(a["born"], b["born"])
        self.assertNotEqual(a["stream"], b["stream"])
        self.assertNotEqual(a["random"], b["random"])

    @unittest.skipUnless(shutil.which("ruby"), "Ruby is not installed")
    def test_restores_ruby(self):
        self.make("gem", RUBY, "app.rb", "ruby3.3")
        self.assertEqual(self.publish("gem")["SnapStart"]["OptimizationStatus"], "On")
        a, b = self.at_once("gem", 2)
        self.assertEqual((a["type"], b["type"]), ("snap-start", "snap-start"))
        self.assertEqual(a["born"], b["born"])
        for unique in ("stream", "random", "secure", "user"):
            self.assertNotEqual(a[unique], b[unique], unique)
        # A file that init has left is the copy's own, and read on from where init had stopped.
        self.assertEqual((a["kept"], a["left"], b["kept"]), ("init", "by init", "init"))
        self.assertEqual((a["folder"], a["capabilities"]), ("/var/task", ["0" * 16]))
        warm, response = self.call("gem", "1", LogType="Tail")
        self.assertEqual((warm["born"], warm["kept"]), (a["born"], ""))
        self.assertNotIn("initialised", base64.b64decode(response["LogResult"]).decode())

    def test_a_failing_init_fails_the_version(self):
        self.make("broken", BROKEN)
        failed = self.publish("broken", "Failed")
        self.assertEqual(failed["StateReasonCode"], "FunctionError")
        self.assertIn("ValueError", failed["StateReason"])
        self.assertEqual(self.refusal(self.client.invoke, FunctionName="broken", Qualifier="1")["Code"],
                         "ResourceConflictException")

    def test_deleting_a_version_ends_its_snapshot(self):
        self.make("deleted")
        self.publish("deleted")
        self.call("deleted", "1")
        self.assertEqual(len(self.of_function("deleted")), 2)
        self.client.delete_function(FunctionName="deleted", Qualifier="1")
        wait_for(lambda: not self.of_function("deleted"), 20, "the end of the snapshot")

    def of_function(self, name):
        """The processes of a function, snapshots included."""
        wanted = f"AWS_LAMBDA_FUNCTION_NAME={name}\0".encode()
        return {pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if wanted in self.read(f"/proc/{pid}/environ")}

    @staticmethod
    def read(path):
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def test_a_killed_snapshot_is_made_anew(self):
        self.make("killed")
        self.publish("killed")
        (snapshot,) = self.of_function("killed")
        os.kill(snapshot, signal.SIGKILL)  # it is frozen, and dies when it is asked for a copy
        first, _ = self.call("killed", "1")
        self.assertEqual(first["type"], "on-demand")  # initialised normally, and said so

        more = itertools.count(2)  # each round starts one environment
        wait_for(lambda: any(answer["type"] == "snap-start"
                             for answer in self.at_once("killed", next(more))),
                 30, "a restore from a new snapshot")

    def test_nothing_is_left_of_a_killed_daemon(self):
        with Platform() as platform:
            client = self.enterContext(closing(platform.client()))
            create_function(client, "left", {"app.py": SLOW}, Runtime="python3.12",
                            SnapStart={"ApplyOn": "PublishedVersions"})
            client.publish_version(FunctionName="left")
            get = client.get_function_configuration
            wait_for(lambda: get(FunctionName="left", Qualifier="1")["State"] == "Active", 30)
            invoke(client, "left", {}, Qualifier="1")
            self.assertGreaterEqual(len(self.of_function("left")), 2)
            platform.kill()
            wait_for(lambda: not self.of_function("left"), 20, "the end of everything")
            platform.start()
            client = self.enterContext(closing(platform.client()))
            answer, _ = invoke(client, "left", {}, Qualifier="1")
            self.assertEqual(answer["type"], "on-demand")


if __name__ == "__main__":
    unittest.main()
