"""The master key in a desktop's keyring: a session bus and a GNOME keyring of the test's own."""
import json
import os
import shutil
import subprocess
import sys
import unittest

from support.platform import Platform

INSIDE = "GANTRY_TEST_INSIDE_SESSION"


def run_inside():
    """Runs within the session: starts and restarts the daemon, then takes the key away."""
    unlocked = subprocess.run(["gnome-keyring-daemon", "--unlock", "--components=secrets"], input=b"test",
                              capture_output=True)
    assert unlocked.returncode == 0, unlocked
    subprocess.run(["gdbus", "wait", "--session", "--timeout", "20", "org.freedesktop.secrets"], check=True)
    with Platform(master_key="auto") as platform:
        assert not os.path.exists(os.path.join(platform.data_dir, "master.key"))
        platform.client("secretsmanager").create_secret(Name="a", SecretString="kept")
        assert platform.signed("POST", "/_gantry/master-key/rotate", service="kms")[0] == 200
        platform.stop()
        platform.start()
        value = platform.client("secretsmanager").get_secret_value(SecretId="a")["SecretString"]
        platform.stop()
        search = ["secret-tool", "clear", "xdg:schema", "dev.gantry.MasterKey"]
        cleared = shutil.which("secret-tool") and subprocess.run(search).returncode == 0
        refused = subprocess.run(platform.command(), capture_output=True, text=True, timeout=60) if cleared else None
        print(json.dumps({"value": value, "refused": refused and [refused.returncode, refused.stderr]}))


class Keyring(unittest.TestCase):
    def test_holds_the_master_key(self):
        for program in ("dbus-run-session", "gnome-keyring-daemon"):
            if not shutil.which(program):
                self.skipTest(f"install {'dbus' if 'dbus' in program else 'gnome-keyring'} to run this")
        directory = os.path.join("/tmp", f"gantry-keyring-{os.getpid()}")
        os.makedirs(directory, mode=0o700)
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        environment = dict(os.environ, HOME=directory, XDG_RUNTIME_DIR=directory, XDG_DATA_HOME=directory, **{INSIDE: "1"})
        done = subprocess.run(["dbus-run-session", "--", sys.executable, "-B", "-W", "ignore", __file__],
                              env=environment, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stderr)
        got = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(got["value"], "kept")
        if got["refused"]:
            self.assertEqual(got["refused"][0], 1)
            self.assertIn("keyring", got["refused"][1])


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        run_inside()
    else:
        unittest.main()
