"""An OTLP/HTTP receiver for tests. It reads protobuf by the field numbers of opentelemetry-proto 1.x, without
the messages that the platform writes them with."""
import collections
import http.server
import struct
import threading

Push = collections.namedtuple("Push", "path headers body")


def fields(data):
    """(number, value) of a message: integers for varints, bytes for all else."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(data):
        key = varint()
        number, kind = key >> 3, key & 7
        if kind == 0:
            yield number, varint()
        else:
            length = {1: 8, 5: 4}.get(kind) or varint()
            yield number, data[at:at + length]
            at += length


def gathered(data):
    found = collections.defaultdict(list)
    for number, value in fields(data):
        found[number].append(value)
    return found


def fixed(data):
    return struct.unpack("<Q", data)[0]


def double(data):
    return struct.unpack("<d", data)[0]


def any_value(data):
    [(number, value)] = list(fields(data))
    return {1: lambda: value.decode(), 2: lambda: bool(value), 3: lambda: value, 4: lambda: double(value)}[number]()


def attributes(pairs):
    found = {}
    for pair in pairs:
        parts = gathered(pair)
        found[parts[1][0].decode()] = any_value(parts[2][0])
    return found


def metrics(body):
    """{name: {"unit", "kind", "points": {function: {...}}}} and the attributes of the resource."""
    result, resource = {}, {}
    for resource_metrics in gathered(body)[1]:
        parts = gathered(resource_metrics)
        resource.update(attributes(gathered(parts[1][0])[1]))
        for scope in parts[2]:
            for metric in gathered(scope)[2]:
                each = gathered(metric)
                kind = next(k for k in (5, 7, 11) if k in each)
                data = gathered(each[kind][0])
                result[each[1][0].decode()] = {
                    "unit": each[3][0].decode(), "kind": {5: "gauge", 7: "sum", 11: "summary"}[kind],
                    "cumulative": data[2] == [2], "monotonic": data[3] == [1],
                    "points": dict(point(raw, kind) for raw in data[1])}
    return result, resource


def point(raw, kind):
    parts = gathered(raw)
    values = {"start": fixed(parts[2][0]), "time": fixed(parts[3][0])}
    if kind == 11:
        values["count"] = fixed(parts[4][0]) if parts[4] else 0
        values["sum"] = double(parts[5][0]) if parts[5] else 0.0
        quantiles = [gathered(each) for each in parts[6]]
        values["quantiles"] = {double(q[1][0]): double(q[2][0]) for q in quantiles}
    else:
        values["value"] = double(parts[4][0]) if parts[4] else struct.unpack("<q", parts[6][0])[0]
    return attributes(parts[7])["function"], values


def spans(body):
    """Every span as a dictionary, with the service of its resource."""
    result = []
    for resource_spans in gathered(body)[1]:
        parts = gathered(resource_spans)
        service = attributes(gathered(parts[1][0])[1])["service.name"]
        for scope in parts[2]:
            for raw in gathered(scope)[2]:
                each = gathered(raw)
                status = gathered(each[15][0]) if each[15] else {}
                result.append({
                    "service": service, "trace": each[1][0].hex(), "id": each[2][0].hex(),
                    "parent": each[4][0].hex() if each[4] else "", "name": each[5][0].decode(), "kind": each[6][0],
                    "start": fixed(each[7][0]), "end": fixed(each[8][0]), "attributes": attributes(each[9]),
                    "error": status.get(3) == [2]})
    return result


class Receiver:
    """Takes pushes on a free port of the loopback; `answers` holds (status, headers) for the next ones."""

    def __init__(self):
        self.pushes = []
        self.answers = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
                    receiver.pushes.append((status, Push(self.path, dict(self.headers), body)))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self, path):
        """The pushes to a path that were answered with 200, oldest first."""
        with self.lock:
            return [push for status, push in self.pushes if status == 200 and push.path == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
