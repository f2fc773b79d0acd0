"""Access keys and sessions on the disk: sealed whole, those of before this was so too, and refused
untouched when the keys are not the right ones."""
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import unittest

import boto3
from botocore.exceptions import ClientError
from support.platform import Platform

KEY, SESSION = 4, 5  # kinds of records


def text_field(number, text):
    """A string of a protobuf message."""
    data = text.encode()
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def content(path):
    with open(path, "rb") as file:
        return file.read()


class IdentitiesAtRest(unittest.TestCase):
    def setUp(self):
        self.platform = Platform().start()
        self.addCleanup(self.platform.__exit__)
        self.database = os.path.join(self.platform.data_dir, "iam.db")

    def sqlite(self):
        return contextlib.closing(sqlite3.connect(self.database, isolation_level=None))

    def new_key(self, user="worker"):
        iam = self.platform.client("iam")
        iam.create_user(UserName=user)
        made = iam.create_access_key(UserName=user)["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def who(self, key, secret, token=None):
        return boto3.client("sts", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                            aws_access_key_id=key, aws_secret_access_key=secret,
                            aws_session_token=token).get_caller_identity()["Arn"]

    def files(self):
        """Contents of all that is about identities and keys."""
        names = [n for n in sorted(os.listdir(self.platform.data_dir)) if n.startswith(("iam.db", "keys.db", "master"))]
        return {n: content(os.path.join(self.platform.data_dir, n)) for n in names}

    def refused_start(self):
        done = subprocess.run(self.platform.command(), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def assert_unreadable(self, *secrets):
        for name, data in self.files().items():
            for secret in secrets:
                self.assertFalse(secret.encode() in data, name)

    def test_keys_and_sessions_are_not_readable(self):
        key, secret = self.new_key()
        session = self.platform.client("sts").get_session_token()["Credentials"]
        those = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
        for stop in (None, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(stop=stop):
                if stop:
                    self.platform.stop(stop)
                    self.platform.start()
                self.assert_unreadable(secret, *those[1:])
                self.assertEqual(self.who(key, secret), "arn:aws:iam::000000000000:user/worker")
                self.assertEqual(self.who(*those), "arn:aws:iam::000000000000:root")

    def test_a_database_of_before(self):
        """As the version before left it: keys in clear, one in use and one that was deleted."""
        self.new_key()
        self.platform.stop()
        key, secret, deleted = "AKIAOLDOLDOLDOLDOLD1", "old-secret-in-clear-0815", "deleted-secret-4711"
        session = ("ASIAOLDOLDOLDOLDOLD2", "old-session-secret-2342", "gantry-old-token")
        with self.sqlite() as database:
            database.execute("PRAGMA secure_delete = OFF")
            database.execute("DELETE FROM record WHERE kind >= 4")
            database.execute("ALTER TABLE record DROP COLUMN sealed")
            database.execute("PRAGMA user_version = 1")
            add = "INSERT INTO record (kind, key, data) VALUES (?, ?, ?)"
            database.execute(add, (KEY, key.lower(), text_field(1, key) + text_field(2, secret) +
                                   text_field(3, "worker")))
            root = text_field(5, "arn:aws:iam::000000000000:root")
            late = b"\x20\xff\xff\xff\xff\x07"  # 4: expires in 2106
            database.execute(add, (SESSION, session[0].lower(), b"".join(
                text_field(i + 1, text) for i, text in enumerate(session)) + late + root))
            database.execute(add, (KEY, "gone", text_field(2, deleted)))
            database.execute("DELETE FROM record WHERE key = 'gone'")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for clear in (secret, deleted, session[1], session[2]):
            self.assertTrue(clear.encode() in content(self.database))  # else this would prove nothing
        self.platform.start()
        self.assert_unreadable(secret, deleted, *session[1:])
        self.assertEqual(self.who(key, secret), "arn:aws:iam::000000000000:user/worker")
        self.assertEqual(self.who(*session), "arn:aws:iam::000000000000:root")
        self.platform.stop(signal.SIGKILL)
        self.platform.start()
        self.assertEqual(self.who(key, secret), "arn:aws:iam::000000000000:user/worker")
        self.assert_unreadable(secret, deleted, *session[1:])

    def test_wrong_keys_are_refused(self):
        key, secret = self.new_key()
        self.platform.stop()
        path = os.path.join(self.platform.data_dir, "master.key")
        right = content(path).decode()
        magic, key_id, _ = right.split()
        for case, text in {"other bytes": f"{magic} {key_id} {'A' * 43}=\n", "gone": None}.items():
            with self.subTest(case=case):
                os.remove(path)
                if text:
                    with open(path, "w") as file:
                        file.write(text)
                before = self.files()
                self.assertIn("Nothing was changed", self.refused_start())
                self.assertTrue(self.files() == before)
        with open(path, "w") as file:
            file.write(right)

        with self.subTest("keys.db is lost: its master key is not overwritten"):
            away = os.path.join(self.platform.directory, "away")
            shutil.move(os.path.join(self.platform.data_dir, "keys.db"), away)
            self.assertIn("Restore keys.db", self.refused_start())
            self.assertEqual(content(path).decode(), right)
            shutil.move(away, os.path.join(self.platform.data_dir, "keys.db"))

        with self.subTest("keys of another installation"):
            with Platform() as other:
                other.stop()
                for name in ("keys.db", "master.key"):
                    mine = os.path.join(self.platform.data_dir, name)
                    shutil.move(mine, mine + ".mine")
                    shutil.copy(os.path.join(other.data_dir, name), mine)
            before = content(self.database)
            self.assertIn("encrypted with other keys", self.refused_start())
            self.assertTrue(content(self.database) == before)
            for name in ("keys.db", "master.key"):
                mine = os.path.join(self.platform.data_dir, name)
                shutil.move(mine + ".mine", mine)
        self.platform.start()
        self.assertEqual(self.who(key, secret), "arn:aws:iam::000000000000:user/worker")

    def test_a_key_cannot_take_the_place_of_another(self):
        """Someone who can write to the file gives their own secret to another key's id."""
        mine, theirs = self.new_key("me"), self.new_key("them")
        self.platform.stop()
        with self.sqlite() as database:
            data = database.execute("SELECT data FROM record WHERE key = ?", (mine[0].lower(),)).fetchone()[0]
            kept = database.execute("SELECT data FROM record WHERE key = ?", (theirs[0].lower(),)).fetchone()[0]
            database.execute("UPDATE record SET data = ? WHERE key = ?", (data, theirs[0].lower()))
        self.assertIn("changed by something else", self.refused_start())
        with self.sqlite() as database:
            database.execute("UPDATE record SET data = ? WHERE key = ?", (kept, theirs[0].lower()))
        self.platform.start()
        self.assertEqual(self.who(*theirs), "arn:aws:iam::000000000000:user/them")
        with self.assertRaises(ClientError):
            self.who(theirs[0], mine[1])

    def test_a_new_master_key(self):
        key, secret = self.new_key()
        self.assertEqual(self.platform.signed("POST", "/_gantry/master-key/rotate", service="kms")[0], 200)
        self.platform.kill()
        self.platform.start()
        self.assertEqual(self.who(key, secret), "arn:aws:iam::000000000000:user/worker")


if __name__ == "__main__":
    unittest.main()
