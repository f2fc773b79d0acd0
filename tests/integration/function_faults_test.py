"""What functions do wrong: none of it breaks the function for the next call."""
import base64
import http.client
import json
import threading
import time
import unittest

from support.platform import Platform, create_function, invoke, make_zip, wait_active, wait_for

FAULTY = """
import ctypes, os, subprocess, time

def handler(event, context):
    return globals()[event.get("do", "fine")](event)

def fine(event):
    return {"pid": os.getpid(), "ok": True}

def fail(event):
    raise KeyError("no luck")

def sleep(event):
    time.sleep(event["seconds"])
    return "slept"

def exit_now(event):
    os._exit(event.get("status", 3))

def segfault(event):
    ctypes.string_at(0)

def forks(event):
    for _ in range(20):
        subprocess.Popen(["/bin/sleep", "1000"])
    return "forked"

def fork_bomb(event):
    count = 0
    try:
        while count < 5000:
            if os.fork() == 0:
                time.sleep(100)
            count += 1
    except OSError as error:
        return {"stopped_at": count, "error": error.errno}
    return {"stopped_at": count}

def fill_tmp(event):
    written = 0
    try:
        with open("/tmp/full", "wb") as file:
            while written < 2 << 30:
                written += file.write(bytes(1 << 20))
                file.flush()
    except OSError as error:
        return {"written": written, "errno": error.errno}
    return {"written": written}

def allocate(event):
    blocks = []
    while True:
        blocks.append(bytearray(b"x") * (4 << 20))

def big_log(event):
    print("x" * event["bytes"])
    return "logged"
"""


class FunctionFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()
        create_function(cls.client, "faulty", {"app.py": FAULTY}, Timeout=2, MemorySize=256)

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def call(self, do, **event):
        return invoke(self.client, "faulty", {"do": do, **event}, LogType="Tail")

    def assert_fine(self):
        answer, response = self.call("fine")
        self.assertNotIn("FunctionError", response, answer)
        self.assertTrue(answer["ok"])

    def test_exception_keeps_the_environment(self):
        before = self.call("fine")[0]["pid"]
        answer, response = self.call("fail")
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(answer["errorType"], "KeyError")
        self.assertTrue(any("fail" in line for line in answer["stackTrace"]))
        self.assertEqual(self.call("fine")[0]["pid"], before)

    def test_timeout(self):
        answer, response = self.call("sleep", seconds=30)
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(answer["errorType"], "Sandbox.Timedout")
        self.assertIn("Task timed out after 2.00 seconds", answer["errorMessage"])
        self.assert_fine()

    def test_exit(self):
        answer, response = self.call("exit_now", status=3)
        self.assertEqual(answer["errorType"], "Runtime.ExitError")
        self.assertIn("exit status 3", answer["errorMessage"])
        self.assert_fine()

    def test_exit_without_answer(self):
        answer, _ = self.call("exit_now", status=0)
        self.assertEqual(answer["errorType"], "Runtime.ExitError")
        self.assert_fine()

    def test_segfault(self):
        answer, _ = self.call("segfault")
        self.assertEqual(answer["errorType"], "Runtime.ExitError")
        self.assertIn("segmentation fault", answer["errorMessage"])
        self.assert_fine()

    def test_children_left_behind(self):
        self.assertEqual(self.call("forks")[0], "forked")
        self.assert_fine()

    def test_fork_bomb_is_contained(self):
        answer, response = self.call("fork_bomb")
        if "FunctionError" not in response:
            self.assertLess(answer["stopped_at"], 1100)
        self.assert_fine()

    def test_many_processes_end_soon(self):
        # With a fourteenth of a processor, hundreds of processes took longer to end than the daemon waits.
        with Platform() as platform:
            client = platform.client()
            create_function(client, "bomb", {"app.py": FAULTY}, Timeout=5, MemorySize=128)
            invoke(client, "bomb", {"do": "fork_bomb"})
            self.assertEqual(platform.stop(), 0)
            with open(platform.log_path) as log:
                self.assertNotIn("did not end", log.read())

    def test_tmp_is_limited(self):
        answer, response = self.call("fill_tmp")
        if "FunctionError" not in response:  # /tmp counts as memory on some hosts: killed is right too
            self.assertEqual(answer["errno"], 28)
            self.assertLess(answer["written"], 600 << 20)
        self.assert_fine()

    def test_memory_is_limited(self):
        create_function(self.client, "hungry", {"app.py": FAULTY}, Timeout=60, MemorySize=256)
        answer, response = invoke(self.client, "hungry", {"do": "allocate"}, LogType="Tail")
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(answer["errorType"], "Runtime.OutOfMemory")
        log = base64.b64decode(response["LogResult"]).decode()
        self.assertRegex(log, r"Max Memory Used: 2[45]\d MB")
        self.assertTrue(invoke(self.client, "hungry")[0]["ok"])

    def test_long_log_line(self):
        answer, response = self.call("big_log", bytes=2_000_000)
        self.assertEqual(answer, "logged")
        self.assertLessEqual(len(base64.b64decode(response["LogResult"])), 4096)

    def test_answering_twice(self):
        create_function(self.client, "twice", {"bootstrap": (TWICE, 0o755)}, runtime="provided.al2023", handler="x")
        first, _ = invoke(self.client, "twice")
        self.assertEqual(first, "first")
        second, _ = invoke(self.client, "twice")
        self.assertIn(second, [[400], [403]])  # what the second answer to the first call got

    def test_client_that_hangs_up(self):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        path = "/2015-03-31/functions/faulty/invocations"
        body = json.dumps({"do": "sleep", "seconds": 1}).encode()
        request = AWSRequest(method="POST", url=self.platform.endpoint + path, data=body)
        SigV4Auth(Credentials(*self.platform.credentials()), "lambda", "us-east-1").add_auth(request)
        for _ in range(5):
            connection = http.client.HTTPConnection(self.platform.endpoint[len("http://"):])
            connection.request("POST", path, body, dict(request.headers))
            time.sleep(0.1)
            connection.close()
        self.assert_fine()

    def test_redeploy_while_calls_are_in_flight(self):
        code = "import time\ndef handler(event, context):\n    time.sleep(event.get('wait', 0))\n    return '%s'\n"
        create_function(self.client, "moving", {"app.py": code % "old"}, Timeout=20)
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            invoke(self.platform.client(), "moving", {"wait": 3})[0])) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        self.client.update_function_code(FunctionName="moving", ZipFile=make_zip({"app.py": code % "new"}))
        wait_active(self.client, "moving")
        self.assertEqual(invoke(self.client, "moving")[0], "new")
        for thread in threads:
            thread.join()
        self.assertEqual(answers, ["old"] * 4)

    def test_log_of_init_failure_and_logs_of_crash_are_kept(self):
        create_function(self.client, "init", {"app.py": "print('before the end')\nraise RuntimeError('at import')\n"})
        answer, response = invoke(self.client, "init", LogType="Tail")
        self.assertEqual(answer["errorType"], "RuntimeError")
        self.assertIn("before the end", base64.b64decode(response["LogResult"]).decode())


TWICE = """#!/usr/bin/python3
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
def call(method, path, body=None):
    api.request(method, base + path, body)
    response = api.getresponse()
    return response, response.read()
request, _ = call("GET", "next")
first = request.headers["Lambda-Runtime-Aws-Request-Id"]
call("POST", first + "/response", '"first"')
codes = [call("POST", first + "/response", '"second"')[0].status]
while True:
    request, _ = call("GET", "next")
    call("POST", request.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps(codes))
"""

if __name__ == "__main__":
    unittest.main()
