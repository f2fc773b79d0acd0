"""Streamed responses: throughput, time to the first byte, and the daemon's memory while readers are
slow. Prints a table; asserts nothing.

    GANTRY_BIN=build-test/bin PYTHONPATH=tests /usr/bin/python3 tests/bench/stream_bench.py
"""
import http.client
import os
import socket
import statistics
import threading
import time

from support.platform import Platform, create_function, function_url

MB = 1024 * 1024
NODE = """
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
exports.flood = awslambda.streamifyResponse(async (event, stream) => {
  let left = Number(event.queryStringParameters?.mb ?? event.mb) * 1048576;
  const part = Buffer.alloc(65536, 'x');
  await pipeline(Readable.from((function* () {
    for (; left > 0; left -= part.length) yield part;
  })()), stream);
});
"""


def resident(platform):
    with open(f"/proc/{platform.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") / MB


def url_request(url, megabytes):
    host, port = url.endpoint
    connection = http.client.HTTPConnection(host, port, timeout=120)
    start = time.perf_counter()
    connection.request("GET", f"/?mb={megabytes}", headers={"Host": url.name})
    response = connection.getresponse()
    first = None
    size = 0
    while piece := response.read1(1 << 20):
        first = first or time.perf_counter() - start
        size += len(piece)
    connection.close()
    return size / MB / (time.perf_counter() - start), first


def event_stream(platform, megabytes):
    start = time.perf_counter()
    status, _, body = platform.signed(
        "POST", "/2021-11-15/functions/flood/response-streaming-invocations",
        b'{"mb": %d}' % megabytes)
    assert status == 200
    return len(body) / MB / (time.perf_counter() - start)


def slow_reader(url, stop):
    with socket.create_connection(url.endpoint, timeout=120) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(f"GET /?mb=150 HTTP/1.1\r\nHost: {url.name}\r\n\r\n".encode())
        while not stop.is_set():
            client.recv(16384)
            time.sleep(0.05)


class Url:
    def __init__(self, platform, address):
        self.name = address.split("/")[2]
        host, port = platform.endpoint[len("http://"):].split(":")
        self.endpoint = (host, int(port))


def main():
    with Platform(extra=["--stream-rate", "0"]) as platform:
        client = platform.client()
        create_function(client, "flood", {"index.js": NODE}, runtime="nodejs22.x", handler="index.flood",
                        Timeout=60, MemorySize=512)
        url = Url(platform, function_url(platform, "flood", AuthType="NONE",
                                         InvokeMode="RESPONSE_STREAM")["FunctionUrl"])
        url_request(url, 1)
        runs = [url_request(url, 100) for _ in range(5)]
        print(f"function URL, 100 MB            {statistics.median(r for r, _ in runs):8.0f} MB/s"
              f"   first byte {statistics.median(f for _, f in runs) * 1000:.1f} ms")
        print(f"InvokeWithResponseStream, 100 MB{statistics.median(event_stream(platform, 100) for _ in range(5)):8.0f} MB/s")
        before = resident(platform)
        print(f"daemon's memory at rest         {before:8.1f} MB")
        for readers in (1, 10):
            stop = threading.Event()
            threads = [threading.Thread(target=slow_reader, args=(url, stop)) for _ in range(readers)]
            for thread in threads:
                thread.start()
            highest = 0
            for _ in range(50):
                time.sleep(0.1)
                highest = max(highest, resident(platform))
            stop.set()
            for thread in threads:
                thread.join()
            print(f"with {readers:2} slow readers of 150 MB  {highest:8.1f} MB   (+{(highest - before) / readers:.2f} a reader)")


if __name__ == "__main__":
    main()
