"""A client of AWS services of a few lines, for code inside an environment. It signs by hand, so that a
test can get every part of it wrong."""
import datetime, hashlib, hmac, json, os, urllib.error, urllib.request

class AwsError(RuntimeError):
    pass

def signed(service, headers, data, method="POST", path="/", key=None, secret=None, token=None, skew=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=skew)
    now = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "host": os.environ["AWS_ENDPOINT_URL"][len("http://"):], "x-amz-date": now,
               "x-amz-security-token": token or os.environ["AWS_SESSION_TOKEN"]}
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, path, "", *[f"{n}:{headers[n]}" for n in sorted(headers)], "", names,
                           hashlib.sha256(data).hexdigest()])
    scope = f"{now[:8]}/{os.environ['AWS_REGION']}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    mac = ("AWS4" + (secret or os.environ["AWS_SECRET_ACCESS_KEY"])).encode()
    for part in scope.split("/"):
        mac = hmac.new(mac, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(mac, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key or os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}")
    return headers

def send(headers, data, method="POST", path="/"):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, data=data, headers=headers,
                                     method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise AwsError(f"{error.code} {error.headers.get('x-amzn-errortype', '')} {error.read().decode()}")

def call(service, target, body, **wrong):
    data = json.dumps(body).encode()
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": target}
    return json.loads(send(signed(service, headers, data, **wrong), data) or "{}")

def secrets(operation, **body):
    return call("secretsmanager", "secretsmanager." + operation, body)

def identity():
    data = b"Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return send(signed("sts", headers, data), data)
