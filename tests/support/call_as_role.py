"""Reads a secret with a session of a role, as code that runs with the role would.

    /usr/bin/python3 call_as_role.py ENDPOINT CREDENTIALS_FILE ROLE SECRET

Prints the value, or the name of the error."""
import configparser
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, credentials, role, secret = sys.argv[1:]
parser = configparser.ConfigParser()
parser.read(credentials)
config = Config(retries={"max_attempts": 0}, parameter_validation=False)
place = dict(endpoint_url=endpoint, region_name="us-east-1", config=config)
sts = boto3.client("sts", aws_access_key_id=parser["gantry"]["aws_access_key_id"],
                   aws_secret_access_key=parser["gantry"]["aws_secret_access_key"], **place)
try:
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::000000000000:role/{role}", RoleSessionName="test")["Credentials"]
    client = boto3.client("secretsmanager", aws_access_key_id=keys["AccessKeyId"],
                          aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"], **place)
    print(client.get_secret_value(SecretId=secret)["SecretString"])
except ClientError as error:
    print(error.response["Error"]["Code"])
