"""Packages for the other architecture: emulated where qemu is there, else told what to install."""
import os
import platform as host
import shutil
import subprocess
import tempfile
import unittest

from support.platform import Platform, create_function, invoke, wait_for

SOURCE = os.path.join(os.path.dirname(__file__), "..", "..", "resources", "blueprints", "hello-go")
OTHER = "x86_64" if host.machine() == "aarch64" else "arm64"
EMULATOR = "x86_64" if OTHER == "x86_64" else "aarch64"


def elf(architecture):
    machine = {"arm64": 0xB7, "x86_64": 0x3E}[architecture]
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + machine.to_bytes(2, "little") + bytes(44)


def emulated():
    return any(os.access(f"/usr/bin/qemu-{EMULATOR}{suffix}", os.X_OK) for suffix in ("-static", ""))


class OtherArchitecture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.client = cls.platform.client()

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.platform.__exit__()

    def log(self):
        with open(self.platform.log_path) as file:
            return file.read()

    def test_a_native_file_for_another_processor_is_named(self):
        create_function(self.client, "wrong", {"app.py": "def handler(e, c): return 1\n",
                                               "lib/fast.so": elf(OTHER)})
        wait_for(lambda: "lib/fast.so in its package is built for " + OTHER in self.log(), 10,
                 "the warning")
        create_function(self.client, "right", {"app.py": "def handler(e, c): return 1\n",
                                               "lib/slow.so": elf(OTHER)}, Architectures=[OTHER])
        self.assertEqual(invoke(self.client, "right")[0], 1)  # an interpreter is the host's own
        self.assertNotIn("slow.so", self.log())

    @unittest.skipIf(emulated(), "an emulator is installed")
    def test_says_what_to_install(self):
        create_function(self.client, "needy", {"bootstrap": (elf(OTHER), 0o755)},
                        "provided.al2023", Architectures=[OTHER])
        payload, _ = invoke(self.client, "needy")
        self.assertIn("install the Debian package qemu-user-static", payload["errorMessage"])

    @unittest.skipUnless(emulated(), "no emulator is installed")
    @unittest.skipUnless(shutil.which("go"), "no Go compiler is installed")
    def test_runs_emulated(self):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "bootstrap")
            goarch = {"arm64": "arm64", "x86_64": "amd64"}[OTHER]
            subprocess.run(["go", "build", "-o", program, "main.go"], cwd=SOURCE, check=True,
                           env={**os.environ, "GOARCH": goarch, "CGO_ENABLED": "0", "GOFLAGS": "",
                                "GOCACHE": os.path.join(folder, "cache"), "GO111MODULE": "off"})
            with open(program, "rb") as file:
                package = {"bootstrap": (file.read(), 0o755)}
        create_function(self.client, "foreign", package, "provided.al2023", Architectures=[OTHER],
                        MemorySize=512, Timeout=60)
        answer, response = invoke(self.client, "foreign", {"name": "qemu"})
        self.assertNotIn("FunctionError", response, answer)
        self.assertEqual(answer, {"message": "Hello, qemu!"})


if __name__ == "__main__":
    unittest.main()
