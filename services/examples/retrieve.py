"""Asks for the passages that answer a query: the client of the article that this system is built on,
with nothing changed but the address.

Usage: PYTHONPATH=generated/python python services/examples/retrieve.py [HOST:PORT]
"""

import sys

import grpc

from agent import agent_services_pb2 as agent_pb2
from agent import agent_services_pb2_grpc as agent_pb2_grpc

address = sys.argv[1] if len(sys.argv) > 1 else "localhost:50051"
channel = grpc.insecure_channel(address)
rag_client = agent_pb2_grpc.RAGServiceStub(channel)

response = rag_client.Retrieve(
    agent_pb2.RetrievalRequest(
        query="What are the account balance policies?",
        top_k=5,
        min_score=0.7,
    )
)

for doc in response.documents:
    print(f"Score: {doc.score:.3f} - {doc.content[:100]}")
