"""The root logger's handler that Lambda installs. Loaded when something imports logging."""

import sys
import time

import _gantry_runtime


def configure(logging):
    class RequestIdFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = getattr(_gantry_runtime.LoggingHook, "request_id", "")
            return True

    class LambdaHandler(logging.Handler):
        def emit(self, record):
            try:
                sys.stdout.write(self.format(record))
            except Exception:
                self.handleError(record)

    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
        "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = LambdaHandler()
    handler.setFormatter(formatter)
    handler.addFilter(RequestIdFilter())
    logging.root.addHandler(handler)
