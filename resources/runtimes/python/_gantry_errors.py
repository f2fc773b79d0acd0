"""Errors as Lambda's Python runtime reports and logs them. Loaded when the first one happens."""

import json
import os
import sys
import traceback

import _gantry_runtime

_OWN_FILES = (_gantry_runtime.__file__, "<frozen importlib")


def user_frames(error):
    """The stack from the first frame that is the function's own, as traceback prints frames."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [not frame.filename.startswith(_OWN_FILES) for frame in frames]
    first = own.index(True) if True in own else len(frames)
    kept = [frame for frame, mine in zip(frames[first:], own[first:]) if mine]
    return traceback.format_list(kept)


def describe(error, request_id):
    if isinstance(error, _gantry_runtime.Fault):
        kind, message, trace = error.kind, error.message, error.trace
    else:
        kind, message, trace = type(error).__name__, _text(error), user_frames(error)
    return {"errorMessage": message, "errorType": kind, "requestId": request_id,
            "stackTrace": trace}


def _text(error):
    try:
        return str(error)
    except Exception:
        return ""  # its __str__ raises


def encode(document):
    return json.dumps(document).encode()


def log(document):
    """One log event: lines are held together by carriage returns, indented by no-break spaces."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        import _gantry_json_logging

        return _gantry_json_logging.log_error(document)
    head = f"[ERROR] {document['errorType']}"
    if document["errorMessage"]:
        head += f": {document['errorMessage']}"
    lines = [head, "Traceback (most recent call last):"]
    for element in document["stackTrace"]:
        for line in element.splitlines():
            text = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(text)) + text)
    try:
        sys.stdout.write("\r".join(line.replace("\n", "\r") for line in lines) + "\n")
    except (OSError, ValueError):
        pass  # the function has closed its output
