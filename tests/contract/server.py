"""Serves the library on free ports, as its interactions want it, until it is ended.

Usage: server.py [wrong]

With `wrong`, books have no title, and a book of five lines is read without its third one. Its
process id is in `server.pid`, so that a test can see whether it was ended.
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import time
from concurrent import futures

import grpc
from google.protobuf import any_pb2

from library.v1 import library_pb2, library_pb2_grpc

IS_WRONG = "wrong" in sys.argv[1:]
# The pause before each line of a book, in seconds.
PAUSES = {"b-slow": 0.5, "b-endless": 0.002}


def status_details(code, message, detail):
    """A `google.rpc.Status` with one detail. Its fields are written here, because its generated
    code is in a package of its own."""
    packed = any_pb2.Any()
    packed.Pack(detail)
    parts = [(2, message.encode()), (3, packed.SerializeToString())]
    status = bytes([1 << 3, code])
    for field, value in parts:
        assert len(value) < 128, "the length takes one byte"
        status += bytes([field << 3 | 2, len(value)]) + value
    return status


class Library(library_pb2_grpc.LibraryServiceServicer):
    def __init__(self):
        self.has_book = True
        self.readers = 0
        self.changed = threading.Condition()

    def GetBook(self, request, context):
        metadata = dict(context.invocation_metadata())
        if metadata.get("authorization") != "Bearer reader":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token")
        if not self.has_book:
            code, message = grpc.StatusCode.NOT_FOUND, f"no book {request.id}"
            detail = library_pb2.GetBookRequest(id=request.id[:20])
            details = status_details(code.value[0], message[:30], detail)
            context.set_trailing_metadata([("grpc-status-details-bin", details)])
            context.abort(code, message)
        context.send_initial_metadata([("x-library", "main")])
        context.set_trailing_metadata([("x-cost", "3")])
        book = library_pb2.Book(
            id="b-1",
            title="The Book",
            pages=300,
            genre=library_pb2.GENRE_NOVEL,
            authors=["Ada", "Bob"],
            tags=["new", "old"],
            ratings={"5": 10},
            price=0.0,
        )
        book.read_time.GetCurrentTime()
        if IS_WRONG:
            book.ClearField("title")
        return library_pb2.GetBookResponse(book=book)

    def ReadBook(self, request, context):
        with self.changed:
            self.readers += 1
        # It is called at the end of the call, also if the client cancelled it.
        if not context.add_callback(self.leave):
            self.leave()
        for number in range(request.count):
            time.sleep(PAUSES.get(request.id, 0))
            if not context.is_active():
                return
            if IS_WRONG and request.count == 5 and number == 2:
                continue
            text, is_final = f"line {number % 10}", number + 1 == request.count
            yield library_pb2.ReadBookResponse(number=number, text=text, is_final=is_final)

    def leave(self):
        with self.changed:
            self.readers -= 1
            self.changed.notify_all()

    def UploadBook(self, requests, context):
        received = sum(len(request.chunk) for request in requests)
        return library_pb2.UploadBookResponse(received_bytes=received)

    def Discuss(self, requests, context):
        for request in requests:
            yield library_pb2.DiscussResponse(text=f"re: {request.text}")

    def CountReaders(self, request, context):
        with self.changed:
            # Readers who are about to go have a moment for it.
            self.changed.wait_for(lambda: self.readers == 0, timeout=1)
            return library_pb2.CountReadersResponse(count=self.readers)


class States(http.server.BaseHTTPRequestHandler):
    """The hook for states: a POST of `{"consumer": …, "state": …}`."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        states = {"a book exists": True, "no book exists": False}
        is_known = body["consumer"] == "reader" and body["state"] in states
        if is_known:
            library.has_book = states[body["state"]]
        self.send_response(204 if is_known else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


pathlib.Path("server.pid").write_text(str(os.getpid()))
library = Library()
server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
library_pb2_grpc.add_LibraryServiceServicer_to_server(library, server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), States)
print(
    f"listening on http://127.0.0.1:{port}, states at http://127.0.0.1:{hook.server_port}/",
    flush=True,
)
hook.serve_forever()
