"""The bill against an independent computation with Python's decimal, to the last digit."""
import datetime
import json
import os
import sqlite3
import threading
import time
import unittest
import urllib.parse
from decimal import Decimal, getcontext

from support.platform import Platform, create_function, invoke, wait_active, wait_for

getcontext().prec = 80  # nothing here needs more than 60 digits
CODE = """import time
def handler(event, context):
    time.sleep(event.get('ms', 0) / 1000)
    if event.get('fail'):
        raise ValueError('asked for')
    return {'ok': True}
"""
PRICES = json.load(open(os.path.join(os.environ["GANTRY_SOURCE"], "resources/prices/lambda-us-east-1.json")),
                   parse_float=Decimal)


def price(record):
    """The list price of one record in the first tier, from the published prices alone."""
    seconds = Decimal(record["billed_ms"]) / 1000
    tier = PRICES["arm64" if record["architecture"] == "arm64" else "x86_64"]["duration"][0]
    tmp_gb = Decimal(max(record["tmp_mb"] - PRICES["tmp_included_mb"], 0)) / 1024
    beyond = max(record["async_bytes"] - PRICES["async_included_bytes"], 0)
    requests = 1 + -(-beyond // PRICES["async_step_bytes"])
    return (Decimal(PRICES["usd_per_request"]) * requests
            + Decimal(record["memory_mb"]) / 1024 * seconds * Decimal(tier["usd_per_gb_second"])
            + tmp_gb * seconds * Decimal(PRICES["tmp_usd_per_gb_second"]))


def month():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m")


class CostBill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().__enter__()
        client = cls.platform.client()
        create_function(client, "small", {"app.py": CODE}, MemorySize=128, Tags={"team": "blue", "tier": "web"})
        create_function(client, "odd", {"app.py": CODE}, MemorySize=1337, Tags={"team": "red"})
        create_function(client, "roomy", {"app.py": CODE}, MemorySize=512, EphemeralStorage={"Size": 2000})

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def get(self, what, **query):
        status, _, body = self.platform.signed("GET", "/_gantry/cost/" + what, query=query)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def records(self):
        """What observe.db holds, read as any program could."""
        path = os.path.join(self.platform.data_dir, "observe.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute("SELECT * FROM invocations ORDER BY id")]

    def load(self, calls):
        threads = []
        for name in ("small", "odd", "roomy"):
            def run(name=name):
                client = self.platform.client()
                for i in range(calls):
                    invoke(client, name, {"ms": i % 7 * 3, "fail": i % 5 == 4})
            threads.append(threading.Thread(target=run))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def settled(self, at_least=0):
        """Waits until all invocations that were counted are on the disk."""
        return wait_for(lambda: (lambda a: a if a["complete"] and a["invocations"] >= at_least else None)(
            self.audit()), what="the records to be complete")

    def audit(self):
        answer = self.get("audit")
        return {"complete": answer.get("complete", False), "agrees": answer.get("agrees", False),
                "invocations": int(answer.get("invocations", 0)), **answer}

    def check(self):
        records = self.records()
        expected = sum((price(r) for r in records), Decimal(0))
        for record in records:
            self.assertEqual(Decimal(record["cost_usd"]), price(record), record)
            self.assertEqual(record["billed_ms"], -(-(record["duration_us"] + record["init_us"]) // 1000), record)
        audit = self.audit()
        self.assertTrue(audit["agrees"], audit)
        for sum_of in ("recomputedUsd", "recordedUsd", "runningUsd"):
            self.assertEqual(Decimal(audit[sum_of]), expected, sum_of)

        bill = self.get("bill")
        self.assertEqual(bill["month"], month())
        self.assertEqual(Decimal(bill["listedUsd"]), expected)
        self.assertEqual(sum(Decimal(line["listedUsd"]) for line in bill["lines"]), expected)
        self.assertEqual(Decimal(bill["freeUsd"]), sum(Decimal(line.get("freeUsd") or 0) for line in bill["lines"]))
        self.assertEqual(Decimal(bill["dueUsd"]), expected - Decimal(bill["freeUsd"]))
        free_lines = {"requests", "duration-x86", "duration-arm"}
        for line in bill["lines"]:
            if line["item"] in free_lines:  # a test stays far below the free tier
                self.assertEqual(line["freeUsd"], line["listedUsd"], line)
        return records, expected, bill

    def test_1_agrees_while_it_runs(self):
        self.load(30)
        self.assertEqual(self.settled(90)["invocations"], 90)
        records, _, bill = self.check()
        self.assertTrue(any(r["cold"] and r["init_us"] > 0 for r in records))
        self.assertTrue(any(r["error_type"] for r in records))
        requests = next(line for line in bill["lines"] if line["item"] == "requests")
        self.assertEqual(int(requests["quantity"]), 90)
        self.assertIn("tmp-storage", [line["item"] for line in bill["lines"]])

    def test_2_large_asynchronous_events_count_as_several_requests(self):
        def requests():
            lines = self.get("bill")["lines"]
            return sum(int(line["quantity"]) for line in lines if line["item"] == "requests")
        before, count = requests(), self.audit()["invocations"]
        self.platform.client().invoke(FunctionName="small", InvocationType="Event",
                                      Payload=json.dumps({"pad": "x" * 400 * 1024}).encode())
        self.settled(count + 1)
        records, _, _ = self.check()
        self.assertGreater(records[-1]["async_bytes"], 400 * 1024)
        self.assertEqual(requests(), before + 1 + 3)

    def test_2_shares_add_up(self):
        expected, free = Decimal(self.get("bill")["listedUsd"]), Decimal(self.get("bill")["freeUsd"])
        for query in ({"By": "function"}, {"By": "version"}, {"By": "alias"}, {"By": "tenant"},
                      {"By": "tag", "TagKey": "team"}):
            shares = self.get("shares", **query)["shares"]
            self.assertEqual(sum(Decimal(s["listedUsd"]) for s in shares), expected, query)
            self.assertEqual(sum(Decimal(s["freeUsd"]) for s in shares), free, query)
            for share in shares:
                self.assertEqual(Decimal(share["dueUsd"]), Decimal(share["listedUsd"]) - Decimal(share["freeUsd"]))
        by_name = {s.get("name", ""): s for s in self.get("shares", By="function")["shares"]}
        for name in ("small", "odd", "roomy"):
            own = sum((price(r) for r in self.records() if r["function"] == name), Decimal(0))
            self.assertEqual(Decimal(by_name[name]["listedUsd"]), own)
        teams = self.get("shares", By="tag", TagKey="team")
        self.assertEqual({s.get("name", "") for s in teams["shares"]}, {"blue", "red", ""})
        self.assertEqual(sorted(teams["tagKeys"]), ["team", "tier"])
        status, _, body = self.platform.signed("GET", "/_gantry/cost/shares", query={"By": "colour"})
        self.assertEqual(status, 400, body)
        status, _, body = self.platform.signed("GET", "/_gantry/cost/bill", query={"Month": "2026-13"})
        self.assertEqual(status, 400, body)
        self.assertIn(b"2026-11", body)

    def test_3_tags_count_from_when_they_are_set(self):
        client = self.platform.client()
        arn = client.get_function(FunctionName="odd")["Configuration"]["FunctionArn"]
        client.tag_resource(Resource=arn, Tags={"team": "green"})
        invoke(client, "odd")
        self.settled(91)
        teams = {s.get("name", ""): Decimal(s["listedUsd"])
                 for s in self.get("shares", By="tag", TagKey="team")["shares"]}
        self.assertEqual(teams["green"], price(self.records()[-1]))
        self.assertGreater(teams["red"], 0)

    def test_4_survives_a_restart(self):
        before = self.check()[1]
        self.platform.stop()
        self.platform.start()
        self.assertEqual(self.check()[1], before)
        wait_active(self.platform.client(), "small")
        self.load(5)
        self.settled(106)
        self.check()

    def test_5_survives_kill_at_any_moment(self):
        for _ in range(3):
            stop = threading.Event()

            def call():
                try:
                    client = self.platform.client()
                    while not stop.is_set():
                        invoke(client, "small", {"ms": 1})
                except Exception:  # the platform was killed: that is the point
                    pass
            callers = [threading.Thread(target=call) for _ in range(3)]
            for caller in callers:
                caller.start()
            time.sleep(0.7)
            self.platform.kill()
            stop.set()
            for caller in callers:
                caller.join()
            self.platform.start()
            self.check()  # records and running total stopped at the same invocation

    def test_6_an_edited_table_is_used_and_said(self):
        directory = os.path.join(self.platform.data_dir, "prices")
        os.makedirs(directory, exist_ok=True)
        edited = json.loads(json.dumps(PRICES, default=str))
        edited["usd_per_request"] = "0.0001"
        path = os.path.join(directory, "lambda-us-east-1.json")
        with open(path, "w") as file:
            json.dump(edited, file)
        before = Decimal(self.get("bill")["listedUsd"])
        self.platform.stop()
        self.platform.start()
        client = self.platform.client()
        wait_active(client, "small")
        invoke(client, "small")
        last = wait_for(lambda: next((r for r in self.records()[-1:] if Decimal(r["cost_usd"]) > Decimal("0.0001")),
                                     None), what="a call at the new price")
        bill = self.get("bill")
        self.assertTrue(bill["priceEdited"])
        self.assertEqual(Decimal(bill["listedUsd"]), before + Decimal(last["cost_usd"]))
        self.assertEqual(Decimal(last["cost_usd"]), price(last) - Decimal("0.0000002") + Decimal("0.0001"))
        # The lines are worked out with today's table; the rest is named.
        lines = sum(Decimal(line["listedUsd"]) for line in bill["lines"])
        self.assertEqual(lines + Decimal(bill["adjustmentUsd"]), Decimal(bill["listedUsd"]))
        with open(path, "w") as file:
            file.write('{"usd_per_request": ')
        self.platform.stop()
        self.platform.start()
        self.assertFalse(self.get("bill").get("priceEdited", False))
        with open(self.platform.log_path) as log:
            self.assertIn(path, log.read())


if __name__ == "__main__":
    unittest.main()
