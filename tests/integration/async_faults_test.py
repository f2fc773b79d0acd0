"""Asynchronous events and a daemon that is killed at any moment: nothing accepted is lost."""
import json
import random
import tempfile
import threading
import time
import unittest

from support.platform import Platform, create_function, wait_for

CODE = """
import time
def handler(event, context):
    time.sleep(0.02)
    print("DONE", event["n"])
    if event.get("fail"):
        raise ValueError("once more")
    return event["n"]
"""

class Kill(unittest.TestCase):
    def test_killed_at_any_moment(self):
        rng = random.Random(7)
        with tempfile.TemporaryDirectory() as directory:
            accepted, lock = {}, threading.Lock()
            platform = Platform(directory, extra=["--retry-delay", "0", "--keep-alive", "5"])
            platform.start()
            create_function(platform.client(), "work", {"app.py": CODE})
            platform.client().put_function_event_invoke_config(FunctionName="work", MaximumRetryAttempts=1)
            number = 0
            for _ in range(5):
                stop = threading.Event()

                def send():
                    nonlocal number
                    client = platform.client()
                    while not stop.is_set():
                        with lock:
                            number += 1
                            mine = number
                        try:
                            response = client.invoke(
                                FunctionName="work", InvocationType="Event",
                                Payload=json.dumps({"n": mine, "fail": mine % 5 == 0}).encode())
                        except Exception:  # killed meanwhile: not accepted, or nobody knows
                            return
                        with lock:
                            accepted[response["ResponseMetadata"]["RequestId"]] = mine
                        time.sleep(0.02)
                senders = [threading.Thread(target=send) for _ in range(3)]
                for sender in senders:
                    sender.start()
                time.sleep(rng.uniform(0.3, 2.0))
                platform.kill()
                stop.set()
                for sender in senders:
                    sender.join()
                platform.start()
            try:
                # The daemon's own history is on the disk a moment later than the event's end, so what
                # a kill cut off may be missing there; the queue is the truth of what is left to do.
                wait_for(lambda: self.left(directory) == 0, 120, "the queue to be worked off")
                self.assertGreater(len(accepted), 20)
                dead = self.dead(directory)
                failing = {request for request, n in accepted.items() if n % 5 == 0}
                # What failed twice is kept as dead, nothing else is: no event was lost on its way, and
                # none was taken for failed that was only interrupted.
                self.assertEqual(failing - dead, set())
                self.assertEqual(dead & (set(accepted) - failing), set())
            finally:
                platform.stop()

    @staticmethod
    def rows(directory):
        import sqlite3
        connection = sqlite3.connect(f"file:{directory}/data/events.db?mode=ro", uri=True)
        try:
            return [bytes(record) for record, in connection.execute("SELECT record FROM event")]
        finally:
            connection.close()

    def left(self, directory):
        return sum(1 for record in self.rows(directory) if b"RetriesExhausted" not in record)

    def dead(self, directory):
        return {record[2:38].decode() for record in self.rows(directory) if b"RetriesExhausted" in record}

    def test_restart_delivers_what_was_waiting(self):
        with tempfile.TemporaryDirectory() as directory:
            platform = Platform(directory, extra=["--retry-delay", "1"]).start()
            create_function(platform.client(), "slow", {"app.py": CODE.replace("0.02", "60")}, Timeout=90)
            platform.client().invoke(FunctionName="slow", InvocationType="Event", Payload=b'{"n": 1}')
            wait_for(lambda: self.left(directory) == 1, what="the event on the disk")
            platform.kill()
            platform.start()
            self.assertEqual(self.left(directory), 1)
            platform.stop()
            self.assertEqual(self.left(directory), 1)

if __name__ == "__main__":
    unittest.main()
