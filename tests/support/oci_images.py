"""Tiny container images, built by hand: no network, no tools."""
import gzip
import hashlib
import io
import json
import os
import tarfile

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry(name, content=b"", mode=0o644, kind=tarfile.REGTYPE, target=""):
    """One entry of a layer: (TarInfo, content)."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, mode, target
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def tar_of(entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content) if info.type == tarfile.REGTYPE else None)
    return buffer.getvalue()


class Image:
    """Layers are uncompressed tars; compress turns one into (bytes, media type)."""

    def __init__(self, layers, config=None, architecture="amd64", compress=None):
        compress = compress or (lambda tar: (gzip.compress(tar, 1), OCI_LAYER + "+gzip"))
        self.blobs = {}
        descriptors = []
        for tar in layers:
            data, media_type = compress(tar)
            descriptors.append(self.add(data, media_type))
        self.config = json.dumps({
            "architecture": architecture, "os": "linux", "config": config or {},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in layers]}}).encode()
        self.manifest = json.dumps({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": self.add(self.config, OCI_CONFIG),
            "layers": descriptors}).encode()
        self.digest = digest_of(self.manifest)

    def add(self, data, media_type):
        self.blobs[digest_of(data)] = data
        return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}

    def oci_archive(self, path, name="latest"):
        index = json.dumps({"schemaVersion": 2, "manifests": [{
            "mediaType": OCI_MANIFEST, "digest": self.digest, "size": len(self.manifest),
            "annotations": {"org.opencontainers.image.ref.name": name}}]}).encode()
        files = [entry("oci-layout", b'{"imageLayoutVersion": "1.0.0"}'), entry("index.json", index)]
        for digest, data in {**self.blobs, self.digest: self.manifest}.items():
            files.append(entry("blobs/sha256/" + digest[7:], data))
        with open(path, "wb") as file:
            file.write(tar_of(files))
        return path


# A runtime in the shell: echoes events with what it sees of its environment.
BOOTSTRAP = r"""#!/bin/sh
[ "$1" = fail ] && exit 3
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  wget -q -S -O /tmp/event "$api/next" 2>/tmp/head
  id=$(sed -n 's/.*[Aa]mazon-[Rr]equest-[Ii]d: *//Ip' /tmp/head; sed -n 's/.*[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: *//Ip' /tmp/head)
  id=$(echo "$id" | tr -d '\r' | tail -1)
  printf '{"event":%s,"args":"%s","cwd":"%s","greeting":"%s","handler":"%s","uid":"%s","root":"%s","files":"%s"}' \
    "$(cat /tmp/event)" "$*" "$(pwd)" "$GREETING" "${_HANDLER-unset}" "$(id -u)" "$(ls / | tr '\n' ' ')" "$(cat /data/* 2>/dev/null | tr '\n' ' ')" > /tmp/answer
  wget -q -O /dev/null --post-file=/tmp/answer "$api/$id/response"
done
"""


def busybox():
    """Debian's static one; None where it is not installed."""
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.path.exists(path):
            with open(path, "rb") as file:
                return file.read()
    return None


def shell_layer():
    links = [entry("bin/" + name, kind=tarfile.SYMTYPE, target="busybox")
             for name in ("sh", "wget", "sed", "cat", "printf", "tr", "tail", "echo", "pwd", "id", "ls", "touch", "sleep")]
    return tar_of([entry("bin", kind=tarfile.DIRTYPE, mode=0o755), entry("bin/busybox", busybox(), 0o755),
                   *links, entry("work", kind=tarfile.DIRTYPE, mode=0o755),
                   entry("data", kind=tarfile.DIRTYPE, mode=0o755),
                   entry("data/lower", b"lower\n"), entry("runtime.sh", BOOTSTRAP.encode(), 0o755)])


def shell_image(extra_layers=(), config=None, **options):
    return Image([shell_layer(), *extra_layers],
                 {"Entrypoint": ["/runtime.sh"], "Cmd": ["app.handler"], "Env": ["GREETING=hello", "PATH=/bin"],
                  "WorkingDir": "/work", **(config or {})}, **options)
