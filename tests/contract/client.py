"""Calls a mock of the library as a consumer does, and prints each value that it relies on.

Usage: client.py http://ADDRESS CALL...

A CALL is the name of a method, `NOT_FOUND`, or `reflection`.
"""

import re
import sys
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, timestamp_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from library.v1 import library_pb2, library_pb2_grpc, shelf_pb2

# No call takes that long; one that hangs is an error.
LIMIT = 5
TOKEN = ("authorization", "Bearer reader")


def get_book(stub):
    request = library_pb2.GetBookRequest(id="b-1")
    # Two interactions have this request.
    chosen = ("wireproof-interaction", "a book is found")
    response, call = stub.GetBook.with_call(request, metadata=[TOKEN, chosen], timeout=LIMIT)
    book = response.book
    assert (book.id, book.genre) == ("b-1", library_pb2.GENRE_NOVEL), book
    assert book.title.startswith("The ") and 1 <= book.pages <= 1000, book
    assert list(book.authors) == ["Ada", "Bob"] and dict(book.ratings) == {"5": 10}, book
    assert len(book.tags) == 2 and "old" in book.tags, book
    assert any(tag.startswith("ne") for tag in book.tags), book
    assert abs(book.read_time.seconds - time.time()) < 60 and book.HasField("price"), book
    headers, trailers = dict(call.initial_metadata()), dict(call.trailing_metadata())
    assert headers["x-library"] == "main" and "x-internal" not in headers, headers
    assert re.fullmatch("[0-9]+", trailers["x-cost"]), trailers


def not_found(stub):
    request = library_pb2.GetBookRequest(id="b-1")
    chosen = ("wireproof-interaction", "a book that does not exist is NOT_FOUND")
    try:
        response = stub.GetBook(request, metadata=[TOKEN, chosen], timeout=LIMIT)
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        assert "b-1" in error.details(), error
        details = dict(error.trailing_metadata())["grpc-status-details-bin"]
        # The only detail is at the end of the `google.rpc.Status`.
        url, detail = b"type.googleapis.com/library.v1.GetBookRequest", request.SerializeToString()
        assert url in details and details.endswith(detail), details
    else:
        raise AssertionError(response)


def read_book(stub):
    lines = list(stub.ReadBook(library_pb2.ReadBookRequest(id="b-1", count=5), timeout=LIMIT))
    assert [line.number for line in lines] == [0, 1, 2, 3, 4], lines
    assert [line.is_final for line in lines] == [False] * 4 + [True], lines
    assert lines[0].text == "line 0", lines
    assert all(re.fullmatch("line [0-9]", line.text) for line in lines), lines


def upload_book(stub):
    chunks = [b"\x00\x01\x02", b"\x03\x04", b"\x05"]
    requests = (library_pb2.UploadBookRequest(chunk=chunk) for chunk in chunks)
    response = stub.UploadBook(requests, timeout=LIMIT)
    assert response.received_bytes == 6, response


def discuss(stub):
    """Says the second word only after the first one was answered."""
    answers = []

    def requests():
        for number, text in enumerate(["hello", "bye"]):
            until = time.monotonic() + LIMIT
            while len(answers) < number and time.monotonic() < until:
                time.sleep(0.005)
            yield library_pb2.DiscussRequest(text=text)

    for response in stub.Discuss(requests(), timeout=LIMIT):
        answers.append(response.text)
    assert answers == ["re: hello", "re: bye"], answers


def reflection(channel):
    """Fetches every service and file, and compares them with those that are generated."""
    database = ProtoReflectionDescriptorDatabase(channel)
    services = sorted(database.get_services())
    assert services == [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "library.v1.LibraryService",
    ], services
    pool = descriptor_pool.DescriptorPool(database)
    files = {}
    open_files = [pool.FindServiceByName(service).file for service in services]
    open_files.append(pool.FindFileContainingSymbol("library.v1.Shelf"))
    while open_files:
        file = open_files.pop()
        files[file.name] = file
        open_files.extend(file.dependencies)
    assert sorted(files) == [
        "google/protobuf/descriptor.proto",
        "google/protobuf/timestamp.proto",
        "grpc/health/v1/health.proto",
        "grpc/reflection/v1/reflection.proto",
        "grpc/reflection/v1alpha/reflection.proto",
        "library/v1/library.proto",
        "library/v1/shelf.proto",
    ], files
    # Of descriptor.proto this protobuf has a version of its own; the client of Go compares the
    # files of the standard services.
    generated = [timestamp_pb2, library_pb2, shelf_pb2]
    for expected in [module.DESCRIPTOR for module in generated]:
        assert proto(files[expected.name]) == proto(expected), expected.name
        assert database.FindFileByName(expected.name).name == expected.name

    # Each kind of name is found in its file. A database that has the file does not ask.
    for name, path in {
        "library.v1.Book.title": "library/v1/library.proto",
        "library.v1.Book.RatingsEntry": "library/v1/library.proto",
        "library.v1.LibraryService.GetBook": "library/v1/library.proto",
        "library.v1.Genre": "library/v1/library.proto",
        "library.v1.GENRE_NOVEL": "library/v1/library.proto",
        "library.v1.Shelf.size": "library/v1/shelf.proto",
        "library.v1.Shelf.WOOD_OAK": "library/v1/shelf.proto",
        "library.v1.label": "library/v1/shelf.proto",
    }.items():
        found = ProtoReflectionDescriptorDatabase(channel).FindFileContainingSymbol(name)
        assert found.name == path, name
    for name in ["library.v1", "library.v1.Book.nothing", "library.v1.Genre.GENRE_NOVEL"]:
        try:
            found = ProtoReflectionDescriptorDatabase(channel).FindFileContainingSymbol(name)
        except KeyError:
            continue
        raise AssertionError(f"{name} is in {found.name}")

    assert sorted(database.FindAllExtensionNumbers("library.v1.Shelf")) == [100, 101]
    assert list(database.FindAllExtensionNumbers("library.v1.Book")) == []
    extensions = pool.FindAllExtensions(pool.FindMessageTypeByName("library.v1.Shelf"))
    names = sorted(extension.full_name for extension in extensions)
    assert names == ["library.v1.label", "library.v1.wood"], names


def proto(file):
    """The descriptor without JSON names, which generated code of Python does not have."""
    copied = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(copied)
    scopes = [copied]
    for scope in scopes:
        is_file = scope is copied
        scopes.extend(scope.message_type if is_file else scope.nested_type)
        for field in [*scope.extension, *([] if is_file else scope.field)]:
            field.ClearField("json_name")
    return copied


CALLS = {
    "GetBook": get_book,
    "NOT_FOUND": not_found,
    "ReadBook": read_book,
    "UploadBook": upload_book,
    "Discuss": discuss,
}

with grpc.insecure_channel(sys.argv[1].removeprefix("http://")) as channel:
    for name in sys.argv[2:]:
        if name == "reflection":
            reflection(channel)
        else:
            CALLS[name](library_pb2_grpc.LibraryServiceStub(channel))
        print(f"{name} is as agreed")
