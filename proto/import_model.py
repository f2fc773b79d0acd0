#!/usr/bin/env python3
"""Writes an annotated proto from an AWS API model in botocore's JSON form.

    import_model.py lambda.json --package gantry.aws.lambda --service Lambda \
        [--purposes operations.tsv] > aws/lambda.proto
    import_model.py ssm.json --package gantry.aws.ssm --service Ssm \
        --operations GetParameter,PutParameter --resources Name > aws/ssm.proto
    import_model.py sqs.json --package gantry.aws.sqs --service Sqs --resources QueueUrl,QueueName \
        --query sqs-of-an-older-sdk.json > aws/sqs.proto

The proto is the declaration from then on: run this for a new service, or to see what a newer model
would change, and review the difference. Field numbers follow the order of the model's members, so
a regenerated file must be checked against the old one before it replaces it.
"""
import argparse
import csv
import json
import re
import sys
import textwrap

SCALARS = {"string": "string", "integer": "int32", "long": "int64", "boolean": "bool",
           "double": "double", "float": "double", "blob": "bytes",
           "timestamp": "google.protobuf.Timestamp"}
PROTOCOLS = {("rest-json", None): "REST_JSON", ("json", "1.0"): "JSON_1_0", ("json", "1.1"): "JSON_1_1",
             ("query", None): "AWS_QUERY"}
LOCATIONS = {"uri": "PATH", "querystring": "QUERY", "header": "HEADER", "statusCode": "STATUS_CODE"}
# Deployment packages come in the request; the number is AWS's own.
MAX_REQUEST_BYTES = dict.fromkeys(("CreateFunction", "UpdateFunctionCode", "PublishLayerVersion"), 70167211)
INVOKE_OPERATIONS = {"Invoke", "InvokeAsync", "InvokeWithResponseStream"}


def snake(name):
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return name.lower().replace("-", "_").replace(".", "_")


def quote(text):
    return json.dumps(text, ensure_ascii=False)


class Importer:
    def __init__(self, model, options, purposes):
        self.model, self.package, self.service, self.purposes = model, options.package, options.service, purposes
        self.shapes = model["shapes"]
        self.meta = model["metadata"]
        wanted = options.operations.split(",") if options.operations else list(model["operations"])
        self.operations = {name: model["operations"][name] for name in wanted}
        self.resources = options.resources.split(",") if options.resources else []
        for shape in self.shapes.values():
            for member in options.omit.split(","):
                shape.get("members", {}).pop(member, None)
        self.action_prefix = options.action_prefix or self.meta["endpointPrefix"]
        # The newest of the service's protocols that the wire has.
        offered = [self.meta["protocol"], *self.meta.get("protocols", [])]
        versions = (self.meta.get("jsonVersion"), None)
        self.protocol = next(PROTOCOLS[(p, v)] for p in offered for v in versions if (p, v) in PROTOCOLS)
        self.query = {}  # the same shapes in a model of the service's older protocol
        self.uses_timestamp = False
        self.wrappers = set()
        self.reached = set()

    def constraint(self, shape):
        parts = []
        for bound in ("min", "max"):
            if bound in shape:
                parts.append(f"{bound}: {shape[bound]}")
        if "pattern" in shape:
            parts.append(f"pattern: {quote(shape['pattern'])}")
        if "enum" in shape:
            parts.append("values: [" + ", ".join(quote(v) for v in shape["enum"]) + "]")
        return "{ " + "  ".join(parts) + " }" if parts else None

    def scalar(self, shape_name):
        shape = self.shapes[shape_name]
        if shape["type"] == "structure":
            return shape_name
        if shape["type"] == "list":  # proto has no map of lists: a message that is a list on the wire
            self.wrappers.add(shape_name)
            return shape_name
        if shape["type"] == "timestamp":
            self.uses_timestamp = True
        return SCALARS[shape["type"]]

    def field_type(self, shape_name):
        shape = self.shapes[shape_name]
        if shape["type"] == "list":
            return "repeated " + self.scalar(shape["member"]["shape"])
        if shape["type"] == "map":
            return f"map<string, {self.scalar(shape['value']['shape'])}>"
        kind = self.scalar(shape_name)
        return kind if shape["type"] in ("structure", "timestamp") else "optional " + kind

    def field_annotation(self, owner, name, member):
        shape = self.shapes[member["shape"]]
        parts = []
        if "location" in member:
            parts.append(f"in: {LOCATIONS[member['location']]}")
            parts.append(f"name: {quote(member.get('locationName', name))}")
        elif owner.get("payload") == name or member.get("eventpayload"):
            parts.append("in: EVENT_STREAM" if shape.get("eventstream") else "in: PAYLOAD")
        if name in owner.get("required", []):
            parts.append("required: true")
        if shape.get("sensitive"):
            parts.append("sensitive: true")
        if member.get("idempotencyToken"):
            parts.append("idempotency_token: true")
        for label, target in (("value", shape),
                              ("element", self.shapes.get((shape.get("member") or shape.get("value") or {}).get("shape"))),
                              ("key", self.shapes.get((shape.get("key") or {}).get("shape")))):
            text = self.constraint(target) if target else None
            if text and target["type"] != "structure":
                parts.append(f"{label}: {text}")
        return "  ".join(parts)

    def query_annotation(self, owner_name, name):
        """How the query protocol writes a flattened list or map, where that is another service's past."""
        member = self.query.get(owner_name, {}).get("members", {}).get(name)
        shape = self.query[member["shape"]] if member else {}
        if not (shape.get("flattened") or (member or {}).get("flattened")):
            return ""
        if shape["type"] == "list":
            return f'name: {quote(shape["member"].get("locationName", name))}'
        key, value = (shape[part].get("locationName", part) for part in ("key", "value"))
        return f'name: {quote(member.get("locationName", shape.get("locationName", name)))}  key: {quote(key)}  value: {quote(value)}'

    def message(self, name, shape):
        lines = [f"message {name} {{"]
        for number, (member_name, member) in enumerate(shape["members"].items(), 1):
            options = [f"json_name = {quote(member_name)}"]
            annotation = self.field_annotation(shape, member_name, member)
            if annotation:
                options.append(f"(gantry.wire.field) = {{ {annotation} }}")
            flat = self.query_annotation(name, member_name)
            if flat:
                options.append(f"(gantry.wire.query_field) = {{ {flat} }}")
            head = f"  {self.field_type(member['shape'])} {snake(member_name)} = {number}"
            lines.append(f"{head} [{', '.join(options)}];" if len(options) == 1 else
                         f"{head} [" + ",\n      ".join(options) + "];")
        lines.append("}")
        return "\n".join(lines)

    def wrapper(self, name):
        shape = self.shapes[name]
        annotation = []
        for label, target in (("value", shape), ("element", self.shapes[shape["member"]["shape"]])):
            if self.constraint(target):
                annotation.append(f"{label}: {self.constraint(target)}")
        options = f" [(gantry.wire.field) = {{ {'  '.join(annotation)} }}]" if annotation else ""
        return (f"message {name} {{\n  option (gantry.wire.list) = true;\n"
                f"  repeated {self.scalar(shape['member']['shape'])} members = 1{options};\n}}")

    def resource(self, shape):
        members = shape["members"]
        in_path = next((m for m, v in members.items() if v.get("location") == "uri"), "")
        return in_path or next((m for m in self.resources if m in members), "")

    def operation(self, name, operation):
        # A request message belongs to one operation: one without input gets a message of its own.
        request = operation.get("input", {}).get("shape") or f"{name}Request"
        shape = self.shapes.setdefault(request, {"type": "structure", "members": {}})
        self.reach(request)
        self.reach(operation.get("output", {}).get("shape"))
        http = operation["http"]
        action = "InvokeFunction" if name in INVOKE_OPERATIONS else name
        parts = [f"action: {quote(self.action_prefix + ':' + action)}  resource: {quote(self.resource(shape))}"]
        if self.protocol == "REST_JSON":
            parts.insert(0, f"method: {quote(http['method'])}  uri: {quote(http['requestUri'])}  "
                         f"status: {http.get('responseCode', 200)}"
                         + (f"  max_request_bytes: {MAX_REQUEST_BYTES[name]}" if name in MAX_REQUEST_BYTES else ""))
        errors = ", ".join(quote(self.error_name(e["shape"])) for e in operation.get("errors", []))
        parts.append(f"errors: [{errors}]")
        if operation.get("readonly"):
            parts.append("read_only: true")
        if operation.get("deprecated"):
            parts.append("deprecated: true")
        output = operation.get("output", {}).get("shape")
        streams = output and any(self.shapes[m["shape"]].get("eventstream")
                                 for m in self.shapes[output]["members"].values())
        comment = textwrap.fill(self.purposes.get(name, ""), 96, initial_indent="  // ", subsequent_indent="  // ")
        body = "\n      ".join(parts)
        return ((comment + "\n" if self.purposes.get(name) else "") +
                f"  rpc {name}({request}) returns "
                f"({'stream ' if streams else ''}{output or 'google.protobuf.Empty'}) {{\n"
                f"    option (gantry.wire.operation) = {{\n      {body} }};\n  }}")

    def error_name(self, shape):
        """As the wire has it: the query protocol sends codes, the others the names of shapes."""
        code = self.shapes[shape].get("error", {}).get("code")
        return code if self.protocol == "AWS_QUERY" and code else shape

    def errors(self):
        used = {e["shape"] for o in self.operations.values() for e in o.get("errors", [])}
        for name, shape in sorted(self.shapes.items()):
            if not shape.get("exception") or (self.protocol != "REST_JSON" and name not in used):
                continue
            status = shape.get("error", {}).get("httpStatusCode", 500 if shape.get("fault") else 400)
            if self.protocol == "REST_JSON" and "httpStatusCode" not in shape.get("error", {}):
                continue
            member = next((m for m in shape["members"] if m.lower() == "message"), "message")
            yield f"    errors: {{ name: {quote(self.error_name(name))}  status: {status}  message_member: {quote(member)} }}"

    def query_binding(self):
        if not self.query:
            return []
        codes = [(e, self.query.get(e, {}).get("error", {}).get("code", e))
                 for e in sorted({e["shape"] for o in self.operations.values() for e in o.get("errors", [])})]
        return ["  option (gantry.wire.query) = {", f"    xml_namespace: {quote(self.query_namespace)}",
                *[f"    codes: {{ error: {quote(e)}  code: {quote(c)} }}" for e, c in codes if e != c], "  };"]

    def reach(self, name):
        """Notes a shape and what it holds: only those are written."""
        if name is None or name in self.reached:
            return
        self.reached.add(name)
        shape = self.shapes[name]
        inner = [m["shape"] for m in shape.get("members", {}).values()]
        inner += [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]
        for held in inner:
            self.reach(held)

    def render(self):
        operations = [self.operation(n, o) for n, o in self.operations.items()]
        messages = [self.message(n, s) for n, s in self.shapes.items()
                    if s["type"] == "structure" and n in self.reached]
        messages += [self.wrapper(n) for n in sorted(self.wrappers)]
        meta = self.meta
        prefix = f"  target_prefix: {quote(meta['targetPrefix'])}" if self.protocol.startswith("JSON") else ""
        if self.protocol == "AWS_QUERY":
            prefix = f"\n    xml_namespace: {quote(meta['xmlNamespace'])}"
        extent = "every operation, its" if len(operations) == len(self.model["operations"]) else "the operations that Gantry has, their"
        imports = ["google/protobuf/empty.proto"] if any("google.protobuf.Empty" in o for o in operations) else []
        if self.uses_timestamp:
            imports.append("google/protobuf/timestamp.proto")
        imports.append("gantry/wire.proto")
        if self.query:
            imports.append("gantry/wire_query.proto")
        return "\n".join([
            f"// {meta['serviceFullName']}, API version {meta['apiVersion']}: {extent} wire form and constraints.",
            "syntax = \"proto3\";", "", f"package {self.package};", "",
            "// Thousands of fields that are read by reflection: small code over fast code.",
            "option optimize_for = CODE_SIZE;", "",
            *[f'import "{i}";' for i in imports], "",
            f"service {self.service} {{",
            "  option (gantry.wire.service) = {",
            f"    protocol: {self.protocol}  signing_name: {quote(meta.get('signingName', meta['endpointPrefix']))}  "
            f"api_version: {quote(meta['apiVersion'])}{prefix}",
            *self.errors(), "  };", *self.query_binding(), "", "\n\n".join(operations), "}", "", "\n\n".join(messages), ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--package", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--purposes", help="TSV with the columns operation and purpose")
    parser.add_argument("--operations", help="only these, separated by commas; all of them without")
    parser.add_argument("--resources", help="members that name the resource where no path does, the first that is there")
    parser.add_argument("--omit", default="", help="optional members that are left out wherever they are")
    parser.add_argument("--query", help="an older model of the service, in the query protocol that it speaks as well")
    parser.add_argument("--action-prefix", help="of IAM actions, where it is not the endpoint's")
    options = parser.parse_args()
    purposes = {}
    if options.purposes:
        with open(options.purposes, newline="") as table:
            for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
                purposes[row["operation"]] = row["purpose"]
    with open(options.model) as model:
        importer = Importer(json.load(model), options, purposes)
    if options.query:
        with open(options.query) as model:
            older = json.load(model)
        importer.query, importer.query_namespace = older["shapes"], older["metadata"]["xmlNamespace"]
    sys.stdout.write(importer.render())


if __name__ == "__main__":
    main()
