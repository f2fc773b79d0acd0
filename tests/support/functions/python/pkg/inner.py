"""A handler in a folder."""


def handler(event, context):
    return "nested"
