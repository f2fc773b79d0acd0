"""HTTPS for function URLs and the AWS API: the local authority, and clients that trust it."""
import http.client
import json
import os
import re
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest

from support.platform import Platform, create_function, function_url

CODE = """
def handler(event, context):
    context_of = event["requestContext"]["http"]
    return {"proto": event["headers"]["x-forwarded-proto"], "port": event["headers"]["x-forwarded-port"],
            "ip": context_of["sourceIp"], "size": len(event.get("body") or ""),
            "back": "x" * int((event.get("queryStringParameters") or {}).get("back", 0))}
"""


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


class UrlTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform(extra=["--url-tls", "127.0.0.1:0"])
        cls.start()
        create_function(cls.platform.client(), "web", {"app.py": CODE}, MemorySize=512)
        url = function_url(cls.platform, "web", AuthType="NONE")["FunctionUrl"]
        cls.id = re.match(r"http://([a-z0-9]+)\.lambda-url\.", url).group(1)
        cls.host = f"{cls.id}.lambda-url.us-east-1.localhost"
        cls.authority = os.path.join(cls.platform.data_dir, "tls", "authority.pem")
        cls.key = os.path.join(cls.platform.data_dir, "tls", "authority.key")

    @classmethod
    def tearDownClass(cls):
        cls.platform.__exit__()

    @classmethod
    def start(cls):
        cls.platform.start()
        for line in cls.platform.process.stdout:
            found = re.search(r"https://localhost:(\d+)", line)
            if found:
                cls.port = int(found.group(1))
                return
        raise AssertionError("the banner does not say where HTTPS is")

    def get(self, target="/", body=None, host=None, context=None):
        context = context or ssl.create_default_context(cafile=self.authority)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        # The name goes into SNI, the check of the certificate and the Host header.
        connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 60),
                                              server_hostname=host or self.host)
        try:
            connection.request("POST" if body else "GET", target, body=body,
                               headers={"Host": f"{host or self.host}:{self.port}",
                                        "Content-Type": "text/plain"})
            response = connection.getresponse()
            return response.status, json.loads(response.read()), connection.sock.version()
        finally:
            connection.close()

    def certificate(self):
        with open(self.authority) as file:
            return file.read()

    def test_python(self):
        status, answer, version = self.get()
        self.assertEqual(status, 200)
        self.assertEqual((answer["proto"], answer["port"], answer["ip"]),
                         ("https", str(self.port), "127.0.0.1"))
        self.assertEqual(version, "TLSv1.3")
        for host in ("localhost", "127.0.0.1"):
            self.assertEqual(self.get(f"/lambda-url/{self.id}/", host=host)[0], 200)

    def test_who_does_not_trust_it_is_not_served(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.get(context=ssl.create_default_context())
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.get(host="example.com")
        old = ssl.create_default_context(cafile=self.authority)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(ssl.SSLError):
            self.get(context=old)

    def test_large_bodies(self):
        status, answer, _ = self.get("/?back=3000000", body=b"y" * 4_000_000)
        self.assertEqual((status, answer["size"], len(answer["back"])), (200, 4_000_000, 3_000_000))

    def test_curl(self):
        url = f"https://{self.host}:{self.port}/"
        done = run("curl", "-sS", "--cacert", self.authority, "--resolve",
                   f"{self.host}:{self.port}:127.0.0.1", url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["proto"], "https")
        refused = run("curl", "-sS", "--resolve", f"{self.host}:{self.port}:127.0.0.1", url)
        self.assertEqual(refused.returncode, 60, refused.stderr)  # cannot be authenticated

    def test_node(self):
        script = ("fetch(process.argv[1]).then((r) => r.json())"
                  ".then((j) => console.log(j.proto), (e) => { console.error(e.cause); process.exit(3); })")
        url = f"https://localhost:{self.port}/lambda-url/{self.id}/"
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": self.authority}
        done = run("node", "-e", script, url, env=environment)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, "https"), done.stderr)
        environment.pop("NODE_EXTRA_CA_CERTS")
        self.assertEqual(run("node", "-e", script, url, env=environment).returncode, 3)

    def test_boto3(self):
        import boto3
        key, secret = self.platform.credentials()
        client = boto3.client("lambda", endpoint_url=f"https://localhost:{self.port}",
                              region_name="us-east-1", aws_access_key_id=key,
                              aws_secret_access_key=secret, verify=self.authority)
        self.assertEqual([f["FunctionName"] for f in client.list_functions()["Functions"]], ["web"])

    def test_the_authority_counts_for_this_machine_only(self):
        self.assertEqual(stat.S_IMODE(os.stat(self.key).st_mode), 0o600)
        text = run("openssl", "x509", "-in", self.authority, "-noout", "-text").stdout
        self.assertIn("Name Constraints: critical", text)
        self.assertIn("CA:TRUE, pathlen:0", text)
        with tempfile.TemporaryDirectory() as directory:
            def leaf(name):
                path = os.path.join(directory, "leaf")
                self.assertEqual(run("openssl", "req", "-newkey", "ec", "-pkeyopt",
                                     "ec_paramgen_curve:P-256", "-nodes", "-keyout", path + ".key",
                                     "-out", path + ".csr", "-subj", "/CN=leaf").returncode, 0)
                with open(path + ".ext", "w") as extensions:
                    extensions.write(f"subjectAltName=DNS:{name}\n")
                self.assertEqual(run("openssl", "x509", "-req", "-in", path + ".csr", "-CA",
                                     self.authority, "-CAkey", self.key, "-CAcreateserial",
                                     "-CAserial", path + ".srl", "-days", "1", "-extfile",
                                     path + ".ext", "-out", path + ".pem").returncode, 0)
                return run("openssl", "verify", "-CAfile", self.authority, path + ".pem")
            self.assertEqual(leaf("shop.localhost").returncode, 0)
            refused = leaf("bank.example.com")
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("permitted subtree violation", refused.stdout + refused.stderr)

    def test_what_is_no_handshake_is_dropped(self):
        for words in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 64, b""):
            with socket.create_connection(("127.0.0.1", self.port), 20) as plain:
                plain.sendall(words)
                if words:
                    plain.settimeout(20)
                    try:
                        while plain.recv(4096):
                            pass
                    except ConnectionResetError:
                        pass
        self.assertEqual(self.get()[0], 200)

    def test_z_a_restart_keeps_the_authority(self):
        before = self.certificate()
        self.platform.stop()
        self.start()
        self.assertEqual(self.certificate(), before)
        self.assertEqual(self.get()[0], 200)


if __name__ == "__main__":
    unittest.main()
