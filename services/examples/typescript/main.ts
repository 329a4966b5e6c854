// Asks the agent system a question, in Node:
//
//   node dist/main.js grpc http://127.0.0.1:50051 "How many vacation days do employees have?"
//   node dist/main.js grpc-web http://127.0.0.1:8080 "How many vacation days do employees have?"
//
// Ctrl-C cancels the turn.

import { Code, ConnectError } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { createConversation, retrieve, streamTurn } from "./calls.js";

const [protocol, baseUrl, question] = process.argv.slice(2);
if (baseUrl === undefined || question === undefined) {
  throw new Error("usage: node dist/main.js grpc|grpc-web URL QUESTION");
}
const create = protocol === "grpc" ? createGrpcTransport : createGrpcWebTransport;
const transport = create({ baseUrl });
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
const options = { timeoutMs: 30_000, signal: stop.signal };

try {
  for (const document of await retrieve(transport, question, options)) {
    console.log(`Score: ${document.score.toFixed(3)} - ${document.content}`);
  }
  const conversation = await createConversation(transport, options);
  for await (const { kind } of streamTurn(transport, conversation, question, options)) {
    if (kind.case === "tokenChunk") process.stdout.write(kind.value.text);
    if (kind.case === "toolCall") console.log(`Tool: ${kind.value.toolName}`);
  }
  console.log();
} catch (error) {
  const { code, rawMessage } = ConnectError.from(error);
  console.error(`${Code[code]}: ${rawMessage}`);
  process.exitCode = 1;
}
