"""What secrets cost: medians of single calls over one kept connection, as a boto3 client sees them.

    GANTRY_BIN=build-test/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/secrets_bench.py
"""
import statistics
import time

from support.platform import Platform

COUNT = 200


def measure(name, call):
    times = []
    for _ in range(COUNT):
        begun = time.perf_counter()
        call()
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    print(f"{name:34} {statistics.median(times):8.2f} ms {times[int(COUNT * 0.95)]:8.2f} ms")


def main():
    with Platform() as platform:
        functions = platform.client("lambda")
        secrets, ssm, kms = (platform.client(s) for s in ("secretsmanager", "ssm", "kms"))
        secrets.create_secret(Name="bench", SecretString="x" * 200)
        ssm.put_parameter(Name="/bench", Value="x" * 200, Type="SecureString")
        blob = kms.encrypt(KeyId="alias/aws/lambda", Plaintext=b"x" * 200)["CiphertextBlob"]
        print(f"{'call':34} {'median':>11} {'p95':>11}")
        measure("lambda list_functions (no crypto)", lambda: functions.list_functions())
        measure("secretsmanager get_secret_value", lambda: secrets.get_secret_value(SecretId="bench"))
        measure("secretsmanager put_secret_value", lambda: secrets.put_secret_value(SecretId="bench", SecretString="y"))
        measure("ssm get_parameter, decrypted", lambda: ssm.get_parameter(Name="/bench", WithDecryption=True))
        measure("kms encrypt", lambda: kms.encrypt(KeyId="alias/aws/lambda", Plaintext=b"x" * 200))
        measure("kms decrypt", lambda: kms.decrypt(CiphertextBlob=blob))


if __name__ == "__main__":
    main()
