"""A real gantryd for a test: its own data directory, free ports, stopped at the end."""
import configparser
import io
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
import zipfile

BIN = os.environ["GANTRY_BIN"]
ROLE = "arn:aws:iam::000000000000:role/test"


def make_zip(files):
    """A deployment package of {name: text or bytes or (content, mode)}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            content, mode = content if isinstance(content, tuple) else (content, 0o644)
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100000 | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


def wait_for(condition, seconds=30, what="the condition"):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds} s")


class Platform:
    """Starts the daemon; use as a context manager or call start and stop."""

    def __init__(self, data_dir=None, extra=(), master_key="file"):
        self.master_key = master_key  # where: never in the keyring of whoever runs the tests
        self.own_dir = data_dir is None
        self.directory = data_dir or tempfile.mkdtemp(prefix="gantry-test-")
        self.data_dir = os.path.join(self.directory, "data")
        self.socket = os.path.join(self.directory, "grpc.sock")
        self.extra = list(extra)
        self.process = None
        self.endpoint = None
        self.log_path = os.path.join(self.directory, "gantryd.log")

    def command(self):
        return [os.path.join(BIN, "gantryd"), "--data-dir", self.data_dir, "--aws", "127.0.0.1:0",
                "--grpc", "unix:" + self.socket, "--master-key", self.master_key, *self.extra]

    def start(self):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        # The daemon prints where it listens once it serves.
        for line in self.process.stdout:
            found = re.search(r"(http://127\.0\.0\.1:\d+)", line)
            if found:
                self.endpoint = found.group(1)
                return self
        raise AssertionError("gantryd ended with "
                             f"{self.process.wait()}:\n{open(self.log_path).read()}")

    def stop(self, sig=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("gantryd did not stop within 20 s")
        if self.process:
            self.process.stdout.close()
        code = self.process.returncode if self.process else None
        self.process = None
        return code

    def kill(self):
        self.stop(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            if self.own_dir:
                shutil.rmtree(self.directory, ignore_errors=True)

    # Credentials and clients

    def credentials(self):
        parser = configparser.ConfigParser()
        parser.read(os.path.join(self.data_dir, "credentials"))
        return parser["gantry"]["aws_access_key_id"], parser["gantry"]["aws_secret_access_key"]

    def client(self, service="lambda", retries=0, timeout=60):
        import boto3
        from botocore.config import Config
        key, secret = self.credentials()
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1",
                            aws_access_key_id=key, aws_secret_access_key=secret,
                            config=Config(retries={"max_attempts": retries}, read_timeout=timeout,
                                          parameter_validation=False))

    def signed(self, method, path, body=b"", headers=None, query=None, service="lambda"):
        """A signed request by hand: (status, headers, body)."""
        import http.client
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        key, secret = self.credentials()
        url = self.endpoint + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
        SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
        return self.plain(method, url[len(self.endpoint):], body, dict(request.headers))

    def plain(self, method, target, body=b"", headers=None):
        import http.client
        connection = http.client.HTTPConnection(self.endpoint[len("http://"):], timeout=60)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()


def create_function(client, name, files, runtime="python3.11", handler="app.handler", **options):
    """Creates a function and waits until it is active."""
    arguments = dict(FunctionName=name, Runtime=runtime, Handler=handler, Role=ROLE,
                     Code={"ZipFile": make_zip(files)}, Timeout=10, MemorySize=256)
    arguments.update(options)
    created = client.create_function(**arguments)
    wait_active(client, name)
    return created


def wait_active(client, name):
    def active():
        configuration = client.get_function_configuration(FunctionName=name)
        if configuration["State"] == "Failed" or configuration.get("LastUpdateStatus") == "Failed":
            raise AssertionError(f"{name} failed: {configuration}")
        return configuration["State"] == "Active" and configuration["LastUpdateStatus"] == "Successful"
    wait_for(active, what=f"{name} to become active")


def invoke(client, name, event=None, **options):
    """Invokes and returns (payload as JSON, the whole response)."""
    response = client.invoke(FunctionName=name, Payload=json.dumps({} if event is None else event).encode(),
                             **options)
    text = response["Payload"].read()
    return (json.loads(text) if text else None), response


def function_url(platform, name, method="POST", **members):
    """Creates (or, with PUT, changes) a function URL by hand: Debian's boto3 does not know InvokeMode."""
    status, _, body = platform.signed(method, f"/2021-10-31/functions/{name}/url",
                                      json.dumps(members).encode())
    if status not in (200, 201):
        raise AssertionError(f"{method} of a URL for {name}: {status} {body}")
    return json.loads(body)
