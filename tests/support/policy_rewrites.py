"""Where our evaluator and @cloud-copilot/iam-simulate are known to differ, each as a rewrite of a case
that means the same by AWS's documents but avoids the difference. A difference counts as explained
only when, after rewriting, both ends agree and our own verdict has not moved."""
import copy
import datetime
import ipaddress
import re


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(case):
    policies = [(True, p) for p in case["identity"]]
    policies += [(name != "resourcePolicy", case[name]) for name in ("boundary", "session", "resourcePolicy") if name in case]
    for identity, policy in policies:
        for statement in listed(policy["Statement"]):
            yield identity, policy, statement


def map_conditions(case, change):
    """change(operator, key, values) gives the new values."""
    for _, _, statement in statements(case):
        for operator, keys in statement.get("Condition", {}).items():
            for key in keys:
                keys[key] = change(operator.lower(), key, listed(keys[key]))


def map_context(case, change):
    for key, value in case["context"].items():
        case["context"][key] = [change(v) for v in value] if isinstance(value, list) else change(value)


def short_arns(case):
    for identity, _, statement in statements(case):
        if "NotResource" in statement:
            statement["NotResource"] = [
                arn + ":*" * (5 - arn.count(":")) if arn != "*" and arn.count(":") < 5 and "${" not in arn
                and (identity or "*" in arn) else arn for arn in listed(statement["NotResource"])]


def resource_types(case):
    for _, _, statement in statements(case):
        for element in ("Resource", "NotResource"):
            if element in statement:
                statement[element] = [arn.replace(":*/t", ":table/t").replace(":${x:Many}", ":${xMany}") for arn in listed(statement[element])]


def old_version(case):
    for _, policy, statement in statements(case):
        if policy["Version"] != "2008-10-17":
            continue
        for element in ("Resource", "NotResource"):
            if element in statement:
                statement[element] = [t.replace("${", "${$}{") for t in listed(statement[element])]
        for keys in statement.get("Condition", {}).values():
            for key in keys:
                keys[key] = [t.replace("${", "${$}{") if isinstance(t, str) else t for t in listed(keys[key])]


def epochs(case):
    def iso(value):
        return datetime.datetime.fromtimestamp(int(value), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") \
            if re.fullmatch(r"\d{10}", str(value)) else value
    map_conditions(case, lambda op, key, values: [iso(v) for v in values] if "date" in op else values)
    map_context(case, iso)


def networks(case):
    def spell(value):
        if value == "0.0.0.0/0":
            return ["0.0.0.0/1", "128.0.0.0/1"]
        try:
            address = ipaddress.ip_address(value)
            return [f"{address}/{address.max_prefixlen}"]
        except ValueError:
            return [value]
    map_conditions(case, lambda op, key, values: [n for v in values for n in spell(v)] if "ipaddress" in op else values)

    def canonical(value):
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            return value
    map_context(case, canonical)


def numbers(case):
    map_context(case, lambda value: "no number" if value == "10x" else value)


def no_values(case):
    empty = {key.lower() for key, value in case["context"].items() if value == []}
    for _, _, statement in statements(case):
        keys = statement.get("Condition", {}).get("Null", {})
        for key in [k for k in keys if k.lower() in empty]:
            keys["x:IsNotThere"] = keys.pop(key)


def named_sessions(case):
    if "session" in case and "resourcePolicy" in case:
        del case["session"]


REWRITES = {
    "short ARN in NotResource": (short_arns, "AWS completes missing segments with *; the oracle lets such a "
                                 "statement not apply"),
    "wildcard in the resource type": (resource_types, "the oracle takes the part before the first / or :, be it in a "
                                      "variable, literally; AWS's own examples (execute-api) have wildcards there"),
    "variables in version 2008-10-17": (old_version, "they are plain text there; the oracle fills them in"),
    "epoch dates": (epochs, "AWS reads them as seconds; the oracle as milliseconds"),
    "addresses": (networks, "the oracle's /0 matches one address (a shift by 32), it compares single addresses as "
                  "texts, and does not decide between IPv4 and IPv6"),
    "numbers followed by text": (numbers, "10x is no number; the oracle reads 10"),
    "Null on a key without values": (no_values, "an empty set is null for AWS; the oracle counts the key as there"),
    "session policy beside a policy that names the session": (
        named_sessions, "such a grant is not limited by the session policy (IAM user guide, Session policies); the "
        "oracle stops at the session policy"),
}


def rewritten(case, names):
    case = copy.deepcopy(case)
    for name in names:
        REWRITES[name][0](case)
    return case
