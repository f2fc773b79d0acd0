"""Rule 2 of CONTRIBUTING.md: a folder includes only folders below it, and heavy headers stay home."""
import os
import re
import unittest

SOURCE = os.environ["GANTRY_SOURCE"]
BACKEND = ["base", "store", "keys", "images", "sandbox", "runtime", "functions", "invoke", "observe", "iam", "secrets", "cost",
           "queues", "tuning", "api", "wire", "daemon"]
UI = ["rpc", "models", "charts", "widgets", "pages", "shell"]


def sources(*roots):
    for root in roots:
        for folder, _, names in os.walk(os.path.join(SOURCE, root)):
            for name in names:
                if name.endswith((".h", ".cpp")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, SOURCE), re.findall(r'^#\s*include\s+["<]([^">]+)[">]', file.read(), re.M)


class Floors(unittest.TestCase):
    def check_floors(self, root, floors):
        wrong = []
        for path, includes in sources(root):
            parts = path.split("/")
            if len(parts) < 3:
                continue
            self.assertIn(parts[1], floors, f"{path} is on no floor: add the folder to this test")
            for include in includes:
                target = include.split("/")
                if target[0] == root and len(target) > 2 and floors.index(target[1]) > floors.index(parts[1]):
                    wrong.append(f"{path} includes {include}")
        self.assertEqual(wrong, [])

    def test_backend_floors(self):
        self.check_floors("backend", BACKEND)

    def test_console_floors(self):
        self.check_floors("ui", UI)

    def test_console_and_backend_are_apart(self):
        for path, includes in sources("ui", "app"):
            self.assertFalse([i for i in includes if i.startswith("backend/")], path)
        for path, includes in sources("backend"):
            self.assertFalse([i for i in includes if i.startswith("ui/") or re.match(r"Q[A-Z]", i)], path)

    def test_pricing_is_of_neither(self):
        for path, includes in sources("pricing"):
            self.assertFalse([i for i in includes if i.startswith(("backend/", "ui/")) or re.match(r"Q[A-Z]", i)], path)

    def test_heavy_headers_stay_home(self):
        for path, includes in sources("ui", "app", "backend"):
            for include in includes:
                if include.startswith("grpcpp/") and path != "ui/rpc/call.h":
                    self.assertTrue(path.startswith(("backend/wire/", "ui/rpc/")), f"{path}: {include}")
                if include.startswith("boost/beast"):
                    self.assertTrue(path.startswith(("backend/wire/", "backend/runtime/")) or
                                    path == "backend/base/asio_impl.cpp", f"{path}: {include}")
                if include == "qcustomplot.h":
                    self.assertTrue(path.startswith("ui/charts/"), f"{path}: {include}")

    def test_protobuf_stays_in_rpc(self):
        for path, includes in sources("ui", "app"):
            if not path.startswith("ui/rpc/"):
                self.assertFalse([i for i in includes if i.endswith(".pb.h")], path)


if __name__ == "__main__":
    unittest.main()
