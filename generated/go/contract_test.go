// Package contract_test tries the stubs as they lie. It is written by hand.
package contract_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"example.com/agent-contract/agent"
	agentv2 "example.com/agent-contract/agent/v2"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// words answers every message with the words that it was made with.
type words struct {
	agent.UnimplementedConversationServiceServer
	said []string
}

func (w words) StreamResponse(request *agent.MessageRequest, stream grpc.ServerStreamingServer[agent.TokenChunk]) error {
	if request.GetSessionId() == "" {
		return status.Error(codes.InvalidArgument, "no session")
	}
	for i, word := range w.said {
		chunk := &agent.TokenChunk{Token: word, SequenceNumber: int32(i), IsFinal: i == len(w.said)-1}
		if err := stream.Send(chunk); err != nil {
			return err
		}
	}
	return nil
}

// client serves on a port of this machine and returns a client of it; both end with the test.
func client(t *testing.T, service agent.ConversationServiceServer) agent.ConversationServiceClient {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	agent.RegisterConversationServiceServer(server, service)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = connection.Close()
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return agent.NewConversationServiceClient(connection)
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAStreamArrivesWholeAndInOrder(t *testing.T) {
	said := []string{"Good", " ", "morning"}
	stream, err := client(t, words{said: said}).StreamResponse(deadline(t), &agent.MessageRequest{SessionId: "1"})
	if err != nil {
		t.Fatal(err)
	}
	for i, word := range said {
		chunk, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		last := i == len(said)-1
		if chunk.GetToken() != word || chunk.GetSequenceNumber() != int32(i) || chunk.GetIsFinal() != last {
			t.Errorf("chunk %d is %v", i, chunk)
		}
	}
	if chunk, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last chunk came %v, %v", chunk, err)
	}
}

func TestErrorsArriveWithTheirCode(t *testing.T) {
	client := client(t, words{})
	stream, err := client.StreamResponse(deadline(t), &agent.MessageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a message without a session: %v", err)
	}
	_, err = client.HandleMessage(deadline(t), &agent.MessageRequest{})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("a method that the server does not have: %v", err)
	}
}

func TestMessagesSurviveBytesAndJSON(t *testing.T) {
	for _, message := range []proto.Message{
		&agent.MessageRequest{
			SessionId:       "1",
			UserMessage:     "Grüße, 世界",
			ContextIds:      []string{"a", ""},
			Deadline:        &timestamppb.Timestamp{Seconds: 1, Nanos: 5},
			MaxOutputTokens: proto.Int32(0),
		},
		&agent.ToolRequest{ToolName: "t", Parameters: map[string]string{"b": "2", "": "1"}},
		&agentv2.GetConversationRequest{ConversationId: &agentv2.ConversationId{Value: "c"}},
	} {
		encoded, err := proto.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		again := message.ProtoReflect().New().Interface()
		if err := proto.Unmarshal(encoded, again); err != nil || !proto.Equal(message, again) {
			t.Errorf("bytes made %v of %v (%v)", again, message, err)
		}
		json, err := protojson.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		again = message.ProtoReflect().New().Interface()
		if err := protojson.Unmarshal(json, again); err != nil || !proto.Equal(message, again) {
			t.Errorf("JSON made %v of %v (%v)", again, message, err)
		}
	}
}
