"""Creates a function with a role, which is made with it when there is none; gives one that is there
other code.

    /usr/bin/python3 -P create_function.py [--runtime ID] ENDPOINT CREDENTIALS_FILE NAME ROLE [CODE_FILE] \\
        [VARIABLE=VALUE ...]"""
import argparse
import configparser
import io
import os
import zipfile

import boto3

parser = argparse.ArgumentParser()
parser.add_argument("--runtime", default="python3.11")
options, (endpoint, credentials, name, role, *more) = parser.parse_known_args()
file_name = os.path.basename(more[0]) if more else "app.py"
code = "def handler(event, context):\n    return 1\n"
if more:
    with open(more[0], encoding="utf-8") as file:
        code = file.read()
profile = configparser.ConfigParser()
profile.read(credentials)
root = profile["gantry"]
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as files:
    entry = zipfile.ZipInfo(file_name)
    entry.external_attr = 0o100755 << 16
    files.writestr(entry, code)
client = boto3.client("lambda", endpoint_url=endpoint, region_name="us-east-1",
                      aws_access_key_id=root["aws_access_key_id"],
                      aws_secret_access_key=root["aws_secret_access_key"])
if any(function["FunctionName"] == name for function in client.list_functions()["Functions"]):
    client.update_function_code(FunctionName=name, ZipFile=archive.getvalue())
    client.get_waiter("function_updated").wait(FunctionName=name)
    print("updated")
else:
    client.create_function(
        FunctionName=name, Runtime=options.runtime, Handler="app.handler",
        Role=f"arn:aws:iam::000000000000:role/{role}", Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": dict(pair.split("=", 1) for pair in more[1:])})
    client.get_waiter("function_active").wait(FunctionName=name)
    print("created")
