"""The situations of the case collection of @cloud-copilot/iam-simulate (its repository, src/core_engine/coreEngineTests),
told in words of our own: those about identity, resource, boundary, session and trust policies. What it has besides is
about things that this platform has not: organisations (service and resource control policies), VPC endpoints, the
S3 setting for tags, and its exploring of requests that are left open.

COLLECTION gives (name, case, verdict); a case is what tests/support/policy_oracle.cpp reads."""

A, I, E = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied"
HOME, AWAY = "111122223333", "444455556666"
BOOK = "arn:aws:s3:::library/book"
ANYONE, NOBODY = "*", ""


def user(name="ada", account=HOME):
    return f"arn:aws:iam::{account}:user/{name}"


def role(name="reader", account=HOME):
    return f"arn:aws:iam::{account}:role/{name}"


def session(name="reader", account=HOME):
    return f"arn:aws:sts::{account}:assumed-role/{name}/today"


def account(number=HOME):
    return f"arn:aws:iam::{number}:root"


def allow(action="s3:GetObject", resource=BOOK, effect="Allow", **more):
    """A statement; an action or a resource that is None is left out."""
    out = {"Effect": effect}
    if action is not None:
        out["Action"] = action
    if resource is not None:
        out["Resource"] = resource
    return {**out, **more}


def deny(action="s3:GetObject", resource=BOOK, **more):
    return allow(action, resource, "Deny", **more)


def to(who):
    return {"Principal": who if who == "*" else {"Service": who} if who.endswith(".com") else {"AWS": who}}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def case(identity=(), who=None, action="s3:GetObject", resource=BOOK, owner=HOME, policy=None, boundary=None,
         limits=None, delegates=False, **context):
    """identity, policy (of the resource), boundary and limits (of the session): one statement or several."""
    def listed(value):
        return [value] if isinstance(value, dict) else list(value)
    out = {"principal": user() if who is None else who, "action": action, "resource": resource,
           "resourceAccount": owner, "context": {k.replace("__", ":"): v for k, v in context.items()},
           "identity": [document(*listed(identity))] if identity else [], "delegates": delegates}
    for name, statements in (("resourcePolicy", policy), ("boundary", boundary), ("session", limits)):
        if statements is not None:
            out[name] = document(*listed(statements))
    return out


def identities():
    get = "s3:ListBucket"
    shelf = "arn:aws:s3:::library"

    def ask(*statements, **more):
        return case(statements, **{"action": get, "resource": shelf, **more})
    yield "no policies", I, case(action="s3:ListAllMyBuckets", resource="*")
    yield "another action", I, ask(allow(get, shelf), action="s3:ListAllMyBuckets")
    yield "that action on that resource", A, ask(allow(get, shelf))
    yield "on everything", A, ask(allow(get, "*"))
    yield "denied", E, ask(deny(get, shelf))
    yield "allowed and denied", E, ask(allow(get, shelf), deny(get, shelf))
    yield "another resource", I, ask(allow(get, shelf), resource="arn:aws:s3:::archive")
    prefix = {"StringEquals": {"s3:prefix": "open/"}}
    yield "a condition that holds", A, ask(allow(get, shelf, Condition=prefix), s3__prefix="open/")
    yield "all actions but this", I, ask(allow(None, shelf, NotAction=get))
    yield "all actions but these", I, ask(allow(None, shelf, NotAction=[get, "s3:GetObject"]))
    yield "all resources but another", A, ask(allow(get, None, NotResource="arn:aws:s3:::archive"))
    yield "of another account", I, ask(allow(get, shelf), owner=AWAY)
    secret = case([allow(get, shelf, Condition=prefix),
                   allow("s3:GetObject", "arn:aws:s3:::library/*",
                         Condition={"StringNotEquals": {"s3:ExistingObjecttag/Class": "secret"}})])
    secret["context"] = {"s3:ExistingObjectTag/Class": "secret"}
    yield "a key in another case", I, secret


def resources(here):
    """here: who asks and what is asked for are of one account."""
    where = HOME if here else AWAY

    def ask(identity=(), policy=None):
        return case(identity, who=user(account=where), policy=policy)
    yes, no = allow(), deny()
    yield "no policies", I, ask()
    if here:
        yield "the resource's for somebody else", I, ask(policy=allow(**to(user("bob"))))
    yield "the identity's", A if here else I, ask(yes)
    yield "the resource's, by name", A if here else I, ask(policy=allow(**to(user(account=where))))
    yield "the resource's, for the account", I, ask(policy=allow(**to(account(where))))
    yield "the resource's, for an account's number", I, ask(policy=allow(**to(HOME)))
    yield "both", A, ask(yes, allow(**to(account(where))))
    yield "denied by the identity's", E, ask(no, allow(**to(account(where))))
    yield "denied by the resource's", E, ask(yes, deny(**to(account(where))))


def denials():
    yield "a user whom the resource allows", E, case(deny(resource="*"), policy=allow(**to(user())))
    yield "a role whom the resource allows", E, case(deny(resource="arn:aws:s3:::library/*"), who=role(),
                                                     policy=allow(**to(role())))
    yield "a session that the resource allows", E, case(deny("s3:*", "*"), who=session(),
                                                        policy=allow(**to(session())))
    yield "of one action among others", E, case(
        [allow(resource="*"), deny("s3:DeleteObject", "*")], action="s3:DeleteObject",
        policy=allow("s3:DeleteObject", **to(user())))


def anonymous():
    def ask(policy=None, **context):
        return case(who=NOBODY, policy=policy, **context)
    public = "arn:aws:s3:::library/*"
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    yield "no policy", I, ask()
    yield "everybody", A, ask(allow(resource=public, **to(ANYONE)))
    yield "a user", I, ask(allow(resource=public, **to(user())))
    yield "an account", I, ask(allow(resource=public, **to(account())))
    yield "a service", I, ask(allow(resource=public, **to("ec2.amazonaws.com")))
    yield "everybody but a user", A, ask(allow(resource=public, NotPrincipal={"AWS": user()}))
    yield "everybody but everybody", I, ask(allow(resource=public, NotPrincipal="*"))
    yield "a condition that holds", A, ask(allow(resource=public, Condition=secure, **to(ANYONE)),
                                           aws__SecureTransport="true")
    yield "a condition without its key", I, ask(allow(resource=public, Condition=secure, **to(ANYONE)))


def conditions():
    sensitive = {"StringEqualsIfExists": {"aws:ResourceTag/class": "sensitive"},
                 "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-mine"},
                 "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    for label, verdict, tag in (("without the key", E, None), ("with the value", E, "sensitive"),
                                ("with another value", A, "public")):
        one = case([allow("s3:*", "*"), deny("s3:*", "*", Condition=sensitive)], resource="*")
        if tag:
            one["context"] = {"aws:ResourceTag/class": tag}
        yield "a denial of IfExists, " + label, verdict, one
    for org, verdict in (("o-one", A), ("o-three", I)):
        yield "ForAllValues on one value, " + org, verdict, case(
            allow("*", "*", Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgId": ["o-one", "o-two"]}}),
            aws__PrincipalOrgId=org)
    tagged = case(allow("*", "*", Condition={"StringEquals": {"aws:PrincipalTag/Team": ["a", "b"]}}))
    tagged["context"] = {"aws:PrincipalTag/Team": "a"}
    yield "one of two values", A, tagged
    yield "two conditions, one of many values", A, case(
        allow(Condition={"StringEquals": {"s3:prefix": "open/"},
                         "ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": ["ou-1"]}}),
        s3__prefix="open/", aws__PrincipalOrgPaths=["ou-1"])
    for operator, holds, fails in (("NumericGreaterThan", "15", "5"), ("NumericLessThan", "5", "15"),
                                   ("NumericGreaterThanEquals", "10", "9"), ("NumericLessThanEquals", "10", "11")):
        for value, verdict in ((holds, A), (fails, I)):
            yield f"{value} {operator} 10", verdict, case(
                allow("*", "*", Condition={operator: {"aws:MultiFactorAuthAge": "10"}}),
                aws__MultiFactorAuthAge=value)


def odd_actions():
    two = "s3:GetObject,PutObject"
    yield "two behind one comma, the first", I, case(allow(two, "*"))
    yield "two behind one comma, the second", I, case(allow(two, "*"), action="s3:PutObject")
    yield "two behind one comma are not denied", A, case([allow("s3:*", "*"), deny(two, "*")])
    yield "one of a list is right", A, case(allow([two, "s3:GetObject"], "*"))
    yield "a comma among wildcards", I, case(allow("s3:Get*,Put*", "*"))
    yield "a comma at the end", I, case(allow("s3:GetObject,", "*"))
    for label, action in (("nothing", "s3:"), ("blanks", "s3:      "), ("blanks after", "s3:GetObject   "),
                          ("blanks before", "s3:   GetObject")):
        yield label + " for an action", I, case(allow(action, "*"))
        yield "all but " + label, A, case(allow(None, "*", NotAction=action))


def principals():
    bob, eve = user("bob"), user("eve")

    def all_but(*names):
        return case(policy=allow(NotPrincipal={"AWS": names[0] if len(names) == 1 else list(names)}))
    yield "all but another", A, all_but(bob)
    yield "all but others", A, all_but(bob, eve)
    yield "all but me", I, all_but(user())
    yield "all but me and another", I, all_but(user(), bob)
    yield "an allowing statement without one", I, case(policy=allow())
    yield "a denying statement without one", A, case(allow(), policy=deny())
    yield "a statement without one beside another", A, case(policy=[allow(), allow(**to(ANYONE))])
    yield "a denial of all but me", A, case(allow(), who=role(), policy=deny(NotPrincipal={"AWS": role()}))
    yield "the same with a boundary", E, case(allow(resource="*"), who=role(), boundary=allow("*", "*"),
                                              policy=deny(NotPrincipal={"AWS": role()}))
    yield "a role by its name", A, case(who=role(), policy=allow(**to(role())))
    yield "a session by its role", A, case(who=session(), policy=allow(**to(role())))
    yield "a denied role", E, case(allow(**to(role())), who=role(), policy=deny(**to(role())))
    yield "a session of a denied role", E, case(allow(**to(role())), who=session(), policy=deny(**to(role())))


def boundaries(here):
    owner = HOME if here else AWAY
    yes, no, all_s3, no_s3, other = allow(), deny(), allow("s3:*", "*"), deny("s3:*", "*"), allow("ec2:*", "*")

    def ask(identity, boundary, who=None, policy=None):
        return case(identity, who=who or role(), owner=owner, boundary=boundary, policy=policy)
    yield "both allow", A if here else I, ask(yes, all_s3)
    yield "the boundary is silent", I, ask(yes, other)
    yield "the identity denies", E, ask(no, all_s3)
    yield "both deny", E, ask(no, no_s3)
    yield "the identity denies, the boundary denies all of the service", E, ask(no, [no_s3, other])
    yield "the identity is silent", I, ask((), all_s3)
    for verdict, boundary, label in ((E, no_s3, "denies"), (I, other, "is silent")):
        yield f"the boundary {label}, the resource allows the role, which asks", verdict, ask(
            (), boundary, policy=allow(**to(role())))
        yield f"the boundary {label}, the resource allows the role, its session asks", verdict, ask(
            (), boundary, session(), allow(**to(role())))
    yield "the boundary denies, the resource allows the session", E, ask((), no_s3, session(), allow(**to(session())))
    # Of an account's own sessions a policy of the resource is not bounded.
    yield "the boundary is silent, the resource allows the session", A if here else I, ask(
        (), other, session(), allow(**to(session())))
    if not here:
        yield "the same with the identity's leave", I, ask(allow(resource="*"), other, session(),
                                                           allow(**to(session())))
        yield "the boundary is silent, the resource allows the user", I, ask((), other, user(), allow(**to(user())))


def sessions():
    other = allow("ec2:*", "*")

    def ask(limits, identity=(), policy=None):
        return case(identity, who=session(), limits=limits, policy=policy)
    yield "who I am, though all is denied", A, case(who=session(), action="sts:GetCallerIdentity", resource="*",
                                                    limits=deny("*", "*"))
    yield "both allow", A, ask(allow("*", "*"), allow())
    yield "the session alone allows", I, ask(allow("*", "*"))
    yield "the session is silent", I, ask(other, allow())
    yield "the session denies", E, ask(deny(resource="*"), allow())
    yield "the session is silent, the resource allows the role", I, ask(other, policy=allow(**to(role())))
    yield "the session denies, the resource allows the role", E, ask(deny(resource="*"), policy=allow(**to(role())))
    yield "the session is silent, the resource allows it by name", I, ask(other, policy=allow(**to(session())))


def guarded(action, resource, service, here):
    """A key or a role: its own policy must let the account in."""
    where = HOME if here else AWAY
    me, yes = user(account=where), allow(action, resource)

    def ask(identity=(), policy=None):
        return case(identity, who=me, action=action, resource=resource, policy=policy, delegates=True)

    def its(who, target="*", effect=allow):
        return effect(action, target, **to(who))
    yield "no policies", I, ask()
    yield "its policy for somebody else", I, ask(policy=its(user("bob", where)))
    yield "the identity's alone", I, ask(yes) if service == "kms" or not here else ask(yes, its(user("bob"), resource))
    yield "its policy for the account", I, ask(policy=its(account(where)))
    yield "its policy by name", A if here else I, ask(policy=its(me, resource))
    yield "its policy for the account's number", I, ask(policy=its(where))
    yield "both", A, ask(yes, its(account(where)))
    yield "denied by the identity's", E, ask(deny(action, resource), its(account(where)))
    yield "denied by its policy", E, ask(yes, its(account(where), effect=deny))


def security_tokens():
    for here in (True, False):
        where = "of the account, " if here else "of another account, "
        target = f"arn:aws:iam::{HOME}:user/target"

        def ask(*identity):
            return case(identity, who=user(account=HOME if here else AWAY), action="sts:GetFederationToken",
                        resource=target)
        yield where + "no policies", I, ask()
        yield where + "allowed", A if here else I, ask(allow("sts:GetFederationToken", target))
        yield where + "denied", E, ask(deny("sts:GetFederationToken", target))
    yield "who I am", A, case(action="sts:GetCallerIdentity", resource="*")
    yield "who I am, though denied", A, case(deny("sts:GetCallerIdentity", "*"), action="sts:GetCallerIdentity",
                                             resource="*")
    service = "lambda.amazonaws.com"

    def assume(trusted):
        return {**case(who=service, action="sts:AssumeRole", resource=role("service-role/worker"), delegates=True,
                       policy=allow("sts:AssumeRole", None, **to(trusted))), "trust": True}
    yield "a service that is trusted", A, assume(service)
    yield "another service than the trusted one", I, assume("logs.amazonaws.com")
    yield "a service without a policy", I, case(who=service)


def whole_services():
    """Actions on no resource."""
    listing = "s3:ListAllMyBuckets"
    shelf, yes = "arn:aws:s3:::library", allow(listing, "*")

    def ask(*identity, boundary=None):
        return case(identity, action=listing, resource="*", boundary=boundary)
    yield "on one resource", I, ask(allow(listing, shelf))
    yield "on all", A, ask(yes)
    yield "on all but one", A, ask(allow(listing, None, NotResource=shelf))
    yield "on all but all", I, ask(allow(listing, None, NotResource="*"))
    yield "on several", I, ask(allow(listing, [shelf, "arn:aws:s3:::archive", "arn:aws:s3:::attic/*"]))
    yield "on one and on all", A, ask(allow(listing, [shelf, "*"]))
    yield "denied on all", E, ask(yes, deny(listing, "*"))
    yield "denied on one", A, ask(yes, deny(listing, shelf))
    yield "denied on all but one", E, ask(yes, deny(listing, None, NotResource=shelf))
    yield "denied on all but all", A, ask(yes, deny(listing, None, NotResource="*"))
    yield "within a boundary of the service", A, ask(yes, boundary=allow("s3:*", "*"))
    yield "within a boundary of one resource", I, ask(yes, boundary=allow("s3:*", shelf))
    yield "of keys, which need no policy of theirs for it", A, case(allow("kms:ListKeys", "*"), action="kms:ListKeys",
                                                                   resource="*")


def prefixes():
    """Many resources at once, by a pattern in the request."""
    everything, public, private = (f"arn:aws:s3:::library/{part}*" for part in ("", "public/", "private/"))

    def ask(resource, *identity):
        return case(identity, resource=resource)
    yes = allow(resource=everything)
    yield "a part of what is allowed", A, ask(public, yes)
    yield "another part than what is allowed", I, ask(private, allow(resource=public))
    yield "all but another part", A, ask(public, allow(resource=None, NotResource=private))
    yield "all but this part", I, ask(private, allow(resource=None, NotResource=private))
    yield "a part that is denied", E, ask(private, yes, deny(resource=private))
    yield "another part is denied", A, ask(public, yes, deny(resource=private))
    yield "a part of it is denied", A, ask(everything, yes, deny(resource=private))
    yield "all but another part is denied", E, ask(private, yes, deny(resource=None, NotResource=public))
    yield "all but this part is denied", A, ask(public, yes, deny(resource=None, NotResource=public))


def kept_by_aws():
    """What nobody may do, whatever policies say: AWS's own policies, reserved roles and aliases."""
    managed = "arn:aws:iam::aws:policy/AdministratorAccess"

    def ask(action, resource, *more):
        return case([allow("*", "*"), *more], action=action, resource=resource)
    for action in ("GenerateServiceLastAccessedDetails", "GetPolicy", "GetPolicyVersion", "ListEntitiesForPolicy",
                   "ListPolicyTags", "ListPolicyVersions"):
        yield "read a policy of AWS: " + action, A, ask("iam:" + action, managed)
    for action in ("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion",
                   "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy"):
        yield "change a policy of AWS: " + action, I, ask("iam:" + action, managed)
        yield "change a policy of one's own: " + action, A, ask("iam:" + action,
                                                                f"arn:aws:iam::{HOME}:policy/Administrators")
    reserved = role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1")
    for action in ("GenerateServiceLastAccessedDetails", "GetContextKeysForPrincipalPolicy", "GetRole", "GetRolePolicy",
                   "GetServiceLinkedRoleDeletionStatus", "ListAttachedRolePolicies", "ListInstanceProfilesForRole",
                   "ListPoliciesGrantingServiceAccess", "ListRolePolicies", "ListRoleTags", "SimulatePrincipalPolicy"):
        yield "read a reserved role: " + action, A, ask("iam:" + action, reserved)
        yield "read a role of one's own: " + action, A, ask("iam:" + action, role())
    for action in ("AttachRolePolicy", "CreateRole", "CreateServiceLinkedRole", "DeleteRole",
                   "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DeleteServiceLinkedRole", "DetachRolePolicy",
                   "PassRole", "PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UntagRole",
                   "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"):
        yield "change a reserved role: " + action, I, ask("iam:" + action, reserved)
        yield "change a role of one's own: " + action, A, ask("iam:" + action, role())
    for action in ("DeleteAlias", "CreateAlias", "UpdateAlias"):
        key = f"arn:aws:kms:us-east-1:{HOME}:alias/"
        yield "an alias of one's own: " + action, A, ask("kms:" + action, key + "mine")
        yield "an alias of AWS: " + action, I, ask("kms:" + action, key + "aws/s3")
    yield "an alias of AWS, denied", E, ask("kms:DeleteAlias", key + "aws/s3", deny("kms:DeleteAlias", key + "aws/s3"))


def collection():
    groups = {"identity": identities(), "resource": resources(True), "resource elsewhere": resources(False),
              "denial": denials(), "anonymous": anonymous(), "condition": conditions(), "action": odd_actions(),
              "principal": principals(), "boundary": boundaries(True), "boundary elsewhere": boundaries(False),
              "session": sessions(),
              "key": guarded("kms:DescribeKey", f"arn:aws:kms:us-east-1:{HOME}:key/1", "kms", True),
              "key elsewhere": guarded("kms:DescribeKey", f"arn:aws:kms:us-east-1:{HOME}:key/1", "kms", False),
              "role": guarded("sts:AssumeRole", role(), "sts", True),
              "role elsewhere": guarded("sts:AssumeRole", role(), "sts", False),
              "token": security_tokens(), "no resource": whole_services(), "prefix": prefixes(),
              "kept by AWS": kept_by_aws()}
    for group, cases in groups.items():
        for name, verdict, one in cases:
            yield f"{group}: {name}", one, verdict


COLLECTION = list(collection())

# Where our evaluator gives another verdict than the collection, and why.
DIFFERENT = {
    "session: the session is silent, the resource allows it by name":
        "such a grant is not limited by the session policy (IAM user guide, Session policies)",
    **{name: "not a matter of policies: the service itself refuses it (tests/clients/iam_test.py and "
             "secrets_test.py); roles that AWS reserves are not here at all"
       for name, _, verdict in COLLECTION if name.startswith("kept by AWS") and verdict == I},
    **{name: "decided before any policy is looked at (AccessControl::authorize)"
       for name, _, _ in COLLECTION if ": who I am" in name},
}

# Documents that IAM and we refuse when they are written, so that there is nothing to decide.
REFUSED = {name for name, _, _ in COLLECTION if name.startswith("action: ")} | {
    "principal: an allowing statement without one", "principal: a denying statement without one",
    "principal: a statement without one beside another",
    # A principal in the policy of an identity.
    "principal: a denied role", "principal: a session of a denied role",
}
