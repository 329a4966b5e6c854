"""Serves retrieval and conversation on a free port, and runs a program that is handed the address.

Usage: typed_server.py PROGRAM ARGUMENT...
"""

import subprocess
import sys
from concurrent import futures

import grpc

import agent_pb2
import agent_pb2_grpc


class Retrieval(agent_pb2_grpc.RAGServiceServicer):
    def Retrieve(self, request, context):
        asked = f"{request.query} {request.top_k} {request.min_score:.1f}"
        return agent_pb2.RetrievalResponse(documents=[agent_pb2.Document(content=asked, score=0.9)])


class Conversation(agent_pb2_grpc.ConversationServiceServicer):
    def StreamResponse(self, request, context):
        words = request.user_message.split()
        for number, word in enumerate(words):
            is_final = number + 1 == len(words)
            yield agent_pb2.TokenChunk(token=word, sequence_number=number, is_final=is_final)


server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
agent_pb2_grpc.add_RAGServiceServicer_to_server(Retrieval(), server)
agent_pb2_grpc.add_ConversationServiceServicer_to_server(Conversation(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
program = subprocess.run([*sys.argv[1:], f"http://127.0.0.1:{port}"], timeout=60)
server.stop(None)
sys.exit(program.returncode)
