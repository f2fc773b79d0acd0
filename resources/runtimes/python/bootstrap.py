"""Runs a Python function inside an execution environment: the client of the Runtime API.

It starts with every cold start, so it imports nothing that a function may not need: errors and the
logging format live in modules of their own, loaded on first use, and the four requests of the
Runtime API are spoken over a plain socket.
"""

import json
import os
import sys
import time

import _socket

_API = "/2018-06-01/runtime/"
_TASK_ROOT = os.environ["LAMBDA_TASK_ROOT"]
# From Python 3.12 on Lambda writes a response's text as UTF-8, before that as ASCII with escapes.
_ESCAPE_TEXT = os.environ.get("AWS_EXECUTION_ENV") in {
    "AWS_Lambda_python3.%d" % minor for minor in range(6, 12)
}


class Fault(Exception):
    """A failure that has a name in Lambda's own vocabulary (Runtime.*)."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = list(trace)


class Connection:
    """One keep-alive HTTP/1.1 connection; the platform always sends Content-Length."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._host = address
        self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._rest = b""
        self._next_request = (f"GET {_API}invocation/next HTTP/1.1\r\n"
                              f"Host: {address}\r\n\r\n").encode()
        self._behind = b""  # goes out with the body of the next request
        self._asked = False  # whether the next event was asked for already

    def next(self):
        if not self._asked:
            self._send(self._next_request, b"")
        self._asked = False
        return self._receive()

    def answer(self, *arguments, **options):
        """A post with the request for the next event right behind it: that spares both sides a
        wake-up for each invocation."""
        self._behind, self._asked = self._next_request, True
        try:
            return self.post(*arguments, **options)
        finally:
            self._behind = b""

    def ask(self, path):
        self._send(f"GET {_API}{path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode(), b"")

    def get(self, path):
        self.ask(path)
        return self._receive()

    def close(self):
        self._socket.close()

    def post(self, path, body, content_type="application/json", error_type=None):
        head = (f"POST {_API}{path} HTTP/1.1\r\nHost: {self._host}\r\n"
                f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n")
        if error_type:
            head += f"Lambda-Runtime-Function-Error-Type: {error_type}\r\n"
        self._send((head + "\r\n").encode("latin-1", "replace"), body)
        return self._receive()

    def _send(self, head, body):
        if len(body) < 65536:
            self._socket.sendall(head + body + self._behind)
        else:
            self._socket.sendall(head)
            self._socket.sendall(body)
            self._socket.sendall(self._behind)

    def _receive(self):
        data = self._rest
        while True:
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                break
            data += self._read(65536)
        lines = data[:end].decode("utf-8", "replace").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        stop = start + int(headers.get("content-length", 0))
        body = bytearray(data[start:stop])
        self._rest = data[stop:]
        while len(body) < stop - start:
            body += self._read(stop - start - len(body))
        return status, headers, body

    def _read(self, size):
        data = self._socket.recv(min(size, 1 << 20))
        if not data:
            os._exit(1)  # the platform has gone; there is no one to tell
        return data


class CognitoIdentity:
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, values):
        self.cognito_identity_id = values.get("cognitoIdentityId")
        self.cognito_identity_pool_id = values.get("cognitoIdentityPoolId")

    def __repr__(self):
        return (f"CognitoIdentity([cognito_identity_id={self.cognito_identity_id},"
                f"cognito_identity_pool_id={self.cognito_identity_pool_id}])")


class Client:
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code",
                 "app_package_name")

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class ClientContext:
    __slots__ = ("custom", "env", "client")

    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None


class LambdaContext:
    """The second argument of a handler; names and types are those of AWS."""

    # What all invocations share; looking it up each time took longer than the rest of this.
    _SHARED = {
        "log_group_name": os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
        "log_stream_name": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
        "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
        "function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
        "memory_limit_in_mb": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
    }

    def __init__(self, headers):
        vars(self).update(self._SHARED)
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._deadline = int(headers.get("lambda-runtime-deadline-ms", 0))
        client_context = _json_header(headers, "lambda-runtime-client-context")
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = CognitoIdentity(
            _json_header(headers, "lambda-runtime-cognito-identity") or {})

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))

    def __repr__(self):
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"LambdaContext([{','.join(f'{n}={v}' for n, v in shown.items())}])"


def _json_header(headers, name):
    text = headers.get(name)
    value = json.loads(text) if text else None
    return value if isinstance(value, dict) else None


class HostedSdk:
    """Finds boto3 and what it needs in the host's packages, as AWS bundles them with the runtime.

    Nothing else of the host's packages is visible: what works here must not fail on AWS.
    """

    _NAMES = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six"}
    # Debian's botocore has these beside it where AWS' carries them inside.
    _ONLY_WITH_BOTOCORE = {"requests", "certifi", "chardet", "charset_normalizer", "idna"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        visible = name in cls._NAMES or (
            name in cls._ONLY_WITH_BOTOCORE and "botocore" in sys.modules)
        if path is not None or not visible:
            return None
        from importlib.machinery import PathFinder

        version = "python%d.%d" % sys.version_info[:2]
        return PathFinder.find_spec(name, [f"/usr/local/lib/{version}/site-packages",
                                           f"/usr/local/lib/{version}/dist-packages",
                                           "/usr/lib/python3/dist-packages"])


class LoggingHook:
    """Gives the root logger Lambda's handler as soon as anything imports logging."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(cls)
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path)
        loader = spec.loader
        execute = loader.exec_module

        def execute_and_configure(module):
            execute(module)
            del loader.exec_module
            import _gantry_logging

            _gantry_logging.configure(module)

        loader.exec_module = execute_and_configure
        return spec


def prepare_imports():
    version = "python%d.%d" % sys.version_info[:2]
    own_folder = sys.path[0]
    sys.path[0:1] = [_TASK_ROOT, f"/opt/python/lib/{version}/site-packages", "/opt/python"]
    if own_folder not in sys.path:
        sys.path.append(own_folder)
    sys.meta_path.insert(0, LoggingHook)
    sys.meta_path.append(HostedSdk)


def load_handler(handler):
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName",
                    f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)")
    dotted = module_name.replace("/", ".")
    if dotted.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict",
                    f"Cannot use built-in module {module_name} as a handler module")
    try:
        __import__(dotted)
        module = sys.modules[dotted]
    except ImportError as error:
        import _gantry_errors

        raise Fault("Runtime.ImportModuleError",
                    f"Unable to import module '{module_name}': {error}",
                    _gantry_errors.user_frames(error)) from None
    except SyntaxError as error:
        raise Fault("Runtime.UserCodeSyntaxError",
                    f"Syntax error in module '{module_name}': {error}",
                    ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno,
                                                      (error.text or "").strip())]) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound",
                    f"Handler '{function_name}' missing on module '{module_name}'") from None


def decode_event(body, content_type):
    if content_type != "application/json":
        return bytes(body)
    try:
        return json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def _serialise_other(value):
    from decimal import Decimal

    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


# Made once: json.dumps makes one for each call that differs from the defaults.
_encode_json = json.JSONEncoder(ensure_ascii=_ESCAPE_TEXT, default=_serialise_other).encode


def encode_response(response):
    if hasattr(response, "read") and hasattr(response, "readinto"):
        return response.read(), "application/unknown"
    try:
        return _encode_json(response).encode(), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def report(post, path, error, request_id):
    import _gantry_errors

    document = _gantry_errors.describe(error, request_id)
    _gantry_errors.log(document)
    flush_output()
    post(path, _gantry_errors.encode(document), error_type=document["errorType"])


def flush_output():
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # the function has closed them


def run_invocation(connection, handler, headers, body):
    request_id = headers["lambda-runtime-aws-request-id"]
    LoggingHook.request_id = request_id
    trace_id = headers.get("lambda-runtime-trace-id")
    if trace_id:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    try:
        event = decode_event(body, headers.get("content-type", "application/json"))
        response = handler(event, LambdaContext(headers))
        payload, content_type = encode_response(response)
    except Exception as error:
        report(connection.answer, f"invocation/{request_id}/error", error, request_id)
        return
    flush_output()
    status, _, answer = connection.answer(f"invocation/{request_id}/response", payload, content_type)
    if status >= 400:
        sys.stderr.write(f"The platform refused the response ({status}): "
                         f"{answer.decode('utf-8', 'replace')}\n")


def main():
    sys.stdout.reconfigure(line_buffering=True)
    connection = Connection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    prepare_imports()
    if os.environ.pop("GANTRY_DEBUGGER", None):
        import _gantry_debugger

        _gantry_debugger.wait()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        report(connection.post, "init/error", error, "")
        sys.exit(1)
    if "GANTRY_SNAPSHOT_SOCKET" in os.environ:
        import _gantry_snapshot

        connection = _gantry_snapshot.park(connection)
    while True:
        status, headers, body = connection.next()
        if status != 200:
            sys.exit(1)
        run_invocation(connection, handler, headers, body)


if __name__ == "__main__":
    # For the modules beside this one, which say "import _gantry_runtime".
    sys.modules["_gantry_runtime"] = sys.modules["__main__"]
    main()
