"""What lies on the disk and in other places when secrets are kept: nothing that can be read without the
master key, and nothing that a crash or a wrong key damages."""
import glob
import os
import signal
import sqlite3
import subprocess
import threading
import unittest

from botocore.exceptions import ClientError
from support.platform import Platform

SECRET = "correct-horse-battery-staple-4711"


def files_with(directory, text):
    found = []
    for path in glob.glob(os.path.join(directory, "**"), recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                if text.encode() in file.read():
                    found.append(path)
    return found


def snapshot(directory):
    """Contents of the databases' files and the key file."""
    names = [n for n in os.listdir(directory) if n.startswith(("keys.db", "secrets.db", "master.key"))]
    return {n: open(os.path.join(directory, n), "rb").read() for n in sorted(names)}


class AtRest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def setUp(self):
        if self.platform.process is None or self.platform.process.poll() is not None:
            self.platform.start()
        self.secrets = self.platform.client("secretsmanager")
        self.key_file = os.path.join(self.platform.data_dir, "master.key")

    def refused_start(self):
        done = subprocess.run(self.platform.command(), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def rotate_master(self):
        return self.platform.signed("POST", "/_gantry/master-key/rotate", service="kms")[0]

    def test_nothing_readable_is_left_anywhere(self):
        ssm, kms = self.platform.client("ssm"), self.platform.client("kms")
        name = self.id()
        self.secrets.create_secret(Name=name, SecretString=SECRET)
        self.secrets.put_secret_value(SecretId=name, SecretString=SECRET + "-2")
        ssm.put_parameter(Name="/at-rest/secure", Value=SECRET, Type="SecureString")
        ssm.put_parameter(Name="/at-rest/plain", Value=SECRET, Type="String")
        kms.encrypt(KeyId="alias/aws/lambda", Plaintext=SECRET.encode())
        with self.assertRaises(ClientError):
            self.secrets.create_secret(Name=name, SecretString=SECRET)
        self.assertEqual(files_with(self.platform.directory, SECRET), [])
        shown = subprocess.run(["ps", "-ef", "ww"], capture_output=True, text=True).stdout
        self.assertNotIn(SECRET, shown)
        self.assertEqual(os.stat(self.key_file).st_mode & 0o777, 0o600)

    def test_no_core_dump_and_no_foreign_eyes(self):
        pid = self.platform.process.pid
        with open(f"/proc/{pid}/limits") as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])
        # What is not dumpable belongs to root in /proc, and no process of the same user may trace it.
        self.assertEqual(os.stat(f"/proc/{pid}/mem").st_uid, 0)

    def test_survives_restarts(self):
        name = self.id()
        self.secrets.create_secret(Name=name, SecretString="kept")
        for stop in (signal.SIGTERM, signal.SIGKILL):
            self.platform.stop(stop)
            self.platform.start()
            secrets = self.platform.client("secretsmanager")
            self.assertEqual(secrets.get_secret_value(SecretId=name)["SecretString"], "kept")

    def test_a_wrong_master_key_is_refused(self):
        name = self.id()
        self.secrets.create_secret(Name=name, SecretString="kept")
        self.platform.stop()
        before = snapshot(self.platform.data_dir)
        right = open(self.key_file).read()
        magic, key_id, _ = right.split()
        wrong = {"other bytes": f"{magic} {key_id} {'A' * 43}=\n", "other id": f"{magic} 0000 {'A' * 43}=\n",
                 "no key": "something else\n", "gone": None}
        try:
            for case, text in wrong.items():
                with self.subTest(case=case):
                    if text is None:
                        os.remove(self.key_file)
                    else:
                        with open(self.key_file, "w") as file:
                            file.write(text)
                    said = self.refused_start()
                    self.assertIn("master.key", said)
                    self.assertIn(key_id, said)
                    self.assertIn("Nothing was changed", said)
                    after = snapshot(self.platform.data_dir)
                    self.assertEqual({n: b for n, b in after.items() if n != "master.key"},
                                     {n: b for n, b in before.items() if n != "master.key"})
        finally:
            with open(self.key_file, "w") as file:
                file.write(right)
        self.platform.start()
        secrets = self.platform.client("secretsmanager")
        self.assertEqual(secrets.get_secret_value(SecretId=name)["SecretString"], "kept")

    def test_tampering_is_seen(self):
        name = "tampered"
        self.secrets.create_secret(Name=name, SecretString=SECRET)
        self.secrets.create_secret(Name="untouched", SecretString="fine")
        self.platform.stop()
        path = os.path.join(self.platform.data_dir, "secrets.db")
        with sqlite3.connect(path) as database:
            record = bytearray(database.execute("SELECT value FROM record WHERE key = ?", (name,)).fetchone()[0])
            at = record.index(b"G1") + 60  # within the wrapped data key
            record[at] ^= 1
            database.execute("UPDATE record SET value = ? WHERE key = ?", (bytes(record), name))
        database.close()
        self.platform.start()
        secrets = self.platform.client("secretsmanager")
        with self.assertRaises(ClientError) as caught:
            secrets.get_secret_value(SecretId=name)
        self.assertEqual(caught.exception.response["Error"]["Code"], "DecryptionFailure")
        self.assertEqual(secrets.get_secret_value(SecretId="untouched")["SecretString"], "fine")

    def test_a_value_cannot_be_moved_to_another_secret(self):
        value = {"mine": "aaaa", "theirs": "bbbb"}
        for name, text in value.items():
            self.secrets.create_secret(Name=name, SecretString=text, ClientRequestToken="t" * 32)
        self.platform.stop()
        with sqlite3.connect(os.path.join(self.platform.data_dir, "secrets.db")) as database:
            rows = {n: database.execute("SELECT value FROM record WHERE key = ?", (n,)).fetchone()[0]
                    for n in ("mine", "theirs")}
            # The sealed values have the same length: one in the place of the other.
            at = {n: r.index(b"G1") for n, r in rows.items()}
            size = 4 + (1 + 16 + 4 + 12 + 32 + 16) + (12 + 4 + 16)  # head, wrapped data key, sealed value
            sealed = {n: rows[n][at[n]:at[n] + size] for n in rows}
            forged = rows["theirs"].replace(sealed["theirs"], sealed["mine"])
            self.assertNotEqual(forged, rows["theirs"])
            database.execute("UPDATE record SET value = ? WHERE key = 'theirs'", (forged,))
        database.close()
        self.platform.start()
        with self.assertRaises(ClientError) as caught:
            self.platform.client("secretsmanager").get_secret_value(SecretId="theirs")
        self.assertEqual(caught.exception.response["Error"]["Code"], "DecryptionFailure")

    def test_a_changed_key_stops_the_start(self):
        self.platform.stop()
        path = os.path.join(self.platform.data_dir, "keys.db")
        with sqlite3.connect(path) as database:
            key, record = database.execute("SELECT key, value FROM record WHERE kind = 'key'").fetchone()
            changed = bytearray(record)
            changed[-20] ^= 1
            # The wrapped material is near the end of the record.
            database.execute("UPDATE record SET value = ? WHERE kind = 'key' AND key = ?", (bytes(changed), key))
        database.close()
        try:
            self.assertIn("keys.db", self.refused_start())
        finally:
            with sqlite3.connect(path) as database:
                database.execute("UPDATE record SET value = ? WHERE kind = 'key' AND key = ?", (record, key))
            database.close()
            self.platform.start()

    def test_a_new_master_key(self):
        name = self.id()
        self.secrets.create_secret(Name=name, SecretString="kept")
        before = open(self.key_file).read()
        self.assertEqual(self.rotate_master(), 200)
        after = open(self.key_file).read()
        self.assertNotEqual(before.split()[1:], after.split()[1:])
        self.assertEqual(self.secrets.get_secret_value(SecretId=name)["SecretString"], "kept")
        self.platform.stop()
        self.platform.start()
        secrets = self.platform.client("secretsmanager")
        self.assertEqual(secrets.get_secret_value(SecretId=name)["SecretString"], "kept")

    def test_killed_while_the_master_key_changes(self):
        name = self.id()
        self.secrets.create_secret(Name=name, SecretString="kept")
        for _ in range(8):
            kms = self.platform.client("kms")
            for _ in range(5):
                kms.create_key()

            def rotate():
                try:
                    for _ in range(50):
                        self.rotate_master()
                except OSError:
                    pass  # killed under its feet

            worker = threading.Thread(target=rotate)
            worker.start()
            # At some instant of one of the rotations.
            worker.join(0.05)
            self.platform.kill()
            worker.join()
            self.platform.start()
            self.assertFalse(os.path.exists(self.key_file + ".next"))
            secrets = self.platform.client("secretsmanager")
            self.assertEqual(secrets.get_secret_value(SecretId=name)["SecretString"], "kept")

    def test_killed_while_a_secret_moves_to_another_key(self):
        """All its versions are encrypted anew in one commit, or none is."""
        name = self.id()
        self.secrets.create_secret(Name=name, SecretString="first")
        self.secrets.put_secret_value(SecretId=name, SecretString="second")
        kms = self.platform.client("kms")
        keys = [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
        moved = set()
        for _ in range(8):
            secrets = self.platform.client("secretsmanager")

            def move():
                try:
                    for i in range(200):
                        secrets.update_secret(SecretId=name, KmsKeyId=keys[i % 2])
                except Exception:  # killed under its feet
                    pass

            worker = threading.Thread(target=move)
            worker.start()
            worker.join(0.15)
            self.platform.kill()
            worker.join()
            self.platform.start()
            secrets = self.platform.client("secretsmanager")
            for stage, value in (("AWSCURRENT", "second"), ("AWSPREVIOUS", "first")):
                self.assertEqual(secrets.get_secret_value(SecretId=name, VersionStage=stage)["SecretString"], value)
            moved.add(secrets.describe_secret(SecretId=name).get("KmsKeyId"))
        self.assertTrue(moved & set(keys), moved)
        # With the other key gone only the one that the secret names is needed.
        now = secrets.describe_secret(SecretId=name)["KmsKeyId"]
        self.platform.client("kms").disable_key(KeyId=next(key for key in keys if key != now))
        self.assertEqual(secrets.get_secret_value(SecretId=name)["SecretString"], "second")


if __name__ == "__main__":
    unittest.main()
