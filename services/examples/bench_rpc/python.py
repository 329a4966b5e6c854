"""Measures the same call in Python: grpc.aio against FastAPI with httpx, each server in a process of its own.

`cargo xtask bench rpc` runs it, and reads the JSON that it prints, which is like that of `main.rs`.

Usage: PYTHONPATH=generated/python python.py ROUNDS MILLIS
"""

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import time

import grpc
import httpx
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

import agent_pb2
import agent_pb2_grpc

IN_FLIGHT = [1, 32]
QUERY = {"query": "How many vacation days do employees have?", "top_k": 5, "min_score": 0.0}
DOCUMENTS = [
    {
        "content": "Employees have 30 vacation days a year. Days that are not used expire on 31 March.",
        "score": 0.5 + number / 16,
        "metadata": {},
        "id": f"document-{number}",
    }
    for number in range(5)
]


class Rag(agent_pb2_grpc.RAGServiceServicer):
    async def Retrieve(self, request, context):
        documents = [agent_pb2.Document(**document) for document in DOCUMENTS]
        return agent_pb2.RetrievalResponse(documents=documents)


async def serve_grpc():
    server = grpc.aio.server()
    agent_pb2_grpc.add_RAGServiceServicer_to_server(Rag(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


class Query(BaseModel):
    query: str
    top_k: int
    min_score: float


class Document(BaseModel):
    content: str
    score: float
    metadata: dict[str, str]
    id: str


class Documents(BaseModel):
    documents: list[Document]


def serve_http():
    app = FastAPI()

    @app.post("/retrieve")
    async def retrieve(query: Query) -> Documents:
        return Documents(documents=[Document(**document) for document in DOCUMENTS])

    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it, a call takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def start(kind):
    """Starts a server in a process of its own, and returns it with its port."""
    command = [sys.executable, "-B", __file__, kind]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline())


async def measure(call, in_flight, seconds):
    """Makes calls for some time, and returns what they took in microseconds."""
    times, tens = [], []
    begin = time.perf_counter()

    async def caller():
        own = []
        while not own or time.perf_counter() - begin < seconds:
            before = time.perf_counter()
            assert len(await call()) == 5
            own.append((time.perf_counter() - before) * 1e6)
        times.extend(own)
        tens.extend(sum(own[at : at + 10]) for at in range(0, len(own) - 9, 10))

    await asyncio.gather(*(caller() for _ in range(in_flight)))
    times.sort()
    return {
        "p50": times[len(times) // 2],
        "p99": times[len(times) * 99 // 100],
        "ten": statistics.median(tens) if tens else 0,
        "rate": len(times) / (time.perf_counter() - begin),
    }


async def measure_all(grpc_port, http_port, rounds, seconds):
    url = f"http://127.0.0.1:{http_port}/retrieve"
    async with (
        grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}") as channel,
        httpx.AsyncClient() as kept,
        httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0)) as new,
    ):
        rag = agent_pb2_grpc.RAGServiceStub(channel)

        async def by_grpc():
            return (await rag.Retrieve(agent_pb2.RetrievalRequest(**QUERY))).documents

        async def by_http(client):
            return Documents.model_validate_json((await client.post(url, json=QUERY)).content).documents

        sides = {
            "grpc-fixed": by_grpc,
            "http-fixed": lambda: by_http(kept),
            "http-new-fixed": lambda: by_http(new),
        }
        measured = {name: {str(in_flight): [] for in_flight in IN_FLIGHT} for name in sides}
        # The first round warms up.
        for number in range(rounds + 1):
            for in_flight in IN_FLIGHT:
                for name, call in sides.items():
                    result = await measure(call, in_flight, seconds)
                    if number > 0:
                        measured[name][str(in_flight)].append(result)
    return {
        name: {
            in_flight: {
                key: statistics.median(result[key] for result in results) for key in results[0]
            }
            for in_flight, results in loads.items()
        }
        for name, loads in measured.items()
    }


def main(rounds, millis):
    servers = [start("grpc"), start("http")]
    try:
        ports = [port for _, port in servers]
        calls = asyncio.run(measure_all(*ports, int(rounds), int(millis) / 1000))
    finally:
        for server, _ in servers:
            server.kill()
            server.wait()
    print(json.dumps({"calls": calls}))


if __name__ == "__main__":
    if sys.argv[1] == "grpc":
        asyncio.run(serve_grpc())
    elif sys.argv[1] == "http":
        serve_http()
    else:
        main(*sys.argv[1:])
