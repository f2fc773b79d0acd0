import os

from snapshot_restore_py import register_after_restore, register_before_snapshot


def fail():
    raise ValueError("the hook failed")


if os.environ["FAILS"] == "before":
    register_before_snapshot(fail)
elif os.environ["FAILS"] == "after":
    register_after_restore(fail)
elif os.environ["FAILS"] == "init":
    fail()


def handler(event, context):
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
