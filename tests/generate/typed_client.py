"""Uses the stubs as an engineer with a strict type checker does, over gRPC, and prints what it got.

Usage: typed_client.py http://ADDRESS
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import grpc
import grpc.aio

import agent_pb2
import agent_pb2_grpc
from agent.v2 import conversation_service_pb2, tool_pb2, tool_service_pb2_grpc


def tokens(channel: grpc.Channel) -> Iterator[str]:
    stub = agent_pb2_grpc.ConversationServiceStub(channel)
    request = agent_pb2.MessageRequest(session_id="s", user_message="one two three")
    for chunk in stub.StreamResponse(request, timeout=10.0):
        yield chunk.token


async def documents(target: str) -> AsyncIterator[agent_pb2.Document]:
    async with grpc.aio.insecure_channel(target) as channel:
        stub: agent_pb2_grpc.RAGServiceAsyncStub = agent_pb2_grpc.RAGServiceStub(channel)
        answer = await stub.Retrieve(agent_pb2.RetrievalRequest(query="q", top_k=3))
        for document in answer.documents:
            yield document


class Tools(tool_service_pb2_grpc.ToolServiceServicer):
    pass


call = tool_pb2.ToolCall(tool_name="search")
name: str = call.tool_name
empty = conversation_service_pb2.DESCRIPTOR.name


async def show(target: str) -> None:
    async for document in documents(target):
        print(f"{document.score:.3f} {document.content}")


address = sys.argv[1].removeprefix("http://")
with grpc.insecure_channel(address) as channel:
    print(" ".join(tokens(channel)))
asyncio.run(show(address))
print(name, empty)
