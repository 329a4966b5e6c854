"""Calls the gRPC server of the FastAPI example at ADDRESS.

Usage: grpc_in_fastapi.py ADDRESS
"""

import sys

import grpc

import agent_pb2
import agent_pb2_grpc

rag = agent_pb2_grpc.RAGServiceStub(grpc.insecure_channel(sys.argv[1]))
found = rag.Retrieve(agent_pb2.RetrievalRequest(query="vacation days", top_k=5), timeout=10)
print(len(found.documents), found.documents[0].content)
try:
    rag.Retrieve(agent_pb2.RetrievalRequest(query="vacation days", top_k=-1), timeout=10)
except grpc.RpcError as error:
    print(error.code().name)
