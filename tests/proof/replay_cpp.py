"""Reads the witnesses of proofs with protobuf's C++, by `protoc --decode`.

Reads and prints what `replay.py` does, for witnesses of bytes: `protoc` does not read JSON.
"""

import json
import os
import sys
import tempfile

from google.protobuf import descriptor_pb2, text_format
from grpc_tools import protoc

import replay


def decode(image, name, content):
    """Returns the exit code of `protoc`, the text that it prints, and its errors."""
    files = descriptor_pb2.FileDescriptorSet()
    with open(image, "rb") as file:
        files.ParseFromString(file.read())
    arguments = ["protoc", f"--descriptor_set_in={image}", f"--decode={name}"]
    arguments += [file.name for file in files.file]
    # protoc reads and writes the file descriptors themselves.
    streams = [tempfile.TemporaryFile() for _ in range(3)]
    streams[0].write(content)
    streams[0].seek(0)
    kept = [os.dup(number) for number in range(3)]
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream.fileno(), number)
        code = protoc.main(arguments)
    finally:
        for number, own in enumerate(kept):
            os.dup2(own, number)
            os.close(own)
    texts = []
    for stream in streams[1:]:
        stream.seek(0)
        texts.append(stream.read().decode())
    return code, *texts


def differs(line):
    code, text, errors = decode(line["reader"], line["read_as"], bytes.fromhex(line["bytes"]))
    # It prints such a message nevertheless; the parser of a program refuses it.
    refuses = code != 0 or "missing required fields" in errors
    if line["read"] is None or refuses:
        agrees = line["read"] is None and refuses
        return None if agrees else f"C++ reads {text!r}, {errors!r}"
    reader = replay.kind(line["reader"], line["read_as"])
    # A field that C++ does not know has a number as its name.
    try:
        read = text_format.Parse(text, reader(), allow_unknown_field=True)
        expected = text_format.Parse(line["read"], reader())
    except text_format.ParseError:
        # Text that is no UTF-8 cannot be read back.
        read, expected = " ".join(text.split()), line["read"]
    return None if read == expected else f"C++ reads {text!r}"


if __name__ == "__main__":
    for line in list(sys.stdin):
        print(json.dumps(differs(json.loads(line))), flush=True)
