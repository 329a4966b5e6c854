"""FastAPI in front of agentd: JSON and server-sent events outside, gRPC inside.

Two ways to use gRPC with FastAPI:

- Two processes: this program answers HTTP, and calls agentd by `grpc.aio`.
- One process: with `--grpc ADDRESS` it serves gRPC besides HTTP, in the same event loop.

Usage: fastapi_app.py [--agentd ADDRESS] [--http PORT] [--grpc ADDRESS]
"""

import argparse
import json
import uuid
from contextlib import asynccontextmanager
from typing import Annotated

import grpc
import uvicorn
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

import agent_pb2
import agent_pb2_grpc

# The HTTP status of each gRPC status that a client can do something about. All others are 500.
STATUS = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}

# A server that has gone without a word is noticed after 25 seconds, also in a long stream.
KEEP_ALIVE = [("grpc.keepalive_time_ms", 20_000), ("grpc.keepalive_timeout_ms", 5_000)]


class Question(BaseModel):
    """What a client asks."""

    question: str = Field(min_length=1)
    # One session is one conversation. A client without a session gets one of its own.
    session_id: str = Field(default_factory=lambda: str(uuid.uuid4()), min_length=1)

    def message(self) -> agent_pb2.MessageRequest:
        """Returns the request of the conversation service."""
        return agent_pb2.MessageRequest(session_id=self.session_id, user_message=self.question)


# How long a client waits, in milliseconds. It is the deadline of the gRPC call, too.
Timeout = Annotated[int, Header(alias="x-timeout-ms", gt=0, le=600_000)]


def problem(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """Returns what a client is told of an error."""
    return {"code": error.code().name, "detail": error.details() or ""}


def create_app(agentd: str, grpc_address: str | None = None) -> FastAPI:
    """Returns the application. It serves gRPC, too, if it is given an address for it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        # A channel belongs to the event loop in which it is used, so it is made here.
        async with grpc.aio.insecure_channel(agentd, options=KEEP_ALIVE) as channel:
            app.state.conversation = agent_pb2_grpc.ConversationServiceStub(channel)
            if grpc_address is None:
                yield
                return
            server = grpc.aio.server()
            rag = Rag(agent_pb2_grpc.RAGServiceStub(channel))
            agent_pb2_grpc.add_RAGServiceServicer_to_server(rag, server)
            port = server.add_insecure_port(grpc_address)
            await server.start()
            print(f"gRPC on port {port}", flush=True)
            yield
            # Open calls may end.
            await server.stop(grace=5)

    app = FastAPI(title="Questions to agentd", lifespan=lifespan)

    @app.exception_handler(grpc.aio.AioRpcError)
    async def failed(_: Request, error: grpc.aio.AioRpcError) -> JSONResponse:
        return JSONResponse(problem(error), STATUS.get(error.code(), 500))

    @app.post("/ask")
    async def ask(question: Question, timeout: Timeout = 30_000) -> dict:
        """Answers a question."""
        conversation = app.state.conversation
        answer = await conversation.HandleMessage(question.message(), timeout=timeout / 1000)
        return {
            "answer": answer.response_text,
            "session_id": question.session_id,
            "sources": [document.content for document in answer.sources],
        }

    @app.post("/ask/stream")
    async def stream(question: Question, timeout: Timeout = 30_000) -> StreamingResponse:
        """Answers a question token by token."""
        conversation = app.state.conversation
        call = conversation.StreamResponse(question.message(), timeout=timeout / 1000)
        # An error before the first token has its HTTP status; afterwards 200 is sent already.
        first = await call.read()
        return StreamingResponse(events(call, first), media_type="text/event-stream")

    return app


async def events(call, chunk):
    """Writes the chunks of a call as server-sent events. The last one is `end` or `error`."""
    try:
        while chunk is not grpc.aio.EOF:
            data = {"token": chunk.token, "sequence_number": chunk.sequence_number}
            yield f"data: {json.dumps(data)}\n\n"
            chunk = await call.read()
        yield "event: end\ndata: {}\n\n"
    except grpc.aio.AioRpcError as error:
        yield f"event: error\ndata: {json.dumps(problem(error))}\n\n"
    finally:
        # A client that has gone needs no more tokens. After the end it does nothing.
        call.cancel()


class Rag(agent_pb2_grpc.RAGServiceServicer):
    """Retrieval by agentd, with at most three documents."""

    def __init__(self, agentd: agent_pb2_grpc.RAGServiceStub):
        self.agentd = agentd

    async def Retrieve(self, request, context):
        request.top_k = min(request.top_k or 3, 3)
        try:
            # The time that the caller has left.
            return await self.agentd.Retrieve(request, timeout=context.time_remaining())
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details() or "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--agentd", default="localhost:50051", metavar="ADDRESS")
    parser.add_argument("--http", default=8000, type=int, metavar="PORT")
    parser.add_argument("--grpc", metavar="ADDRESS")
    given = parser.parse_args()
    uvicorn.run(create_app(given.agentd, given.grpc), port=given.http)
