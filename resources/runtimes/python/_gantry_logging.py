"""The root logger's handler that Lambda installs. Loaded when something imports logging."""

import os
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

    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        import _gantry_json_logging

        formatter = _gantry_json_logging.JsonFormatter()
        logging.root.setLevel(_gantry_json_logging.level())
    else:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
            "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
    handler = LambdaHandler()
    handler.setFormatter(formatter)
    handler.addFilter(RequestIdFilter())
    logging.root.addHandler(handler)
