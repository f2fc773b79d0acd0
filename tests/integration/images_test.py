"""Container images as a user has them: pushed with skopeo, deployed by digest and tag, run."""
import base64
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from botocore.exceptions import ClientError

from support import oci_images
from support.oci_images import Image, entry, shell_image, tar_of
from support.platform import ROLE, Platform, create_function, invoke, wait_active, wait_for

SKOPEO = shutil.which("skopeo")



@unittest.skipUnless(SKOPEO and oci_images.busybox(), "needs Debian's skopeo and busybox-static")
class Images(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.platform = Platform().start()
        cls.addClassCleanup(cls.platform.__exit__)
        cls.client = cls.platform.client()
        cls.ecr = cls.platform.client("ecr")
        cls.directory = tempfile.mkdtemp(prefix="gantry-images-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        cls.host = cls.platform.endpoint[len("http://"):]

    # What a user does

    def password(self):
        data = self.ecr.get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        self.assertEqual(user, "AWS")
        self.assertTrue(data["proxyEndpoint"].endswith(self.host))
        return password

    def skopeo(self, *arguments, check=True):
        done = subprocess.run([SKOPEO, "--insecure-policy", *arguments], capture_output=True, text=True,
                              timeout=120, env={**os.environ, "HOME": self.directory})
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def push(self, image, name, *options):
        path = image.oci_archive(os.path.join(self.directory, "image.tar"))
        self.skopeo("copy", "--dest-tls-verify=false", "--dest-creds", "AWS:" + self.password(), *options,
                    "oci-archive:" + path, f"docker://{self.host}/{name}")
        return image

    def create(self, name, uri, **options):
        created = self.client.create_function(
            FunctionName=name, Role=ROLE, PackageType="Image", Code={"ImageUri": uri},
            **{"Timeout": 20, "MemorySize": 256, **options})
        wait_active(self.client, name)
        return created

    def refused(self, call, *words, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def request(self, method, path, body=b"", headers=None, password=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        login = base64.b64encode(f"AWS:{password or self.password()}".encode()).decode()
        connection.request(method, path, body=body, headers={"Authorization": "Basic " + login, **(headers or {})})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), data

    # Running

    def test_a_pushed_image_runs(self):
        upper = tar_of([entry("data/upper", b"upper\n"), entry("data/.wh.lower")])
        image = self.push(shell_image([upper]), "run:v1")
        created = self.create("run", f"{self.host}/run:v1", Environment={"Variables": {"OTHER": "x"}})
        self.assertEqual(created["PackageType"], "Image")
        self.assertEqual(created["CodeSha256"], image.digest[7:])
        for missing in ("Runtime", "Handler", "ImageConfigResponse"):
            self.assertNotIn(missing, created)
        answer, response = invoke(self.client, "run", {"n": 1})
        self.assertNotIn("FunctionError", response)
        self.assertEqual(answer["event"], {"n": 1})
        self.assertEqual((answer["args"], answer["cwd"], answer["greeting"], answer["handler"]),
                         ("app.handler", "/work", "hello", "unset"))
        self.assertEqual(answer["files"].split(), ["upper"])
        self.assertNotEqual(answer["uid"], "0")
        self.assertNotIn("usr", answer["root"].split())  # nothing of the host
        code = self.client.get_function(FunctionName="run")["Code"]
        self.assertEqual(code, {"RepositoryType": "ECR", "ImageUri": f"{self.host}/run:v1",
                                "ResolvedImageUri": f"{self.host}/run@{image.digest}"})

    def test_image_config_overrides(self):
        self.push(shell_image(), "config:v1")
        config = {"EntryPoint": ["sh", "/runtime.sh"], "Command": ["other.handler", "more"], "WorkingDirectory": "/data"}
        created = self.create("config", "config:v1", ImageConfig=config,
                              Environment={"Variables": {"GREETING": "own"}})
        self.assertEqual(created["ImageConfigResponse"], {"ImageConfig": config})
        answer, _ = invoke(self.client, "config")
        self.assertEqual((answer["args"], answer["cwd"], answer["greeting"]), ("other.handler more", "/data", "own"))
        self.client.update_function_configuration(FunctionName="config", ImageConfig={"Command": ["third"]})
        wait_active(self.client, "config")
        answer, _ = invoke(self.client, "config")
        self.assertEqual((answer["args"], answer["cwd"]), ("third", "/work"))

    def test_update_and_versions(self):
        first = self.push(shell_image(), "update:v1")
        self.create("update", "update:v1")
        version = self.client.publish_version(FunctionName="update")["Version"]
        second = self.push(shell_image([tar_of([entry("data/second", b"second\n")])]), "update:v1")
        # The tag moved; the function has what it was made of until it is updated.
        self.assertEqual(invoke(self.client, "update")[0]["files"].split(), ["lower"])
        dry = self.client.update_function_code(FunctionName="update", ImageUri="update:v1", DryRun=True)
        self.assertEqual(dry["CodeSha256"], second.digest[7:])
        updated = self.client.update_function_code(FunctionName="update", ImageUri="update:v1")
        self.assertEqual(updated["CodeSha256"], second.digest[7:])
        wait_active(self.client, "update")
        self.assertEqual(invoke(self.client, "update")[0]["files"].split(), ["lower", "second"])
        self.assertEqual(invoke(self.client, "update", Qualifier=version)[0]["files"].split(), ["lower"])
        by_digest = f"{self.host}/update@{first.digest}"
        self.client.update_function_code(FunctionName="update", ImageUri=by_digest)
        wait_active(self.client, "update")
        self.assertEqual(invoke(self.client, "update")[0]["files"].split(), ["lower"])

    def test_zstd_layers(self):
        if not shutil.which("zstd"):
            self.skipTest("no zstd")
        compress = lambda tar: (subprocess.run(["zstd", "-q", "-c"], input=tar, stdout=subprocess.PIPE, check=True).stdout,
                                oci_images.OCI_LAYER + "+zstd")
        self.push(shell_image(compress=compress), "zstd:v1")
        self.create("zstd", "zstd:v1")
        self.assertEqual(invoke(self.client, "zstd")[0]["greeting"], "hello")

    def test_what_cannot_start_says_why(self):
        self.push(shell_image(), "broken:v1")
        cases = {"missing": ({"EntryPoint": ["nothing-here"]}, "Runtime.InvalidEntrypoint", "not found in $PATH"),
                 "path": ({"EntryPoint": ["/work"]}, "Runtime.InvalidEntrypoint", "no such executable"),
                 "directory": ({"WorkingDirectory": "/nowhere"}, "Runtime.InvalidWorkingDir", "/nowhere"),
                 "exits": ({"Command": ["fail"]}, "Runtime.ExitError", "exit status 3")}
        for name, (config, kind, words) in cases.items():
            with self.subTest(name):
                self.create("broken-" + name, "broken:v1", ImageConfig=config)
                answer, response = invoke(self.client, "broken-" + name)
                self.assertIn("FunctionError", response)
                self.assertEqual(answer["errorType"], kind)
                self.assertIn(words, answer["errorMessage"])
        foreign = bytearray(oci_images.busybox())
        foreign[18:20] = b"\xf3\x00"[:2] if foreign[18] == 0xb7 else b"\xb7\x00"  # ELF's machine: AArch64
        layer = tar_of([entry("main", bytes(foreign), 0o755)])
        self.push(Image([layer], {"Entrypoint": ["/main"]}), "foreign:v1")
        self.create("foreign", "foreign:v1")
        answer, _ = invoke(self.client, "foreign")
        self.assertEqual(answer["errorType"], "Runtime.InvalidEntrypoint")

    def test_a_layer_that_lies_fails_the_deploy(self):
        image = Image([tar_of([entry("../escaped", b"x")])], {"Entrypoint": ["/main"]})
        self.push(image, "hostile:v1")
        self.client.create_function(FunctionName="hostile", Role=ROLE, PackageType="Image",
                                    Code={"ImageUri": "hostile:v1"})
        failed = wait_for(lambda: (c := self.client.get_function_configuration(FunctionName="hostile"))["State"] == "Failed" and c)
        self.assertIn("leads out of the image", failed["StateReason"])

    # The API's rules

    def test_rules(self):
        self.push(shell_image(), "rules:v1")
        base = dict(FunctionName="rules", Role=ROLE, PackageType="Image")
        call = self.client.create_function
        self.refused(call, "does not exist. Provide a valid source image", **base, Code={"ImageUri": "rules:v9"})
        self.refused(call, "is not valid", **base, Code={"ImageUri": "public.ecr.aws/lambda/python:3.12"})
        self.refused(call, "is not valid", **base, Code={"ImageUri": "No Image"})
        self.refused(call, "Please provide ImageUri", **base, Code={"ZipFile": b"x"})
        image = {**base, "Code": {"ImageUri": "rules:v1"}}
        self.refused(call, "Runtime", **image, Runtime="python3.13")
        self.refused(call, "Handler", **image, Handler="a.b")
        self.refused(call, "Layers", **image, Layers=["arn:aws:lambda:us-east-1:000000000000:layer:x:1"])
        self.refused(call, "SnapStart", **image, SnapStart={"ApplyOn": "PublishedVersions"})
        self.refused(call, "absolute path", **image, ImageConfig={"WorkingDirectory": "work"})
        self.create("rules", "rules:v1")
        update = self.client.update_function_code
        self.refused(update, "Please provide ImageUri", FunctionName="rules", ZipFile=b"x")
        self.refused(update, "does not exist", FunctionName="rules", ImageUri="rules:v9")
        self.refused(self.client.update_function_configuration, "Layers", FunctionName="rules",
                     Layers=["arn:aws:lambda:us-east-1:000000000000:layer:x:1"])
        create_function(self.client, "rules-zip", {"app.py": "handler = lambda e, c: e"})
        self.refused(update, "Please don't provide ImageUri", FunctionName="rules-zip", ImageUri="rules:v1")
        self.refused(self.client.update_function_configuration, "ImageConfig", FunctionName="rules-zip",
                     ImageConfig={"Command": ["x"]})

    # The registry

    def test_pull_gives_what_was_pushed(self):
        image = self.push(shell_image([tar_of([entry("large", os.urandom(3 << 20))])]), "team/pull:v1")
        path = os.path.join(self.directory, "pulled.tar")
        self.skopeo("copy", "--src-tls-verify=false", "--src-creds", "AWS:" + self.password(),
                    f"docker://{self.host}/team/pull:v1", "oci-archive:" + path)
        shown = self.skopeo("inspect", "--raw", "oci-archive:" + path).stdout
        self.assertEqual(oci_images.digest_of(shown.encode()), image.digest)
        tags = json.loads(self.skopeo("list-tags", "--tls-verify=false", "--creds", "AWS:" + self.password(),
                                      f"docker://{self.host}/team/pull").stdout)
        self.assertEqual(tags["Tags"], ["v1"])
        status, _, body = self.request("GET", "/v2/_catalog?n=1000")
        self.assertEqual(status, 200)
        self.assertIn("team/pull", json.loads(body)["repositories"])

    def test_who_is_let_in(self):
        self.push(shell_image(), "door:v1")
        connection = http.client.HTTPConnection(self.host)
        connection.request("GET", "/v2/")
        response = connection.getresponse()
        self.assertEqual(response.status, 401)
        self.assertTrue(response.headers["WWW-Authenticate"].startswith("Basic"))
        response.read()
        self.assertEqual(self.request("GET", "/v2/")[0], 200)
        good = self.password()
        for bad in ("x", good[:-1] + ("0" if good[-1] != "0" else "1"), good.replace(".", ".9", 1), "..", ""):
            self.assertEqual(self.request("GET", "/v2/", password=bad or "nothing")[0], 401)
        self.assertEqual(self.request("GET", "/v2/", headers={"Host": "evil.example"})[0], 403)
        # A user's own policies count, under ECR's actions.
        iam = self.platform.client("iam")
        iam.create_user(UserName="puller")
        iam.put_user_policy(UserName="puller", PolicyName="pull", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"},
                {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                 "Resource": "arn:aws:ecr:us-east-1:000000000000:repository/door"}]}))
        key = iam.create_access_key(UserName="puller")["AccessKey"]
        import boto3
        own = boto3.client("ecr", endpoint_url=self.platform.endpoint, region_name="us-east-1",
                           aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
        token = own.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        password = base64.b64decode(token).decode().partition(":")[2]
        self.assertEqual(self.request("GET", "/v2/door/manifests/v1", password=password)[0], 200)
        self.assertEqual(self.request("PUT", "/v2/door/manifests/v2", b"{}", password=password)[0], 403)
        self.assertEqual(self.request("POST", "/v2/door/blobs/uploads/", password=password)[0], 403)
        self.assertEqual(self.request("GET", "/v2/other/manifests/v1", password=password)[0], 403)
        iam.delete_access_key(UserName="puller", AccessKeyId=key["AccessKeyId"])
        self.assertEqual(self.request("GET", "/v2/", password=password)[0], 401)

    def upload(self, repository, pieces, digest):
        status, headers, _ = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        self.assertEqual(status, 202)
        at = 0
        for piece in pieces:
            status, headers, _ = self.request("PATCH", headers["Location"], piece,
                                              {"Content-Range": f"{at}-{at + len(piece) - 1}"})
            self.assertEqual(status, 202)
            at += len(piece)
            self.assertEqual(headers["Range"], f"0-{at - 1}")
        return self.request("PUT", headers["Location"] + "?digest=" + digest)

    def test_uploads(self):
        data = os.urandom(300_000)
        digest = oci_images.digest_of(data)
        status, headers, _ = self.upload("parts", [data[:100_000], data[100_000:]], digest)
        self.assertEqual((status, headers["Docker-Content-Digest"]), (201, digest))
        status, headers, body = self.request("HEAD", f"/v2/parts/blobs/{digest}")
        self.assertEqual((status, headers["Content-Length"], body), (200, "300000", b""))
        self.assertEqual(self.request("GET", f"/v2/parts/blobs/{digest}")[2], data)
        # Knowing a digest is not having the blob.
        self.assertEqual(self.request("GET", f"/v2/others/blobs/{digest}")[0], 404)
        status, headers, body = self.upload("parts", [b"abc"], digest)
        self.assertEqual((status, json.loads(body)["errors"][0]["code"]), (400, "DIGEST_INVALID"))
        status, _, _ = self.request("POST", f"/v2/whole/blobs/uploads/?digest={digest}", data)
        self.assertEqual(status, 201)
        status, _, _ = self.request("POST", f"/v2/mounted/blobs/uploads/?mount={digest}&from=parts")
        self.assertEqual(status, 201)
        self.assertEqual(self.request("GET", f"/v2/mounted/blobs/{digest}")[2], data)
        status, headers, _ = self.request("POST", "/v2/parts/blobs/uploads/")
        location = headers["Location"]
        self.assertEqual(self.request("PATCH", location, b"x", {"Content-Range": "5-5"})[0], 416)
        self.assertEqual(self.request("GET", location)[0], 204)
        self.assertEqual(self.request("DELETE", location)[0], 204)
        self.assertEqual(self.request("PATCH", location, b"x")[0], 404)
        manifest = json.dumps({"schemaVersion": 2, "config": {"mediaType": "x", "digest": digest, "size": len(data)},
                               "layers": []}).encode()
        put = lambda repository: self.request("PUT", f"/v2/{repository}/manifests/v1", manifest,
                                              {"Content-Type": oci_images.OCI_MANIFEST})
        status, _, body = put("others")
        self.assertEqual((status, json.loads(body)["errors"][0]["code"]), (404, "MANIFEST_BLOB_UNKNOWN"))
        self.assertEqual(put("parts")[0], 201)
        for path in ("/v2/Parts/tags/list", "/v2/parts/blobs/sha256:..%2f..%2fx", "/v2/parts/../x/tags/list",
                     "/v2/parts/manifests/%00", "/v2/parts/what"):
            self.assertEqual(self.request("GET", path)[0], 404, path)

    def memory(self):
        with open(f"/proc/{self.platform.process.pid}/status") as file:
            return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) // 1024

    def test_a_large_blob_needs_no_memory(self):
        piece = os.urandom(1 << 20)
        data = piece * 160
        digest = oci_images.digest_of(data)
        before = self.memory()
        self.assertEqual(self.request("POST", f"/v2/large/blobs/uploads/?digest={digest}", data)[0], 201)
        self.assertEqual(len(self.request("GET", f"/v2/large/blobs/{digest}")[2]), len(data))
        self.assertLess(self.memory() - before, 60)

    # ECR's API

    def test_ecr(self):
        created = self.ecr.create_repository(repositoryName="ecr/app")["repository"]
        self.assertEqual(created["repositoryUri"], f"{self.host}/ecr/app")
        self.assertEqual(created["repositoryArn"], "arn:aws:ecr:us-east-1:000000000000:repository/ecr/app")
        self.refused(self.ecr.create_repository, "RepositoryAlreadyExistsException", repositoryName="ecr/app")
        self.refused(self.ecr.describe_images, "RepositoryNotFoundException", repositoryName="ecr/none")
        image = self.push(shell_image(), "ecr/app:one")
        self.push(image, "ecr/app:two")
        ids = self.ecr.list_images(repositoryName="ecr/app")["imageIds"]
        self.assertEqual(sorted(each["imageTag"] for each in ids), ["one", "two"])
        detail = self.ecr.describe_images(repositoryName="ecr/app", imageIds=[{"imageTag": "one"}])["imageDetails"][0]
        self.assertEqual((detail["imageDigest"], detail["imageTags"]), (image.digest, ["one", "two"]))
        got = self.ecr.batch_get_image(repositoryName="ecr/app", imageIds=[{"imageTag": "one"}, {"imageTag": "three"}])
        self.assertEqual(got["images"][0]["imageManifest"].encode(), image.manifest)
        self.assertEqual(got["failures"][0]["failureCode"], "ImageNotFound")
        self.ecr.put_image(repositoryName="ecr/app", imageManifest=image.manifest.decode(), imageTag="three")
        self.refused(self.ecr.delete_repository, "RepositoryNotEmptyException", repositoryName="ecr/app")
        names = [each["repositoryName"] for page in self.ecr.get_paginator("describe_repositories").paginate(
            PaginationConfig={"PageSize": 1}) for each in page["repositories"]]
        self.assertIn("ecr/app", names)
        self.create("ecr", "ecr/app:one")
        gone = self.ecr.batch_delete_image(repositoryName="ecr/app", imageIds=[
            {"imageTag": "one"}, {"imageTag": "two"}, {"imageTag": "three"}, {"imageTag": "four"}])
        self.assertEqual((len(gone["imageIds"]), len(gone["failures"])), (3, 1))
        self.assertNotIn("imageIds", {k: v for k, v in self.ecr.list_images(repositoryName="ecr/app").items() if v})
        # The function goes on, also over the end of the daemon.
        self.assertEqual(invoke(self.client, "ecr")[0]["greeting"], "hello")
        self.ecr.delete_repository(repositoryName="ecr/app")


@unittest.skipUnless(SKOPEO and oci_images.busybox(), "needs Debian's skopeo and busybox-static")
class Lifetime(unittest.TestCase):
    push, skopeo, password, create = Images.push, Images.skopeo, Images.password, Images.create

    def test_over_kill_and_deletion(self):
        self.directory = tempfile.mkdtemp(prefix="gantry-images-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.platform = Platform().start()
        self.addCleanup(self.platform.__exit__)

        def connect():
            self.client, self.ecr = self.platform.client(), self.platform.client("ecr")
            self.host = self.platform.endpoint[len("http://"):]
        connect()
        self.push(shell_image(), "kept:v1")
        self.create("kept", "kept:v1")
        self.ecr.delete_repository(repositoryName="kept", force=True)
        self.platform.kill()
        blobs = os.path.join(self.platform.data_dir, "images", "blobs")
        roots = os.path.join(self.platform.data_dir, "images", "roots")
        with open(os.path.join(blobs, "0" * 64), "wb") as file:
            file.write(b"of a push that was never finished")
        shutil.rmtree(os.path.join(roots, os.listdir(roots)[0]))  # made again from the blobs
        self.platform.start()
        connect()
        wait_active(self.client, "kept")
        self.assertEqual(invoke(self.client, "kept")[0]["greeting"], "hello")
        wait_for(lambda: "0" * 64 not in os.listdir(blobs), what="the unfinished blob to go")
        self.client.delete_function(FunctionName="kept")
        wait_for(lambda: os.listdir(roots) == [] and os.listdir(blobs) == ["incoming"], what="the image to go")


if __name__ == "__main__":
    unittest.main()
