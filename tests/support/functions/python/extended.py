import http.client
import json
import os
import signal
import sys
import time


def on_term(*_):
    print("runtime got SIGTERM", flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, on_term)


def echo(event, context):
    print("the function says", event)
    return event


def hangs(event, context):
    time.sleep(60)


def registers_late(event, context):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request("POST", "/2020-01-01/extension/register", json.dumps({"events": ["INVOKE"]}),
                       {"Lambda-Extension-Name": "inner"})
    response = connection.getresponse()
    return [response.status, json.loads(response.read())["errorType"]]


def floods(event, context):
    for number in range(3000):
        print(f"line {number} " + "x" * 1000)
    return event
