"""Creates a function with a role, which is made with it when there is none.

    /usr/bin/python3 -P create_function.py ENDPOINT CREDENTIALS_FILE NAME ROLE"""
import configparser
import io
import sys
import zipfile

import boto3

endpoint, credentials, name, role = sys.argv[1:]
profile = configparser.ConfigParser()
profile.read(credentials)
root = profile["gantry"]
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as files:
    files.writestr("app.py", "def handler(event, context):\n    return 1\n")
boto3.client("lambda", endpoint_url=endpoint, region_name="us-east-1",
             aws_access_key_id=root["aws_access_key_id"],
             aws_secret_access_key=root["aws_secret_access_key"]).create_function(
    FunctionName=name, Runtime="python3.11", Handler="app.handler",
    Role=f"arn:aws:iam::000000000000:role/{role}", Code={"ZipFile": archive.getvalue()})
print("created")
