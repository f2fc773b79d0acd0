"""Packages that npm fetches into the build directory, once."""
import fcntl
import os
import re
import shutil
import subprocess
import unittest

UNREACHABLE = r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|E40[134]"


def install(name, packages):
    """Installs {package: version} unless they are there; gives their node_modules. Skips the test when npm is missing
    or cannot reach its registry."""
    directory = os.path.join(os.path.dirname(os.environ["GANTRY_BIN"]), "clients", name)
    modules = os.path.join(directory, "node_modules")
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is missing")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all(os.path.exists(os.path.join(modules, *package.split("/"), "package.json")) for package in packages):
            return modules
        done = subprocess.run(["npm", "install", "--prefix", directory, "--ignore-scripts", "--no-audit", "--no-fund",
                               "--no-save", *(f"{package}@{version}" for package, version in packages.items())],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0 and re.search(UNREACHABLE, done.stdout):
        raise unittest.SkipTest("npm cannot reach its registry:\n" + done.stdout[-800:])
    if done.returncode != 0:
        raise AssertionError("npm install failed:\n" + done.stdout[-4000:])
    return modules
