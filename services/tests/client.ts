// Calls a server whose model is slow: a call ends at its deadline, and when it is cancelled.

import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { FinishReason } from "agent-contract/agent/v2/conversation_pb.js";
import { ConversationService } from "agent-contract/agent/v2/conversation_service_pb.js";
import { cancelTurn, createConversation, streamTurn } from "../examples/typescript/calls.js";

const [protocol, baseUrl] = process.argv.slice(2);
assert(baseUrl !== undefined);
const transport = (protocol === "grpc" ? createGrpcTransport : createGrpcWebTransport)({ baseUrl });
const client = createClient(ConversationService, transport);

// The answer repeats the message: 20 seconds, if nothing ends it.
const message = "word ".repeat(200);
const failsWith = (code: Code) => (error: unknown) => ConnectError.from(error).code === code;

/** Waits until a conversation has no active turn, and returns the number of words of its answer. */
async function words(conversation: string): Promise<number> {
  const conversationId = { value: conversation };
  for (;;) {
    const found = await client.getConversation({ conversationId });
    if (found.conversation?.activeTurnId === undefined) break;
  }
  const { messages } = await client.listMessages({ conversationId });
  const part = messages[1]?.parts[0]?.kind;
  return part?.case === "text" ? part.value.text.split(" ").length : 0;
}

// A deadline.
let conversation = await createConversation(transport);
let chunks = 0;
await assert.rejects(async () => {
  for await (const { kind } of streamTurn(transport, conversation, message, { timeoutMs: 2000 })) {
    if (kind.case === "tokenChunk") chunks += 1;
  }
}, failsWith(Code.DeadlineExceeded));
assert(chunks > 0 && chunks < 100, `${chunks}`);
assert((await words(conversation)) < 100);
console.log("deadline");

// A signal. The server stops the turn, too.
conversation = await createConversation(transport);
const abort = new AbortController();
await assert.rejects(async () => {
  const options = { signal: abort.signal };
  for await (const { kind } of streamTurn(transport, conversation, message, options)) {
    if (kind.case === "tokenChunk") abort.abort();
  }
}, failsWith(Code.Canceled));
assert((await words(conversation)) < 100);
console.log("abort");

// CancelTurn: the stream comes to its end.
conversation = await createConversation(transport);
let turn = "";
let cancelled;
let reason: FinishReason | undefined;
for await (const { kind } of streamTurn(transport, conversation, message)) {
  if (kind.case === "started") turn = kind.value.turnId?.value ?? "";
  if (kind.case === "tokenChunk") cancelled ??= cancelTurn(transport, turn);
  if (kind.case === "finished") reason = kind.value.finishReason;
}
assert.equal(reason, FinishReason.CANCELLED);
assert.equal((await cancelled)?.finishReason, FinishReason.CANCELLED);
console.log("cancel");
