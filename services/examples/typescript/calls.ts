// The calls of a client. They are the same over gRPC and over grpc-web: the transport decides.
//
// `timeoutMs` is the deadline of a call, `signal` cancels it, and `headers` can have the API key.

import { createClient, type CallOptions, type Transport } from "@connectrpc/connect";
import { RAGService, type Document } from "agent-contract/agent/agent_services_pb.js";
import type { Turn } from "agent-contract/agent/v2/conversation_pb.js";
import { ConversationService } from "agent-contract/agent/v2/conversation_service_pb.js";
import type { TurnEvent } from "agent-contract/agent/v2/turn_event_pb.js";

/** Returns the documents that match a query, by package `agent` (v1). */
export async function retrieve(
  transport: Transport,
  query: string,
  options?: CallOptions,
): Promise<Document[]> {
  const client = createClient(RAGService, transport);
  const response = await client.retrieve({ query, topK: 5, minScore: 0.5 }, options);
  return response.documents;
}

/** Creates a conversation, and returns its id. */
export async function createConversation(
  transport: Transport,
  options?: CallOptions,
): Promise<string> {
  const client = createClient(ConversationService, transport);
  const response = await client.createConversation({ requestId: newKey() }, options);
  return response.conversation?.id?.value ?? "";
}

/** Runs a turn, and returns its events as they happen. Who stops reading cancels the turn. */
export async function* streamTurn(
  transport: Transport,
  conversation: string,
  text: string,
  options?: CallOptions,
): AsyncGenerator<TurnEvent> {
  const client = createClient(ConversationService, transport);
  const request = {
    conversationId: { value: conversation },
    requestId: newKey(),
    input: { text },
    options: { cancelOnDisconnect: true },
  };
  for await (const response of client.streamTurn(request, options)) {
    if (response.event !== undefined) yield response.event;
  }
}

/** Cancels a turn, and returns it when it has ended. */
export async function cancelTurn(
  transport: Transport,
  turn: string,
  options?: CallOptions,
): Promise<Turn | undefined> {
  const client = createClient(ConversationService, transport);
  return (await client.cancelTurn({ turnId: { value: turn } }, options)).turn;
}

/** Returns a random key of a request. `crypto.randomUUID` needs a page that came over TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
