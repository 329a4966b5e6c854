// The client for web pages: grpc-web, and messages in their JSON mapping. `services/web/client.js` is
// this file with its dependencies.

import { toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, type CallOptions } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { TurnEventSchema, type TurnEventJson } from "agent-contract/agent/v2/turn_event_pb.js";
import * as calls from "./calls.js";

/** A client of the agent system. */
export interface Client {
  /** Creates a conversation, and returns its id. */
  createConversation(options?: CallOptions): Promise<string>;
  /** Runs a turn, and returns its events as they happen. */
  streamTurn(
    conversation: string,
    text: string,
    options?: CallOptions,
  ): AsyncGenerator<TurnEventJson>;
  /** Cancels a turn. */
  cancelTurn(turn: string, options?: CallOptions): Promise<void>;
}

/** Returns a client of the agent system at `baseUrl`. */
export function connect(baseUrl: string): Client {
  const transport = createGrpcWebTransport({ baseUrl });
  return {
    createConversation: (options) => calls.createConversation(transport, options),
    async *streamTurn(conversation, text, options) {
      for await (const event of calls.streamTurn(transport, conversation, text, options)) {
        yield toJson(TurnEventSchema, event);
      }
    },
    async cancelTurn(turn, options) {
      await calls.cancelTurn(transport, turn, options);
    },
  };
}

/** Returns the code, the message and the request of a failed call. The code is named as in gRPC. */
export function status(error: unknown): { code: string; message: string; requestId?: string } {
  const { code, rawMessage, metadata } = ConnectError.from(error);
  const name = Code[code].replace(/[a-z](?=[A-Z])/g, "$&_").toUpperCase();
  const requestId = metadata.get("x-request-id");
  return {
    code: name.replace("CANCELED", "CANCELLED"),
    message: rawMessage,
    ...(requestId !== null && { requestId }),
  };
}
