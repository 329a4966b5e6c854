// Uses the stubs as an engineer with a strict type checker does, over gRPC, and prints what it got.

import { create, toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  ConversationService,
  MessageRequestSchema,
  RAGService,
  type Document,
  type MessageRequestJson,
} from "agent-contract/agent/agent_services_pb.js";
import { PartSchema, type Part } from "agent-contract/agent/v2/content_pb.js";

const [baseUrl] = process.argv.slice(2);
if (baseUrl === undefined) throw new Error("the address is missing");
const transport = createGrpcTransport({ baseUrl });

const retrieval = createClient(RAGService, transport);
const answer = await retrieval.retrieve({ query: "What is the balance?", topK: 5, minScore: 0.7 });
const shown = (document: Document): string => `${document.score.toFixed(3)} ${document.content}`;
answer.documents.forEach((document) => console.log(shown(document)));

const conversation = createClient(ConversationService, transport);
const request = create(MessageRequestSchema, { sessionId: "s", userMessage: "one two three" });
for await (const chunk of conversation.streamResponse(request)) {
  console.log(`${chunk.sequenceNumber} ${chunk.token}${chunk.isFinal ? "." : ""}`);
}
const json: MessageRequestJson = toJson(MessageRequestSchema, request);
console.log(json.userMessage);

try {
  await conversation.handleMessage(request);
} catch (error) {
  console.log(error instanceof ConnectError && error.code === Code.Unimplemented);
}

const kind = (part: Part): string => {
  switch (part.kind.case) {
    case "text":
      return part.kind.value.text;
    case "toolCall":
    case "toolResult":
    case undefined:
      return part.kind.case ?? "unknown";
  }
};
console.log(kind(create(PartSchema, { kind: { case: "text", value: { text: "hello" } } })));
