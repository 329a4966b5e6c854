"""Says of each value what its bytes are, and its JSON: `IMAGE VALUES`."""

import sys

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, text_format

image, values = sys.argv[1:]
files = descriptor_pb2.FileDescriptorSet()
with open(image, "rb") as file:
    files.ParseFromString(file.read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file)
with open(values, encoding="utf-8") as lines:
    for line in lines:
        if line.startswith("#"):
            continue
        package, _, text = line.strip().partition(" ")
        descriptor = pool.FindMessageTypeByName(f"stubs.{package}.Fields")
        message = message_factory.GetMessageClass(descriptor)()
        text_format.Parse(text, message, descriptor_pool=pool)
        said = json_format.MessageToJson(message, indent=None, descriptor_pool=pool)
        print(package, message.SerializeToString(deterministic=True).hex() or "-", said)
