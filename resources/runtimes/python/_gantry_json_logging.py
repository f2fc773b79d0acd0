"""What Lambda's Python runtime logs when the function's log format is JSON. Loaded on first use."""

import json
import logging
import os
import sys
import time
import traceback

import _gantry_runtime

_TIME = "%Y-%m-%dT%H:%M:%SZ"
# Attributes of every record; what a call adds with extra= comes into the line beside the others.
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "aws_request_id"}


def level():
    """Python has no level below DEBUG."""
    name = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO").upper()
    return {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(name, name)


class JsonFormatter(logging.Formatter):
    converter = time.gmtime

    def format(self, record):
        line = {
            "timestamp": self.formatTime(record, _TIME),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": getattr(record, "aws_request_id", None) or None,
        }
        if record.exc_info and record.exc_info[0]:
            kind, error, stack = record.exc_info
            line["stackTrace"] = traceback.format_list(traceback.extract_tb(stack))
            line["errorType"] = kind.__name__
            line["errorMessage"] = str(error)
            line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in line:
                line[name] = value
        return _encode({name: value for name, value in line.items() if value is not None}) + "\n"


def log_error(document):
    line = {"timestamp": time.strftime(_TIME, time.gmtime()), "log_level": "ERROR", **document}
    try:
        sys.stdout.write(_encode(line) + "\n")
    except (OSError, ValueError):
        pass  # the function has closed its output


def _encode(line):
    return json.dumps(line, ensure_ascii=False, default=str)
