"""The daemon's own bad days: ports taken, two of them, killed at any moment, no space."""
import glob
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from support.platform import BIN, ROLE, Platform, create_function, invoke, make_zip, wait_for

CODE = "import os\ndef handler(event, context):\n    return {'pid': os.getpid(), 'n': event.get('n')}\n"


def processes_of(data_dir):
    """Processes that have the data directory in their command line or their mounts."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if data_dir.encode() in file.read():
                    found.append(int(pid))
                    continue
            with open(f"/proc/{pid}/mountinfo") as file:
                if any(data_dir in line for line in file) and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            continue
    return found


def gantry_cgroups():
    return {path for root in ("/sys/fs/cgroup/*/*", "/sys/fs/cgroup/*", "/sys/fs/cgroup/*/*/*")
            for path in glob.glob(root) if os.path.isdir(path) and "gantry" in os.path.basename(path)}


class Start(unittest.TestCase):
    def run_daemon(self, *arguments):
        return subprocess.run([os.path.join(BIN, "gantryd"), *arguments], capture_output=True, text=True, timeout=30)

    def test_help_is_complete(self):
        text = self.run_daemon("--help").stdout
        for option in ("--data-dir", "--aws", "--grpc", "--version"):
            self.assertIn(option, text)

    def test_port_in_use(self):
        with socket.socket() as taken, tempfile.TemporaryDirectory() as directory:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = self.run_daemon("--data-dir", directory + "/data", "--aws", f"127.0.0.1:{port}",
                                   "--grpc", f"unix:{directory}/s")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(port), done.stderr)
        self.assertIn("choose another port", done.stderr)

    def test_second_daemon_on_the_same_data(self):
        with Platform() as platform:
            done = self.run_daemon("--data-dir", platform.data_dir, "--aws", "127.0.0.1:0",
                                   "--grpc", f"unix:{platform.directory}/other")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(str(platform.process.pid), done.stderr)
            self.assertEqual(platform.client().list_functions()["Functions"], [])

    def test_bad_arguments(self):
        for arguments in (["--aws", "nonsense"], ["--grpc", "tcp:1"], ["--unknown"]):
            with tempfile.TemporaryDirectory() as directory:
                done = self.run_daemon("--data-dir", directory + "/d", *arguments)
                self.assertNotEqual(done.returncode, 0, arguments)
                self.assertTrue(done.stderr.strip(), arguments)

    def test_private_files(self):
        with Platform() as platform:
            for path in (platform.socket, os.path.join(platform.data_dir, "credentials")):
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o600, path)
            self.assertEqual(os.stat(platform.data_dir).st_mode & 0o777, 0o700)


class Killed(unittest.TestCase):
    def test_nothing_acknowledged_is_lost(self):
        random.seed(7)
        platform = Platform().start()
        try:
            promised = {}
            for round_number in range(4):
                killer = threading.Timer(0.3 + random.random(), platform.process.kill)
                killer.start()
                client = platform.client()
                try:
                    for i in range(1000):
                        name = f"f-{round_number}-{i}"
                        promised[name] = None  # asked for: may be there or not
                        client.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler",
                                               Role=ROLE, Code={"ZipFile": make_zip({"app.py": CODE})})
                        promised[name] = True
                except Exception:
                    pass
                killer.join()
                platform.stop()
                platform.start()
                client = platform.client()
                listed = {f["FunctionName"] for page in client.get_paginator("list_functions").paginate()
                          for f in page["Functions"]}
                kept = {name for name, sure in promised.items() if sure}
                self.assertLessEqual(kept, listed)
                self.assertLessEqual(listed, set(promised))
            # What survived works.
            survivor = sorted(kept)[0]
            wait_for(lambda: client.get_function_configuration(FunctionName=survivor)["State"] == "Active")
            self.assertEqual(invoke(client, survivor, {"n": 1})[0]["n"], 1)
        finally:
            platform.__exit__()

    def test_no_orphans_are_left(self):
        groups_before = gantry_cgroups()
        platform = Platform().start()
        try:
            client = platform.client()
            create_function(client, "running", {"app.py": "import time\ndef handler(e, c):\n    time.sleep(e.get('s', 0))\n"},
                            Timeout=60)
            invoke(client, "running")
            threading.Thread(target=lambda: self.ignore(lambda: invoke(platform.client(), "running", {"s": 50})),
                             daemon=True).start()
            time.sleep(1)
            platform.kill()
            wait_for(lambda: not processes_of(platform.data_dir), what="the environments' processes to end")
            platform.start()
            self.assertIsNone(invoke(platform.client(), "running")[0])
            platform.stop()
            wait_for(lambda: not processes_of(platform.data_dir), what="all processes to end")
            wait_for(lambda: gantry_cgroups() <= groups_before, what="the cgroups to be removed")
        finally:
            platform.__exit__()

    @staticmethod
    def ignore(call):
        try:
            call()
        except Exception:
            pass

    def test_ordered_stop(self):
        platform = Platform().start()
        self.assertEqual(platform.stop(), 0)
        self.assertFalse(os.path.exists(platform.socket))
        platform.__exit__()


@unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
class DiskFull(unittest.TestCase):
    def test_disk_full_is_an_error_and_not_the_end(self):
        with tempfile.TemporaryDirectory() as directory:
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", directory], capture_output=True)
            if mounted.returncode != 0:
                self.skipTest("this host does not let root mount a tmpfs: " + mounted.stderr.decode())
            try:
                platform = Platform(data_dir=directory).start()
                client = platform.client()
                create_function(client, "before", {"app.py": CODE})
                noise = {"app.py": CODE, "noise": os.urandom(30 << 20)}
                with self.assertRaises(client.exceptions.ServiceException) as caught:
                    client.create_function(FunctionName="large", Runtime="python3.11", Handler="app.handler",
                                           Role=ROLE, Code={"ZipFile": make_zip(noise)})
                self.assertRegex(str(caught.exception), "(?i)space|full")
                self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 500)
                self.assertEqual(invoke(client, "before", {"n": 2})[0]["n"], 2)
                self.assertEqual([f["FunctionName"] for f in client.list_functions()["Functions"]], ["before"])
                self.assertEqual(platform.stop(), 0)
            finally:
                subprocess.run(["umount", "-l", directory], check=False)


if __name__ == "__main__":
    unittest.main()
