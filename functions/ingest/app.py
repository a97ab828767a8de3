"""Stub."""


def handler(event, context):
    return {}
