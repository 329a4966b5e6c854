"""Calls a mock of the library as a consumer does, and prints each value that it relies on.

Usage: client.py http://ADDRESS CALL...

A CALL is the name of a method, `NOT_FOUND`, or `reflection`.
"""

import re
import sys
import time

import grpc

from library.v1 import library_pb2, library_pb2_grpc

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
    """Lists the services; returns False without the package that does."""
    try:
        from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
            ProtoReflectionDescriptorDatabase,
        )
    except ImportError:
        return False
    services = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert "library.v1.LibraryService" in services, services
    return True


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
            is_skipped = not reflection(channel)
        else:
            CALLS[name](library_pb2_grpc.LibraryServiceStub(channel))
            is_skipped = False
        print(f"{name} is {'skipped' if is_skipped else 'as agreed'}")
