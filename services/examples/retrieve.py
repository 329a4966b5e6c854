import grpc
import agent_pb2
import agent_pb2_grpc

channel = grpc.insecure_channel("localhost:50051")
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
