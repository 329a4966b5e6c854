"""Reads messages with the types of an image: for each a JSON line, with its bytes and its JSON form.

Arguments: an image, the full name of a type, and a file of messages, each with its length in four
bytes before it.
"""

import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

image, name, messages = sys.argv[1:]
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
        written = {
            "bytes": message.SerializeToString(deterministic=True).hex(),
            "json": json_format.MessageToDict(message),
        }
        print(json.dumps(written))
