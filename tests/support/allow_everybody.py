"""Lets everybody invoke a function.

    /usr/bin/python3 -P allow_everybody.py ENDPOINT CREDENTIALS_FILE NAME"""
import configparser
import sys

import boto3

endpoint, credentials, name = sys.argv[1:]
profile = configparser.ConfigParser()
profile.read(credentials)
root = profile["gantry"]
boto3.client("lambda", endpoint_url=endpoint, region_name="us-east-1",
             aws_access_key_id=root["aws_access_key_id"],
             aws_secret_access_key=root["aws_secret_access_key"]).add_permission(
    FunctionName=name, StatementId="everybody", Action="lambda:InvokeFunction", Principal="*")
print("allowed")
