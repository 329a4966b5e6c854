"""A plugin for tests: it does what its arguments say, in their order."""

import hashlib
import os
import sys
import time
from pathlib import Path

from google.protobuf.compiler import plugin_pb2

question = sys.stdin.buffer.read()
request = plugin_pb2.CodeGeneratorRequest()
request.ParseFromString(question)
answer = plugin_pb2.CodeGeneratorResponse(supported_features=1)


def make(name, content):
    answer.file.add(name=name, content=content)


for word in sys.argv[1:]:
    what, _, value = word.partition("=")
    if what == "dump":
        name = hashlib.sha256(question).hexdigest()
        Path(value).mkdir(parents=True, exist_ok=True)
        Path(value, name).write_bytes(question)
    elif what == "each":
        for path in request.file_to_generate:
            make(path + value, f"of {path}\nwith {request.parameter}\n")
    elif what == "make":
        make(value, "made\n@@protoc_insertion_point(here)\n")
    elif what == "text":
        name, _, content = value.partition(",")
        make(name, content)
    elif what == "many":
        count, _, end = value.partition(",")
        for number in range(int(count)):
            make(f"many/{number}.{end}", f"{number}\n" * 1000)
    elif what == "insert":
        answer.file.add(name=value, insertion_point="here", content="inserted\n")
    elif what == "say":
        print(value, file=sys.stderr, flush=True)
    elif what == "close":
        os.close(1)
        os.close(2)
    elif what == "error":
        answer.error = value
    elif what == "claim":
        answer.supported_features = int(value)
    elif what == "exit":
        sys.exit(int(value))
    elif what == "hang":
        time.sleep(600)
    elif what == "beat":
        while True:
            with Path(value).open("a") as beats:
                beats.write(".")
            time.sleep(0.02)
    elif what == "meet":
        # Two of these wait for each other: each ends when the other has begun.
        own, other = value.split(",")
        Path(own).touch()
        while not Path(other).exists():
            time.sleep(0.02)
    elif what == "print":
        print(value)
        sys.exit(0)
    else:
        sys.exit(f"what is {word}?")

sys.stdout.buffer.write(answer.SerializeToString())
