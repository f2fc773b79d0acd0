"""What test functions bring along to call AWS services from inside their environment, which has
nothing but its language's library: a client of a few lines, and the real SDKs."""
import glob
import os
import re
import shutil
import unittest

BOTO3_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
BOTO3_SERVICES = ("secretsmanager", "sts", "ssm", "kms")

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "aws.py"), encoding="utf-8") as file:
    AWS = file.read()


def tree(root, keep, pattern="**"):
    """{name: bytes} of a directory, for make_zip."""
    files = {}
    for path in glob.glob(os.path.join(root, pattern), recursive=True):
        name = os.path.relpath(path, root)
        if os.path.isfile(path) and keep(name):
            with open(path, "rb") as file:
                files[name] = file.read()
    return files


def boto3_files():
    """Debian's boto3 with the services named above. It is from before AWS_ENDPOINT_URL was known."""
    import boto3

    def keep(name):
        data = re.match(r"botocore/data/([^/]+)/", name)
        return (name.split("/")[0] in BOTO3_PACKAGES and "__pycache__" not in name and
                (not data or data.group(1) in BOTO3_SERVICES))
    root = os.path.dirname(os.path.dirname(boto3.__file__))
    return {name: content for package in BOTO3_PACKAGES
            for name, content in tree(root, keep, package + ("" if package.endswith(".py") else "/**")).items()}


def node_sdk_files():
    """The SDK for JavaScript's client for Secrets Manager and what it needs."""
    if not shutil.which("node"):
        raise unittest.SkipTest("node is missing")
    from clients import secrets_js_test
    return tree(os.path.dirname(secrets_js_test.install_sdk()),
                lambda name: name.startswith("node_modules/") and "/dist-es/" not in name and
                "/dist-types/" not in name and not name.endswith((".md", ".map", ".ts")))
