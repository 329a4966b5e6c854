// Retrieves documents from agentd, and streams the answer to a question.
//
// Usage: go run . [ADDRESS [QUESTION]]
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"example.com/agent-contract/agent"
	agentv2 "example.com/agent-contract/agent/v2"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

func main() {
	log.SetFlags(0)
	address, question := "localhost:50051", "How many vacation days do employees have?"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if len(os.Args) > 2 {
		question = os.Args[2]
	}
	if err := run(address, question); err != nil {
		log.Fatal(err)
	}
}

func run(address, question string) error {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// A server that has gone without a word is noticed after 25 seconds, also in a long stream.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 20 * time.Second, Timeout: 5 * time.Second}),
	)
	if err != nil {
		return err
	}
	defer connection.Close()
	if err := retrieve(agent.NewRAGServiceClient(connection), question); err != nil {
		return fmt.Errorf("retrieval: %w", err)
	}
	if err := stream(agentv2.NewConversationServiceClient(connection), question); err != nil {
		return fmt.Errorf("turn: %w", err)
	}
	return nil
}

// retrieve prints the documents of package agent (v1) that match a query best.
func retrieve(client agent.RAGServiceClient, query string) error {
	// The deadline is sent with the call: the server stops, too, when it has passed.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	found, err := client.Retrieve(ctx, &agent.RetrievalRequest{Query: query, TopK: 3, MinScore: 0.5})
	if err != nil {
		return err
	}
	for _, document := range found.GetDocuments() {
		fmt.Printf("Score: %.3f - %s\n", document.GetScore(), document.GetContent())
	}
	return nil
}

// stream runs a turn of package agent.v2, and prints its events as they arrive.
func stream(client agentv2.ConversationServiceClient, question string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// Who repeats a request with the same id gets the same conversation, and the same turn.
	created, err := client.CreateConversation(ctx, &agentv2.CreateConversationRequest{RequestId: rand.Text()})
	if err != nil {
		return err
	}
	events, err := client.StreamTurn(ctx, &agentv2.StreamTurnRequest{
		ConversationId: created.GetConversation().GetId(),
		RequestId:      rand.Text(),
		Input:          &agentv2.TurnInput{Text: question},
	})
	if err != nil {
		return err
	}
	for {
		response, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return errors.New("the stream ended before the turn")
		}
		if err != nil {
			return err
		}
		switch event := response.GetEvent().GetKind().(type) {
		case *agentv2.TurnEvent_PassagesRetrieved:
			for _, passage := range event.PassagesRetrieved.GetPassages() {
				fmt.Printf("Passage: %s\n", passage.GetText())
			}
		case *agentv2.TurnEvent_TokenChunk:
			fmt.Print(event.TokenChunk.GetText())
		case *agentv2.TurnEvent_Finished:
			fmt.Printf("\nFinished: %s\n", event.Finished.GetFinishReason())
			return nil
		}
	}
}
