"""The AWS CLI, as the README tells people to use it: profile gantry and an endpoint."""
import json
import os
import subprocess
import unittest

from support.platform import ROLE, Platform, make_zip


class AwsCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    def aws(self, *arguments, expect=0):
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.platform.directory,
                       "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.platform.data_dir, "credentials"),
                       "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
        done = subprocess.run(["/usr/bin/aws", "--profile", "gantry", "--region", "us-east-1", "--endpoint-url",
                               self.platform.endpoint, "--output", "json", "lambda", *arguments],
                              env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, expect, done.stderr)
        return json.loads(done.stdout) if expect == 0 and done.stdout.strip() else done.stderr

    def test_life_of_a_function(self):
        package = os.path.join(self.platform.directory, "package.zip")
        with open(package, "wb") as file:
            file.write(make_zip({"index.js": "exports.handler = async (event) => ({ sum: event.a + event.b });"}))
        self.aws("create-function", "--function-name", "cli", "--runtime", "nodejs22.x", "--role", ROLE,
                 "--handler", "index.handler", "--zip-file", "fileb://" + package)
        self.aws("wait", "function-active-v2", "--function-name", "cli")
        out = os.path.join(self.platform.directory, "out.json")
        answer = self.aws("invoke", "--function-name", "cli", "--payload", '{"a": 2, "b": 40}',
                          "--cli-binary-format", "raw-in-base64-out", out)
        self.assertEqual(answer["StatusCode"], 200)
        with open(out) as file:
            self.assertEqual(json.load(file), {"sum": 42})
        self.aws("update-function-configuration", "--function-name", "cli", "--timeout", "7")
        self.aws("wait", "function-updated-v2", "--function-name", "cli")
        self.assertEqual(self.aws("publish-version", "--function-name", "cli")["Version"], "1")
        self.aws("create-alias", "--function-name", "cli", "--name", "live", "--function-version", "1")
        self.assertEqual(self.aws("get-alias", "--function-name", "cli", "--name", "live")["FunctionVersion"], "1")
        self.aws("update-function-code", "--function-name", "cli", "--zip-file", "fileb://" + package)
        self.assertEqual([f["FunctionName"] for f in self.aws("list-functions")["Functions"]], ["cli"])
        self.assertIn("ResourceNotFoundException", self.aws("get-function", "--function-name", "nope", expect=254))
        self.aws("delete-function", "--function-name", "cli")
        self.assertEqual(self.aws("list-functions")["Functions"], [])


if __name__ == "__main__":
    unittest.main()
