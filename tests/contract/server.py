"""Serves the library on free ports, as its interactions want it, until it is ended.

Usage: server.py [wrong] [grpc-states] [tls | mtls]

With `tls`, the certificate is `server.pem` and its key `server.key`; with `mtls`, clients need one
that `ca.pem` has signed. With `grpc-states`, the hook for states is a method. With `wrong`, books have no title, and a book of five lines is read without its third one. Its
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


def set_state(consumer, state):
    """Returns whether the state is known."""
    states = {"a book exists": True, "no book exists": False}
    is_known = consumer == "reader" and state in states
    if is_known:
        library.has_book = states[state]
    return is_known


def set_up(request, context):
    """The hook for states as a method: its request has the consumer and the state as the fields 1
    and 2, as a book has its id and title."""
    if not set_state(request.id, request.title):
        context.abort(grpc.StatusCode.NOT_FOUND, f"no state {request.title}")
    return b""


class States(http.server.BaseHTTPRequestHandler):
    """The hook for states: a POST of `{"consumer": …, "state": …}`."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        is_known = set_state(body["consumer"], body["state"])
        self.send_response(204 if is_known else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


pathlib.Path("server.pid").write_text(str(os.getpid()))
library = Library()
server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
library_pb2_grpc.add_LibraryServiceServicer_to_server(library, server)
if "tls" in sys.argv[1:] or "mtls" in sys.argv[1:]:
    key, certificate, authority = (
        pathlib.Path(name).read_bytes() for name in ["server.key", "server.pem", "ca.pem"]
    )
    is_mutual = "mtls" in sys.argv[1:]
    credentials = grpc.ssl_server_credentials([(key, certificate)], authority, is_mutual)
    scheme, port = "https", server.add_secure_port("127.0.0.1:0", credentials)
else:
    scheme, port = "http", server.add_insecure_port("127.0.0.1:0")
hook_method = grpc.unary_unary_rpc_method_handler(
    set_up, request_deserializer=library_pb2.Book.FromString
)
hook_service = grpc.method_handlers_generic_handler("states.v1.States", {"SetUp": hook_method})
server.add_generic_rpc_handlers([hook_service])
server.start()
hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), States)
states = f"http://127.0.0.1:{hook.server_port}/"
if "grpc-states" in sys.argv[1:]:
    states = f"grpc://127.0.0.1:{port}/states.v1.States/SetUp"
print(f"listening on {scheme}://127.0.0.1:{port}, states at {states}", flush=True)
hook.serve_forever()
