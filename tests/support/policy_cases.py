"""Random access cases for the differential test of the policy evaluator. Seeded: the same seed gives
the same cases. Small vocabularies, so that statements and requests meet often."""
import random

ACCOUNTS = ["111122223333", "444455556666"]
ACTIONS = ["s3:GetObject", "s3:PutObject", "lambda:InvokeFunction", "lambda:GetFunction", "sqs:SendMessage",
           "dynamodb:GetItem"]
ACTION_PATTERNS = ["*", "s3:*", "s3:Get*", "S3:getobject", "s3:???Object", "lambda:Invoke*", "lambda:*Function",
                   "lambda:InvokeFunction", "sqs:SendMessage", "sqs:*Mess?ge", "dynamodb:*", "s3:PutObject",
                   "lambda:g*n", "dynamodb:Get?tem"]
RESOURCES = ["arn:aws:s3:::bucket/a/alice/x.txt", "arn:aws:s3:::bucket/a.b+c", "arn:aws:s3:::other/x",
             "arn:aws:lambda:us-east-1:111122223333:function:f", "arn:aws:lambda:us-east-1:111122223333:function:f:live",
             "arn:aws:sqs:us-east-1:444455556666:queue", "arn:aws:dynamodb:eu-west-1:111122223333:table/t", "*"]
RESOURCE_PATTERNS = ["*", "*", "arn:aws:s3:::*", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/${aws:username}/*",
                     "arn:aws:s3:::bucket/a/${x:Team, 'alice'}/*", "arn:aws:s3:::bucket/a?b+c", "arn:aws:s3:::other/x",
                     "arn:aws:lambda:*:*:function:f", "arn:aws:lambda:us-east-1:111122223333:function:*",
                     "arn:aws:lambda:us-????-1:*:function:f*", "arn:aws:lambda:*", "arn:aws:lambda",
                     "arn:aws:sqs:*:444455556666:q*", "arn:aws:dynamodb:*:*:table/?", "arn:aws:dynamodb:*:*:*/t",
                     "arn:*:s3:::*/x", "arn:aws:s3:::bucket/${*}", "arn:aws:sqs:us-east-1:444455556666:${x:Many}"]
PRINCIPALS = ["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/team/bob",
              "arn:aws:sts::111122223333:assumed-role/app/s1", "arn:aws:sts::444455556666:assumed-role/app/s1",
              "arn:aws:iam::444455556666:user/alice", "arn:aws:sts::111122223333:federated-user/alice",
              "events.amazonaws.com"]
POLICY_PRINCIPALS = ["*", {"AWS": "*"}, {"AWS": "111122223333"}, {"AWS": "arn:aws:iam::111122223333:root"},
                     {"AWS": "arn:aws:iam::444455556666:root"}, {"AWS": "arn:aws:iam::111122223333:user/alice"},
                     {"AWS": ["arn:aws:iam::111122223333:user/team/bob", "444455556666"]},
                     {"AWS": "arn:aws:iam::111122223333:role/app"}, {"AWS": "arn:aws:iam::111122223333:role/path/app"},
                     {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s1"},
                     {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s2"}, {"Service": "events.amazonaws.com"},
                     {"Service": ["s3.amazonaws.com", "events.amazonaws.com"]},
                     {"AWS": "arn:aws:iam::444455556666:user/alice", "Service": "s3.amazonaws.com"}]

# kind: (operators, values in policies, values in requests)
KINDS = {
    "string": (["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
                "StringNotLike", "stringlike"],
               ["a", "A", "ab", "a*", "a?", "*b", "alice", "${aws:username}", "${x:Team}", "${x:Team, 'a'}", "${*}",
                "a.b", "", "\u00e4?", "${x:Many}"],
               ["a", "A", "ab", "abb", "alice", "*", "a*", "a.b", "axb", "\u00e4\u00f6", "${x:Team}"]),
    "numeric": (["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                 "NumericGreaterThanEquals"],
                ["1", "10", "10.5", "-3", "abc", "007"], ["1", "10", "10.50", "-3", "9", "many", "10x"]),
    "date": (["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
              "DateGreaterThanEquals"],
             ["2025-01-31T00:00:00Z", "2025-01-31", "1738281600", "2025-06-01T12:30:00+02:00", "later"],
             ["2025-01-31T00:00:00Z", "2025-02-01T00:00:00Z", "1738281600", "1738281599", "2025-06-01T10:30:00Z", "soon"]),
    "bool": (["Bool"], ["true", "false", "True", True, "${x:Flag}", "maybe"], ["true", "false", "TRUE", "no"]),
    "binary": (["BinaryEquals"], ["QmluYXJ5", "AAEC"], ["QmluYXJ5", "AAED", "AAEC"]),
    "ip": (["IpAddress", "NotIpAddress"],
           ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "192.168.1.128/25", "2001:db8::/32", "2001:db8::1/128", "0.0.0.0/0",
            "2001:db8::1", "10.0.0.0/33"],
           ["10.1.2.3", "10.2.2.3", "192.168.1.127", "192.168.1.200", "2001:db8::1", "2001:db9::1",
            "2001:db8:0:0:0:0:0:1", "nowhere"]),
    "arn": (["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
            ["arn:aws:sns:*:111122223333:t*", "arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:s3:::bucket",
             "arn:aws:iam::111122223333:user/${aws:username}", "arn:aws:*:topic", "arn:aws:sns:us-*:*:?opic", "*"],
            ["arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket:x",
             "arn:aws:iam::111122223333:user/alice", "no arn"]),
}
KEYS = {"string": ["aws:username", "x:Team", "x:Many", "aws:PrincipalTag/Team"], "numeric": ["x:Size", "x:Sizes"],
        "date": ["aws:CurrentTime", "x:When"], "bool": ["aws:SecureTransport", "x:Flag"], "binary": ["x:Blob"],
        "ip": ["aws:SourceIp", "x:Address"], "arn": ["aws:SourceArn", "x:Arns"]}
MANY = {"x:Many", "x:Sizes", "x:Arns"}


class Cases:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def some(self, values, most=3):
        picked = self.random.sample(values, self.random.randint(1, min(most, len(values))))
        return picked[0] if len(picked) == 1 and self.chance(0.5) else picked

    def condition(self):
        out = {}
        for _ in range(self.random.choice([1, 1, 1, 2])):
            kind = self.random.choice(list(KINDS))
            operators, wanted, _ = KINDS[kind]
            key = self.random.choice(KEYS[kind])
            if self.chance(0.1):
                out["Null"] = {key: self.random.choice(["true", "false", True, False])}
                continue
            name = self.random.choice(operators)
            if self.chance(0.25):
                name += "IfExists"
            if self.chance(0.6 if key in MANY else 0.1):
                name = self.random.choice(["ForAllValues:", "ForAnyValue:"]) + name
            if self.chance(0.3):
                key = key.upper() if self.chance(0.5) else key.lower()
            out.setdefault(name, {})[key] = self.some(wanted)
        return out

    def statement(self, principal):
        out = {"Effect": "Allow" if self.chance(0.75) else "Deny"}
        if self.chance(0.3):
            out["Sid"] = "S" + str(self.random.randrange(10**9))
        if principal:
            # An allow for all but some is refused by IAM's own validation.
            negated = out["Effect"] == "Deny" and self.chance(0.3)
            out["NotPrincipal" if negated else "Principal"] = self.random.choice(POLICY_PRINCIPALS)
        out["NotAction" if self.chance(0.12) else "Action"] = self.some(ACTION_PATTERNS)
        out["NotResource" if self.chance(0.12) else "Resource"] = self.some(RESOURCE_PATTERNS)
        if self.chance(0.45):
            out["Condition"] = self.condition()
        return out

    def policy(self, principal=False):
        statements = [self.statement(principal) for _ in range(self.random.randint(1, 3))]
        version = "2008-10-17" if self.chance(0.04) else "2012-10-17"
        return {"Version": version, "Statement": statements[0] if len(statements) == 1 and self.chance(0.3) else statements}

    def context(self):
        out = {}
        for kind, keys in KEYS.items():
            _, _, values = KINDS[kind]
            for key in keys:
                if self.chance(0.4):
                    continue
                if key in MANY:
                    out[key] = self.random.sample(values, self.random.randint(0, 3))
                else:
                    out[key] = self.random.choice(values)
        return out

    def case(self):
        resource = self.random.choice(RESOURCES)
        service = self.chance(0.85) and resource != "*"
        actions = [a for a in ACTIONS if not service or a.split(":")[0] == resource.split(":")[2]]
        one = {"principal": self.random.choice(PRINCIPALS), "action": self.random.choice(actions), "resource": resource,
               "resourceAccount": self.random.choice(ACCOUNTS), "context": self.context(),
               "identity": [self.policy() for _ in range(self.random.randint(0, 2))]}
        if one["principal"] == "events.amazonaws.com":
            one["identity"] = []
        elif self.chance(0.2):
            one["boundary"] = self.policy()
        if "assumed-role" in one["principal"] and self.chance(0.2):
            one["session"] = self.policy()
        if self.chance(0.5):
            one["resourcePolicy"] = self.policy(principal=True)
        return one
