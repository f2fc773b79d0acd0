"""Handlers for the tests of the Python runtime; each shows one behaviour."""

import decimal
import io
import logging
import os
import subprocess
import sys
import time

print("loading handlers")
calls = 0


def echo(event, context):
    return event


def count(event, context):
    global calls
    calls += 1
    return calls


def context(event, context):
    remaining = context.get_remaining_time_in_millis()
    return {
        "function_name": context.function_name,
        "function_version": context.function_version,
        "invoked_function_arn": context.invoked_function_arn,
        "memory_limit_in_mb": context.memory_limit_in_mb,
        "aws_request_id": context.aws_request_id,
        "log_group_name": context.log_group_name,
        "log_stream_name": context.log_stream_name,
        "identity": context.identity.cognito_identity_id,
        "custom": context.client_context.custom if context.client_context else None,
        "installation": context.client_context.client.installation_id,
        "tenant_id": context.tenant_id,
        "remaining": 0 < remaining <= 30_000,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }


def environment(event, context):
    return dict(os.environ)


def prints(event, context):
    print("one")
    print("two\nthree")
    sys.stderr.write("to stderr\n")
    sys.stdout.write("no end")
    return None


def logs(event, context):
    logging.warning("from the root logger")
    logging.getLogger("lib").error("from %s", "a library")
    logging.info("below the level")


def fails(event, context):
    raise ValueError("bad valué")


def fails_deeper(event, context):
    return echo_upper(event)


def echo_upper(event):
    return event["missing"]


def unserialisable(event, context):
    return object()


async def asynchronous(event, context):
    return 1


def generator(event, context):
    yield 1


def decimal_number(event, context):
    return decimal.Decimal("1.5")


def binary(event, context):
    return io.BytesIO(b"\x00\xff")


def text(event, context):
    return "é"


def exits(event, context):
    sys.exit(event)


def exits_hard(event, context):
    print("last words", flush=True)
    os._exit(7)


def killed(event, context):
    os.kill(os.getpid(), 11)


def sleeps(event, context):
    print("going to sleep")
    time.sleep(60)


def allocates(event, context):
    print("allocating", flush=True)
    held = []
    while True:
        held.append(bytearray(8 << 20))


def fills_tmp(event, context):
    try:
        with open("/tmp/full", "wb") as file:
            for _ in range(2000):
                file.write(b"x" * (1 << 20))
    except OSError as error:
        return error.strerror
    return "never full"


def writes_code(event, context):
    try:
        open("/var/task/new", "w").close()
    except OSError as error:
        return error.strerror
    return "written"


def leaves_children(event, context):
    subprocess.Popen(["/bin/sleep", "1000"])
    if os.fork() == 0:
        time.sleep(1000)
        os._exit(0)
    return "left"


def large(event, context):
    return "x" * event


def late_thread(event, context):
    import threading

    def work():
        time.sleep(0.05)
        print("after the answer")

    threading.Thread(target=work).start()
    return "answered"


def sdk(event, context):
    import boto3

    return boto3.client("s3").meta.service_model.service_name


def host_packages(event, context):
    import yaml

    return yaml.__name__


def raises_on_str(event, context):
    class Silent(Exception):
        def __str__(self):
            raise RuntimeError("no")

    raise Silent()


not_a_function = 5
