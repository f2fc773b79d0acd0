"""A publisher who signs deployment packages with openssl."""
import hashlib
import os
import subprocess
import tempfile

from support.platform import make_zip


def run(*command, **options):
    subprocess.run(command, check=True, capture_output=True, **options)


class Signer:
    """A key with a certificate, as a publisher has it."""

    def __init__(self, directory, days=365):
        self.key = os.path.join(directory, "key.pem")
        self.certificate = os.path.join(directory, "certificate.pem")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=publisher",
            "-days", str(days), "-keyout", self.key, "-out", self.certificate)

    def sign(self, files):
        listed = "".join(f"{hashlib.sha256(content.encode()).hexdigest()}  {name}\n"
                         for name, content in files.items())
        with tempfile.TemporaryDirectory() as directory:
            source, target = os.path.join(directory, "list"), os.path.join(directory, "signature")
            with open(source, "w") as file:
                file.write(listed)
            run("openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", source,
                "-out", target, "-signer", self.certificate, "-inkey", self.key)
            with open(target, "rb") as file:
                return file.read()

    def package(self, files, listed=None):
        return make_zip(dict(files, **{"META-INF/signature.p7s": self.sign(listed or files)}))
