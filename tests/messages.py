"""Reads messages with the types of an image, and prints a JSON line for each.

Arguments: what to print, an image, the full name of a type, and a file of messages, each with its
length in four bytes before it. `read` prints its bytes and its JSON form, `validate` the rules of
protovalidate that it breaks.
"""

import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


def read(message):
    written = message.SerializeToString(deterministic=True)
    return {"bytes": written.hex(), "json": json_format.MessageToDict(message)}


def validate(message):
    violations = validator.collect_violations(message)
    rules = {f"{it.proto.field.elements[-1].field_name}: {it.proto.rule_id}" for it in violations}
    return {"text": str(message), "rules": sorted(rules)}


what, image, name, messages = sys.argv[1:]
if what == "validate":
    import protovalidate

    validator = protovalidate.Validator()
files = descriptor_pb2.FileDescriptorSet()
with open(image, "rb") as file:
    files.ParseFromString(file.read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file)
kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
with open(messages, "rb") as file:
    while length := file.read(4):
        message = kind.FromString(file.read(struct.unpack("<I", length)[0]))
        print(json.dumps({"read": read, "validate": validate}[what](message)))
