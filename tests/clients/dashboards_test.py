"""CloudWatch dashboards as boto3 and the AWS CLI use them: over the query protocol and over JSON."""
import json
import os
import subprocess
import unittest

from support.platform import Platform

BODY = json.dumps({"widgets": [
    {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {
        "metrics": [["AWS/Lambda", "Invocations", "FunctionName", "hello & <co>"]], "view": "timeSeries",
        "region": "us-east-1", "stat": "Sum", "period": 60, "title": "Ünicode + 100 %"}}]})


class Dashboards(unittest.TestCase):
    def setUp(self):
        self.platform = Platform().start()
        self.addCleanup(self.platform.__exit__)
        self.client = self.platform.client("cloudwatch")

    def code(self, call, **arguments):
        with self.assertRaises(self.client.exceptions.ClientError) as caught:
            call(**arguments)
        return caught.exception.response["Error"]["Code"]

    def names(self, **arguments):
        return [e["DashboardName"] for e in self.client.list_dashboards(**arguments)["DashboardEntries"]]

    def aws(self, *arguments):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory,
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        done = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url",
                               self.platform.endpoint, "--output", "json", "cloudwatch", *arguments],
                              env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def test_put_get_list_delete(self):
        self.assertEqual(self.names(), [])
        self.assertEqual(self.client.put_dashboard(DashboardName="shop", DashboardBody=BODY)
                         .get("DashboardValidationMessages", []), [])
        self.client.put_dashboard(DashboardName="sh_p", DashboardBody='{"widgets": []}')
        answer = self.client.get_dashboard(DashboardName="shop")
        self.assertEqual(answer["DashboardBody"], BODY)
        self.assertRegex(answer["DashboardArn"], r"^arn:aws:cloudwatch::\d{12}:dashboard/shop$")
        self.assertEqual(self.names(), ["sh_p", "shop"])
        # An underscore stands for itself.
        self.assertEqual(self.names(DashboardNamePrefix="sh_"), ["sh_p"])
        entry = self.client.list_dashboards(DashboardNamePrefix="shop")["DashboardEntries"][0]
        self.assertEqual(entry["Size"], len(BODY.encode()))

        # One that is not there, and none of them goes.
        self.assertEqual(self.code(self.client.delete_dashboards, DashboardNames=["shop", "nobody"]),
                         "ResourceNotFound")
        self.assertEqual(self.names(), ["sh_p", "shop"])
        self.client.delete_dashboards(DashboardNames=["shop"])
        self.assertEqual(self.code(self.client.get_dashboard, DashboardName="shop"), "ResourceNotFound")

    def test_bodies_are_checked(self):
        for body in ("", "no json", "[]", "{}", '{"widgets": 1}', '{"widgets": [1]}', '{"widgets": [{}]}',
                     '{"widgets": ' + "[" * 5000, json.dumps({"widgets": [{"type": "text"}] * 501}),
                     '{"widgets": [], "x": "' + "x" * 1_048_576 + '"}'):
            self.assertIn(self.code(self.client.put_dashboard, DashboardName="bad", DashboardBody=body),
                          ("InvalidParameterInput", "MissingParameter"), body[:80])
        for name in ("a b", "a/b", "ä", "x" * 256):
            self.assertEqual(self.code(self.client.put_dashboard, DashboardName=name, DashboardBody=BODY),
                             "InvalidParameterInput")
        self.assertEqual(self.names(), [])
        # What is only strange is kept and said.
        [message] = self.client.put_dashboard(
            DashboardName="odd", DashboardBody='{"widgets": [{"type": "hologram", "properties": {}}]}'
        )["DashboardValidationMessages"]
        self.assertEqual(message["DataPath"], "/widgets/0/type")

    def test_command_line_json_and_restart(self):
        path = os.path.join(self.platform.directory, "body.json")
        with open(path, "w") as file:
            file.write(BODY)
        self.aws("put-dashboard", "--dashboard-name", "cli", "--dashboard-body", "file://" + path)
        status, _, answer = self.platform.signed(
            "POST", "/", json.dumps({"DashboardName": "cli"}).encode(),
            {"X-Amz-Target": "GraniteServiceVersion20100801.GetDashboard",
             "Content-Type": "application/x-amz-json-1.0"}, service="monitoring")
        self.assertEqual((status, json.loads(answer)["DashboardBody"]), (200, BODY))
        self.platform.stop()
        self.platform.start()
        self.client = self.platform.client("cloudwatch")
        self.assertEqual(json.loads(self.aws("get-dashboard", "--dashboard-name", "cli")["DashboardBody"]),
                         json.loads(BODY))
        self.aws("delete-dashboards", "--dashboard-names", "cli")
        self.assertEqual(self.aws("list-dashboards")["DashboardEntries"], [])


if __name__ == "__main__":
    unittest.main()
