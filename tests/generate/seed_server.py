"""Serves retrieval on a free port, and runs the client that is named against it."""

import sys
from concurrent import futures
from pathlib import Path

import grpc

import agent_pb2
import agent_pb2_grpc


class Retrieval(agent_pb2_grpc.RAGServiceServicer):
    def Retrieve(self, request, context):
        asked = f"{request.query} {request.top_k} {request.min_score:.1f}"
        document = agent_pb2.Document(content=asked, score=0.9, metadata={"from": "a test"})
        return agent_pb2.RetrievalResponse(documents=[document])


server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
agent_pb2_grpc.add_RAGServiceServicer_to_server(Retrieval(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
client = Path(sys.argv[1]).read_text()
assert client.count("rag-service:50051") == 1
exec(client.replace("rag-service:50051", f"127.0.0.1:{port}"), {})
server.stop(None)
