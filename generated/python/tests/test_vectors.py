"""The stubs read and write the vectors that every language reads and writes.

Run with `python -m unittest discover -s tests` in the folder above.
"""

import importlib
import json
import pathlib
import pkgutil
import struct
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
# The package as it lies, and beside this file the stubs of the vectors' own schemas.
sys.path[:0] = [str(HERE), str(HERE.parent)]

from google.protobuf import json_format, message_factory, symbol_database  # noqa: E402

VECTORS = HERE.parents[2] / "tests" / "vectors" / "vectors.jsonl"

for package in ("agent", "agent.v2", "vectors.proto2", "vectors.proto3"):
    folder = importlib.import_module(package).__path__
    for module in pkgutil.iter_modules(folder, package + "."):
        if module.name.endswith("_pb2"):
            importlib.import_module(module.name)


class Vectors(unittest.TestCase):
    def test_every_vector_is_read_and_written(self):
        pool = symbol_database.Default().pool
        count = 0
        with open(VECTORS, encoding="utf-8") as lines:
            for line in lines:
                vector = json.loads(line)
                with self.subTest(message=vector["message"], name=vector["name"]):
                    descriptor = pool.FindMessageTypeByName(vector["message"])
                    self.agrees(message_factory.GetMessageClass(descriptor), vector)
                count += 1
        print(f"read {count} vectors")

    def agrees(self, kind, vector):
        encoded = bytes.fromhex(vector["bytes"])
        message = kind.FromString(encoded)
        self.assertEqual(entries(message.SerializeToString(deterministic=True)), entries(encoded))
        written = json.loads(json_format.MessageToJson(message))
        self.assertTrue(same(written, vector["json"]), f"{written} is not {vector['json']}")
        read = json_format.Parse(json.dumps(vector["json"]), kind())
        known = bytes.fromhex(vector.get("known", vector["bytes"]))
        self.assertEqual(entries(read.SerializeToString(deterministic=True)), entries(known))


def entries(encoded):
    """The fields of a message in an order: that of negative keys is each runtime's own."""
    fields, at = [], 0
    while at < len(encoded):
        end = field_end(encoded, at)
        fields.append(encoded[at:end])
        at = end
    return sorted(fields)


def field_end(encoded, at):
    """Where the field ends that begins at `at`."""
    tag, at = varint(encoded, at)
    match tag & 7:
        case 0:
            return varint(encoded, at)[1]
        case 1:
            return at + 8
        case 2:
            length, at = varint(encoded, at)
            return at + length
        case 3:
            while varint(encoded, at)[0] & 7 != 4:
                at = field_end(encoded, at)
            return varint(encoded, at)[1]
        case 5:
            return at + 4
    raise ValueError(f"a field with the tag {tag} at {at}")


def varint(encoded, at):
    """The number that begins at `at`, and where it ends."""
    end = at + next(i for i, byte in enumerate(encoded[at:], 1) if byte < 128)
    return sum((byte & 127) << (7 * i) for i, byte in enumerate(encoded[at:end])), end


def same(a, b):
    """Whether JSON means the same: a `float` may be written with more digits or with fewer."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if is_number(a) and is_number(b):
        return a == b or (single(a) == single(b) and single(a) not in (None, 0.0))
    return type(a) is type(b) and a == b


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def single(number):
    """The number as a `float`; none where it is beyond that."""
    try:
        return struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        return None


if __name__ == "__main__":
    unittest.main()
