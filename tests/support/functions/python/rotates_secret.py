"""A rotation function without a service: nothing is set or tested there."""
from aws import secrets


def handler(event, context):
    secret, token = event["SecretId"], event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        secrets("PutSecretValue", SecretId=secret, ClientRequestToken=token,
                SecretString="second-password", VersionStages=["AWSPENDING"])
    if event["Step"] == "finishSecret":
        versions = secrets("DescribeSecret", SecretId=secret)["VersionIdsToStages"]
        current = next(v for v, stages in versions.items() if "AWSCURRENT" in stages)
        secrets("UpdateSecretVersionStage", SecretId=secret, VersionStage="AWSCURRENT",
                MoveToVersionId=token, RemoveFromVersionId=current)
