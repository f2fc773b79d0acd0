"""AWS's own Node.js runtime interface client as a guest: the Runtime API holds for a client that no
one here wrote. npm fetches it into the build directory, once. Its native part is compiled from its
own sources against the system's libcurl: its install script would build a curl first.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import tarfile
import unittest

from support.platform import Platform, create_function, invoke

VERSION = "3.3.0"  # the newest for Node.js 20
DIRECTORY = os.path.join(os.path.dirname(os.environ["GANTRY_BIN"]), "clients", "aws-lambda-ric-" + VERSION)
PACKAGE = os.path.join(DIRECTORY, "node_modules", "aws-lambda-ric")
ADDON = os.path.join(PACKAGE, "dist", "rapid-client.node")
NODE_HEADERS = "/usr/include/node"
# What must be there, and the Debian package that has it.
NEEDED = {shutil.which("npm"): "npm", shutil.which("g++"): "g++",
          os.path.join(NODE_HEADERS, "node_api.h"): "libnode-dev (or NodeSource's nodejs)"}
UNREACHABLE = r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[134]"

BOOTSTRAP = """#!/bin/sh
exec /usr/bin/node /var/task/node_modules/aws-lambda-ric/bin/index.mjs "$_HANDLER"
"""

HANDLERS = """
exports.echo = async (event, context) => ({ event, id: context.awsRequestId,
    arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() });
exports.fails = async () => { throw new RangeError('from the guest'); };
exports.callback = (event, context, callback) => callback(null, 'called back');
exports.large = async (event) => 'x'.repeat(event);
exports.streams = awslambda.streamifyResponse(async (event, stream) => {
    stream.write('one ');
    stream.write('two');
    stream.end();
});
exports.breaksOff = awslambda.streamifyResponse(async (event, stream) => {
    stream.write('one ');
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new RangeError('mid-stream');
});
exports.logs = async () => { console.log('a line of the guest'); };
"""


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def install():
    """Installs the client unless it is there; skips the test when that is impossible here."""
    if os.path.exists(ADDON):
        return
    missing = [package for path, package in NEEDED.items() if not path or not os.path.exists(path)]
    if missing:
        raise unittest.SkipTest("aws-lambda-ric cannot be built; install " + ", ".join(missing))
    done = run("npm", "install", "--prefix", DIRECTORY, "--ignore-scripts", "--no-audit", "--no-fund",
               "--no-save", "aws-lambda-ric@" + VERSION)
    if done.returncode != 0 and re.search(UNREACHABLE, done.stdout):
        raise unittest.SkipTest("npm cannot reach its registry:\n" + done.stdout[-800:])
    if done.returncode != 0:
        raise AssertionError("npm install aws-lambda-ric failed:\n" + done.stdout[-4000:])
    compile_addon()


def compile_addon():
    dependencies = os.path.join(PACKAGE, "deps")
    [archive] = glob.glob(os.path.join(dependencies, "aws-lambda-cpp-*.tar.gz"))
    with tarfile.open(archive) as tar:
        tar.extractall(dependencies)
    library = archive[:-len(".tar.gz")]
    with open(os.path.join(library, "src", "version.cpp.in")) as template:
        version = re.sub("@[A-Z_]+@", "0", template.read())
    with open(os.path.join(library, "src", "version.cpp"), "w") as file:
        file.write(version)
    sources = [os.path.join(library, "src", name)
               for name in ("runtime.cpp", "logging.cpp", "version.cpp")]
    done = run("g++", "-std=c++17", "-O1", "-w", "-fPIC", "-shared", "-o", ADDON + ".new",
               "-DNODE_GYP_MODULE_NAME=rapid-client", "-DNAPI_CPP_EXCEPTIONS",
               "-I" + os.path.join(DIRECTORY, "node_modules", "node-addon-api"), "-I" + NODE_HEADERS,
               "-I" + os.path.join(library, "include"),
               os.path.join(PACKAGE, "src", "rapid-client.cc"), *sources, "-lcurl")
    if done.returncode != 0:
        raise AssertionError("compiling aws-lambda-ric failed:\n" + done.stdout[-4000:])
    os.rename(ADDON + ".new", ADDON)


def package():
    files = {"bootstrap": (BOOTSTRAP, 0o755), "index.js": HANDLERS}
    for folder in ("", "bin", "dist"):
        for name in sorted(os.listdir(os.path.join(PACKAGE, folder))):
            path = os.path.join(PACKAGE, folder, name)
            if os.path.isfile(path) and not name.endswith((".md", ".ts", ".mts")):
                with open(path, "rb") as file:
                    files[os.path.join("node_modules/aws-lambda-ric", folder, name)] = file.read()
    return files


class LambdaRicTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(DIRECTORY, exist_ok=True)
        with open(os.path.join(DIRECTORY, "lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            install()
        cls.platform = Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.platform.client()
        cls.files = package()

    def function(self, handler):
        name = "ric-" + handler
        create_function(self.client, name, self.files, runtime="provided.al2023",
                        handler="index." + handler, MemorySize=512)
        return name

    def test_event_and_context(self):
        name = self.function("echo")
        for turn in range(5):
            answer, response = invoke(self.client, name, {"turn": turn, "text": "é"})
            self.assertNotIn("FunctionError", response)
            self.assertEqual(answer["event"], {"turn": turn, "text": "é"})
            self.assertEqual(answer["id"], response["ResponseMetadata"]["RequestId"])
            self.assertTrue(answer["arn"].endswith(":function:" + name))
            self.assertGreater(answer["left"], 0)

    def test_error(self):
        name = self.function("fails")
        for _ in range(2):
            answer, response = invoke(self.client, name)
            self.assertEqual(response["FunctionError"], "Unhandled")
            self.assertEqual((answer["errorType"], answer["errorMessage"]),
                             ("RangeError", "from the guest"))
            self.assertIn("/var/task/index.js", "".join(answer["trace"]))

    def test_callback(self):
        self.assertEqual(invoke(self.client, self.function("callback"))[0], "called back")

    def test_large_response(self):
        name = self.function("large")
        self.assertEqual(len(invoke(self.client, name, 6 * 1024 * 1024)[0]), 6 * 1024 * 1024)
        answer, response = invoke(self.client, name, 7 * 1024 * 1024)
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(answer["errorType"], "Function.ResponseSizeTooLarge")
        self.assertEqual(invoke(self.client, name, 3)[0], "xxx")

    def test_stream_is_collected(self):
        response = self.client.invoke(FunctionName=self.function("streams"), Payload=b"{}")
        self.assertEqual(response["Payload"].read(), b"one two")

    def test_broken_stream(self):
        answer, response = invoke(self.client, self.function("breaksOff"))
        self.assertEqual(response["FunctionError"], "Unhandled")
        self.assertEqual(answer["errorMessage"], "mid-stream")

    def test_log(self):
        import base64
        response = self.client.invoke(FunctionName=self.function("logs"), Payload=b"{}", LogType="Tail")
        self.assertIn("a line of the guest", base64.b64decode(response["LogResult"]).decode())


if __name__ == "__main__":
    unittest.main()
