"""Validates messages with protovalidate: a JSON line for each message that is not valid.

Arguments: an image, the full name of a type, and a file of messages, each with its length in four
bytes before it.
"""

import json
import struct
import sys

import protovalidate
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

image, name, messages = sys.argv[1:]
files = descriptor_pb2.FileDescriptorSet()
with open(image, "rb") as file:
    files.ParseFromString(file.read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file)
kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
validator = protovalidate.Validator()
count = 0
with open(messages, "rb") as file:
    while length := file.read(4):
        message = kind.FromString(file.read(struct.unpack("<I", length)[0]))
        count += 1
        violations = validator.collect_violations(message)
        if violations:
            rules = sorted({f"{it.proto.field.elements[-1].field_name}: {it.proto.rule_id}" for it in violations})
            print(json.dumps({"message": str(message), "rules": rules}))
print(f"validated {count}")
