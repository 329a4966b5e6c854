// The client by REST, with server-sent events. `client.js` has the same functions by grpc-web.

/** A problem (RFC 9457), as the gateway answers. */
export class ProblemError extends Error {
  constructor(problem) {
    super(problem.detail ?? "");
    this.code = problem.code ?? "UNKNOWN";
    this.requestId = problem.requestId;
  }
}

/** Sends a request with a body, and returns its response if it succeeded. */
async function post(path, body, { headers, signal } = {}) {
  const response = await fetch(path, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (response.ok) return response;
  const type = response.headers.get("content-type") ?? "";
  const isProblem = type.startsWith("application/problem+json");
  throw new ProblemError(isProblem ? await response.json() : { detail: `HTTP ${response.status}` });
}

/** Returns the events of a response: name and data. */
async function* events(response) {
  let text = "";
  for await (const part of parts(response.body.pipeThrough(new TextDecoderStream()))) {
    const blocks = (text + part).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line));
      const field = (name) => fields.find((it) => it?.[1] === name)?.[2];
      if (field("data") !== undefined) {
        yield { name: field("event") ?? "message", data: JSON.parse(field("data")) };
      }
    }
  }
}

/** Returns the parts of a stream: not every browser iterates over one. */
async function* parts(stream) {
  const reader = stream.getReader();
  try {
    for (let read; !(read = await reader.read()).done; ) yield read.value;
  } finally {
    await reader.cancel();
  }
}

/** Returns a random number of as many bytes, in hexadecimal digits. */
export function random(bytes) {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Creates a conversation, and returns its id. */
export async function createConversation(options) {
  const response = await post("v2/conversations", { requestId: random(16) }, options);
  return (await response.json()).conversation.id.value;
}

/** Runs a turn, and returns its events as they happen. */
export async function* streamTurn(conversation, text, options) {
  const path = `v2/conversations/${encodeURIComponent(conversation)}/turns:stream`;
  const turnOptions = { cancelOnDisconnect: true };
  const body = { requestId: random(16), input: { text }, options: turnOptions };
  for await (const { name, data } of events(await post(path, body, options))) {
    if (name === "end") return;
    if (name === "error") throw new ProblemError(data);
    if (data.event !== undefined) yield data.event;
  }
  throw new ProblemError({ code: "UNAVAILABLE", detail: "the stream was cut off" });
}

/** Cancels a turn. */
export async function cancelTurn(turn, options) {
  await post(`v2/turns/${encodeURIComponent(turn)}:cancel`, {}, options);
}

/** Returns the code and the message of a failed call. */
export function status(error) {
  if (error instanceof ProblemError) {
    return { code: error.code, message: error.message, requestId: error.requestId };
  }
  if (error?.name === "AbortError") return { code: "CANCELLED", message: "stopped" };
  return { code: "UNAVAILABLE", message: String(error?.message ?? error) };
}
