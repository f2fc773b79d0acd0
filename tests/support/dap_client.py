"""A debugger for Python functions, by the Debug Adapter Protocol: attaches, stops in a line, reads
variables there, goes on.

    dap_client.py PORT FILE LINE EXPRESSION...

Prints what each expression is in that line, one a line.
"""
import json
import socket
import sys


class Adapter:
    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._file = self._socket.makefile("rb")
        self._sequence = 0
        self._events = []

    def send(self, command, **arguments):
        self._sequence += 1
        body = json.dumps({"seq": self._sequence, "type": "request", "command": command,
                           "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self._sequence

    def _read(self):
        size = 0
        while (line := self._file.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if not size:
            raise ConnectionError("the adapter has gone")
        return json.loads(self._file.read(size))

    def answer(self, sequence):
        while True:
            message = self._read()
            if message["type"] == "response" and message["request_seq"] == sequence:
                if not message["success"]:
                    raise RuntimeError(message.get("message"))
                return message.get("body") or {}
            self._events.append(message)

    def ask(self, command, **arguments):
        return self.answer(self.send(command, **arguments))

    def event(self, name):
        while True:
            for i, message in enumerate(self._events):
                if message["type"] == "event" and message["event"] == name:
                    return self._events.pop(i).get("body") or {}
            self._events.append(self._read())


def main(port, file, line, expressions):
    adapter = Adapter(int(port))
    adapter.ask("initialize", adapterID="gantry", clientID="test", pathFormat="path")
    attached = adapter.send("attach", justMyCode=True)
    adapter.event("initialized")
    adapter.ask("setBreakpoints", source={"path": file}, breakpoints=[{"line": int(line)}])
    adapter.ask("configurationDone")
    adapter.answer(attached)
    thread = adapter.event("stopped")["threadId"]
    frame = adapter.ask("stackTrace", threadId=thread)["stackFrames"][0]["id"]
    for expression in expressions:
        print(adapter.ask("evaluate", expression=expression, frameId=frame)["result"], flush=True)
    adapter.ask("continue", threadId=thread)
    adapter.ask("disconnect", terminateDebuggee=False)


if __name__ == "__main__":
    main(*sys.argv[1:4], sys.argv[4:])
