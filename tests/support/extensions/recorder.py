#!/usr/bin/python3 -S
"""An external extension for tests: registers, writes each event it is told of to its output, and
does what the file next to it says: "late" works 300 ms after an invocation, "dies" ends in its
first one, "fails" reports a failed init, "lingers" outstays its SHUTDOWN,
"telemetry" subscribes and prints what it gets, "tcp" the same over TCP, "logs" by the Logs API, "slow"
takes its time over the first batch."""
import http.client
import json
import os
import sys
import time

NAME = os.path.basename(sys.argv[0])
MODE = os.environ.get("TEST_EXTENSION", "")


def tell(record):
    if record["type"] != "extension":
        print("telemetry", record["type"], json.dumps(record["record"])[:120], flush=True)


def listen_tcp():
    """The same without HTTP: a record a line."""
    import socketserver
    import threading

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            for line in self.rfile:
                tell(json.loads(line))

    server = socketserver.TCPServer(("sandbox.localdomain", 4243), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def listen():
    """Prints what the Telemetry API delivers."""
    import http.server
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        rested = False

        def do_POST(self):
            for record in json.loads(self.rfile.read(int(self.headers["Content-Length"]))):
                tell(record)
            if MODE == "slow" and not Handler.rested:
                Handler.rested = True
                time.sleep(2)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("sandbox.localdomain", 4243), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def ask(method, path, body=None, api="/2020-01-01/extension", **headers):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, api + path, body, headers)
    response = connection.getresponse()
    return response, response.read()


def main():
    response, body = ask("POST", "/register", json.dumps({"events": ["INVOKE", "SHUTDOWN"]}),
                         **{"Lambda-Extension-Name": NAME})
    print("registered", json.loads(body)["functionName"], "_HANDLER" in os.environ, flush=True)
    me = {"Lambda-Extension-Identifier": response.getheader("Lambda-Extension-Identifier")}
    if MODE == "fails":
        ask("POST", "/init/error", "{}", **me, **{"Lambda-Extension-Function-Error-Type": "Extension.NoKey"})
        time.sleep(60)
    if MODE == "telemetry":
        listen()
        for destination in ({"protocol": "HTTP", "URI": "http://elsewhere:4243"},
                            {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/x"}):
            response, body = ask("PUT", "", json.dumps(
                {"schemaVersion": "2022-12-13", "types": ["platform", "function"],
                 "buffering": {"timeoutMs": 25}, "destination": destination}),
                "/2022-07-01/telemetry", **me)
            print("subscribed", response.status, flush=True)
    if MODE in ("tcp", "slow", "logs"):
        tcp = MODE == "tcp"
        listen_tcp() if tcp else listen()
        destination = ({"protocol": "TCP", "port": 4243} if tcp else
                       {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4243"})
        body = {"types": ["platform", "function"], "buffering": {"timeoutMs": 25},
                "destination": destination}
        if MODE != "logs":
            body["schemaVersion"] = "2022-12-13"
        response, _ = ask("PUT", "", json.dumps(body),
                          "/2020-08-15/logs" if MODE == "logs" else "/2022-07-01/telemetry", **me)
        print("subscribed", response.status, flush=True)
    while True:
        _, body = ask("GET", "/event/next", **me)
        event = json.loads(body)
        if event["eventType"] == "SHUTDOWN":
            print("shutdown", event["shutdownReason"], flush=True)
            if MODE == "lingers":
                time.sleep(60)
            return
        print("invoke", event["requestId"], flush=True)
        if MODE == "dies":
            sys.exit(3)
        if MODE == "late":
            time.sleep(0.3)


main()
