"""Reads a secret at every call, and tells which environment did."""
import uuid

from aws import secrets

BORN = str(uuid.uuid4())


def handler(event, context):
    return {"born": BORN, "password": secrets("GetSecretValue", SecretId="prod/database")["SecretString"]}
