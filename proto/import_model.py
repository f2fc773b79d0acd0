#!/usr/bin/env python3
"""Writes an annotated proto from an AWS API model in botocore's JSON form.

    import_model.py lambda.json --package gantry.aws.lambda --service Lambda \
        [--purposes operations.tsv] > aws/lambda.proto

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
    def __init__(self, model, package, service, purposes):
        self.model, self.package, self.service, self.purposes = model, package, service, purposes
        self.shapes = model["shapes"]
        self.uses_timestamp = False
        self.wrappers = set()

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
        elif owner.get("payload") == name:
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

    def message(self, name, shape):
        lines = [f"message {name} {{"]
        for number, (member_name, member) in enumerate(shape["members"].items(), 1):
            options = [f"json_name = {quote(member_name)}"]
            annotation = self.field_annotation(shape, member_name, member)
            if annotation:
                options.append(f"(gantry.wire.field) = {{ {annotation} }}")
            head = f"  {self.field_type(member['shape'])} {snake(member_name)} = {number}"
            lines.append(f"{head} [{', '.join(options)}];" if len(options) == 1 else
                         f"{head} [{options[0]},\n      {options[1]}];")
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

    def operation(self, name, operation):
        shape = self.shapes[operation["input"]["shape"]]
        http = operation["http"]
        action = "InvokeFunction" if name in INVOKE_OPERATIONS else name
        resource = next((m for m, v in shape["members"].items() if v.get("location") == "uri"), "")
        parts = [f"method: {quote(http['method'])}  uri: {quote(http['requestUri'])}  "
                 f"status: {http.get('responseCode', 200)}"
                 + (f"  max_request_bytes: {MAX_REQUEST_BYTES[name]}" if name in MAX_REQUEST_BYTES else ""),
                 f"action: {quote(self.model['metadata']['endpointPrefix'] + ':' + action)}  resource: {quote(resource)}"]
        errors = ", ".join(quote(e["shape"]) for e in operation.get("errors", []))
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
                f"  rpc {name}({operation['input']['shape']}) returns "
                f"({'stream ' if streams else ''}{output or 'google.protobuf.Empty'}) {{\n"
                f"    option (gantry.wire.operation) = {{\n      {body} }};\n  }}")

    def errors(self):
        for name, shape in sorted(self.shapes.items()):
            if shape.get("exception") and "httpStatusCode" in shape.get("error", {}):
                member = next((m for m in shape["members"] if m.lower() == "message"), "message")
                yield (f"    errors: {{ name: {quote(name)}  status: {shape['error']['httpStatusCode']}  "
                       f"message_member: {quote(member)} }}")

    def render(self):
        operations = [self.operation(n, o) for n, o in self.model["operations"].items()]
        messages = [self.message(n, s) for n, s in self.shapes.items()
                    if s["type"] == "structure" and not s.get("exception")]
        messages += [self.wrapper(n) for n in sorted(self.wrappers)]
        meta = self.model["metadata"]
        imports = ["google/protobuf/empty.proto"]
        if self.uses_timestamp:
            imports.append("google/protobuf/timestamp.proto")
        imports.append("gantry/wire.proto")
        return "\n".join([
            f"// {meta['serviceFullName']}, API version {meta['apiVersion']}: every operation, its wire form and its constraints.",
            "syntax = \"proto3\";", "", f"package {self.package};", "",
            "// Thousands of fields that are read by reflection: small code over fast code.",
            "option optimize_for = CODE_SIZE;", "",
            *[f'import "{i}";' for i in imports], "",
            f"service {self.service} {{",
            "  option (gantry.wire.service) = {",
            f"    protocol: REST_JSON  signing_name: {quote(meta.get('signingName', meta['endpointPrefix']))}  "
            f"api_version: {quote(meta['apiVersion'])}",
            *self.errors(), "  };", "", "\n\n".join(operations), "}", "", "\n\n".join(messages), ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--package", required=True)
    parser.add_argument("--service", required=True)
    parser.add_argument("--purposes", help="TSV with the columns operation and purpose")
    options = parser.parse_args()
    purposes = {}
    if options.purposes:
        with open(options.purposes, newline="") as table:
            for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
                purposes[row["operation"]] = row["purpose"]
    with open(options.model) as model:
        sys.stdout.write(Importer(json.load(model), options.package, options.service, purposes).render())


if __name__ == "__main__":
    main()
