"""Reads the witnesses of proofs with Python's protobuf.

Reads a JSON object per line: the images of writer and reader, the names of the types, the value that
is written as text and as bytes or JSON, and the text of what the witness says Python reads (null if
it refuses the message). Prints null for each, or what differs.
"""

import json
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf import text_format

pools = {}


def kind(image, name):
    if image not in pools:
        files = descriptor_pb2.FileDescriptorSet()
        with open(image, "rb") as file:
            files.ParseFromString(file.read())
        pools[image] = descriptor_pool.DescriptorPool()
        for file in files.file:
            pools[image].Add(file)
    return message_factory.GetMessageClass(pools[image].FindMessageTypeByName(name))


def encoded(message):
    message.DiscardUnknownFields()
    return message.SerializePartialToString(deterministic=True).hex()


def read(reader, line):
    if line["json"] is not None:
        return json_format.Parse(line["json"], reader())
    return reader.FromString(bytes.fromhex(line["bytes"]))


def default(text):
    """Returns the name and the value of `# `a` is unset: 1`."""
    _, name, rest = text.split("`")
    return name, rest.removeprefix(" is unset: ")


def differs(line):
    writer = kind(line["writer"], line["message"])
    reader = kind(line["reader"], line["read_as"])
    if line["written"].startswith("# "):
        for of, text in ((writer, line["written"]), (reader, line["read"])):
            name, value = default(text)
            found = getattr(of(), name)
            if str(found) != value:
                return f"the default of {name} is {found}"
        return None
    try:
        written = text_format.Parse(line["written"], writer())
    except (UnicodeDecodeError, text_format.ParseError):
        # Text that is no UTF-8 has no form that Python reads: the bytes are what it is about.
        written = writer.FromString(bytes.fromhex(line["bytes"]))
    if line["bytes"] is not None and encoded(written) != line["bytes"]:
        return f"Python writes {encoded(written)}"
    if line["json"] is not None:
        other = json_format.Parse(line["json"], writer())
        if encoded(other) != encoded(written):
            return f"Python reads the JSON as {other}"
    try:
        message = read(reader, line)
    except Exception as error:
        return None if line["read"] is None else f"Python refuses it: {error}"
    if line["read"] is None:
        return f"Python reads it: {message}"
    try:
        expected = text_format.Parse(line["read"], reader())
    except text_format.ParseError:
        # Text that is no UTF-8 cannot be read back.
        message.DiscardUnknownFields()
        shown = text_format.MessageToString(message, as_one_line=True)
        return None if shown == line["read"] else f"Python reads {shown}"
    if encoded(message) != encoded(expected):
        return f"Python reads {message}"
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(differs(json.loads(line))))
