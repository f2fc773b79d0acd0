"""What test functions bring along to call AWS services from inside their environment, which has
nothing but its language's library: a client of a few lines, and the real SDKs."""
import glob
import os
import re
import shutil
import unittest

BOTO3_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
BOTO3_SERVICES = ("secretsmanager", "sts", "ssm", "kms")

# aws.py: signs by hand, so that a test can get every part of it wrong.
AWS = '''
import datetime, hashlib, hmac, json, os, urllib.error, urllib.request

class AwsError(RuntimeError):
    pass

def signed(service, headers, data, method="POST", path="/", key=None, secret=None, token=None, skew=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=skew)
    now = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "host": os.environ["AWS_ENDPOINT_URL"][len("http://"):], "x-amz-date": now,
               "x-amz-security-token": token or os.environ["AWS_SESSION_TOKEN"]}
    names = ";".join(sorted(headers))
    canonical = "\\n".join([method, path, "", *[f"{n}:{headers[n]}" for n in sorted(headers)], "", names,
                           hashlib.sha256(data).hexdigest()])
    scope = f"{now[:8]}/{os.environ['AWS_REGION']}/{service}/aws4_request"
    text = "\\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    mac = ("AWS4" + (secret or os.environ["AWS_SECRET_ACCESS_KEY"])).encode()
    for part in scope.split("/"):
        mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(mac, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key or os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}")
    return headers

def send(headers, data, method="POST", path="/"):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, data=data, headers=headers,
                                     method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise AwsError(f"{error.code} {error.headers.get('x-amzn-errortype', '')} {error.read().decode()}")

def call(service, target, body, **wrong):
    data = json.dumps(body).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    return json.loads(send(signed(service, headers, data, **wrong), data) or "{}")

def secrets(operation, **body):
    return call("secretsmanager", "secretsmanager." + operation, body)

def identity():
    data = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return send(signed("sts", headers, data), data)
'''


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
    secrets_js_test.install()
    return tree(secrets_js_test.DIRECTORY,
                lambda name: name.startswith("node_modules/") and "/dist-es/" not in name and
                "/dist-types/" not in name and not name.endswith((".md", ".map", ".ts")))
