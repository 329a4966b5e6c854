// The page: sends messages, and shows what happens in each turn.

import { connect, status as grpcStatus } from "./client.js";
import { element } from "./element.js";
import * as rest from "./rest.js";
import { fetchSpans, waterfall } from "./trace.js";

const byId = (id) => document.getElementById(id);
const [turns, form, message, send, stop] = ["turns", "form", "message", "send", "stop"].map(byId);

/** The clients of both protocols: they have the same functions. */
const clients = {
  sse: rest,
  "grpc-web": { ...connect(new URL(".", location.href).href), status: grpcStatus },
};

/** The conversation, once it is created, and the key that it was created with. */
let conversation = {};

/** Stops the turn that runs. */
let stopTurn = () => {};

/** Changes the page. Who was at its end stays there. */
function follow(change) {
  const { scrollHeight } = document.body;
  const wasAtEnd = window.scrollY + window.innerHeight > scrollHeight - 40;
  change();
  if (wasAtEnd) window.scrollTo({ top: document.body.scrollHeight });
}

/** Shows one turn. */
class TurnView {
  constructor(text) {
    this.text = element("p", { class: "text" });
    this.box = element("article", { class: "answer", "aria-label": "Answer" }, this.text);
    byId("empty")?.remove();
    turns.append(element("p", { class: "own" }, text), this.box);
    window.scrollTo({ top: document.body.scrollHeight });
  }

  /** Adds to the end of the answer. */
  add(...children) {
    follow(() => this.box.append(...children));
  }

  /** Shows an event of the turn. */
  show(event) {
    if (event.tokenChunk) {
      follow(() => this.text.append(event.tokenChunk.text));
    } else if (event.passagesRetrieved) {
      this.add(citations(event.passagesRetrieved.passages ?? []));
    } else if (event.toolCall) {
      const { toolName, arguments: given = {} } = event.toolCall;
      const code = element("code", {}, `${toolName}(${JSON.stringify(given)})`);
      this.result = element("span");
      follow(() => this.text.before(element("p", { class: "tool" }, "Tool ", code, this.result)));
    } else if (event.toolResult) {
      const { output, problem } = event.toolResult;
      this.result?.append(problem ? ` failed: ${problem.message}` : ` → ${output?.text ?? ""}`);
    } else if (event.problem) {
      this.error({ ...event.problem, code: event.problem.code?.replace("PROBLEM_CODE_", "") });
    } else if (event.finished) {
      this.finish(event.finished);
    }
  }

  finish({ finishReason = "", problem, usage = {}, model = "" }) {
    const reason = finishReason.replace("FINISH_REASON_", "").toLowerCase();
    const tokens = `${usage.outputTokens ?? 0} tokens`;
    if (problem) this.error({ ...problem, code: problem.code?.replace("PROBLEM_CODE_", "") });
    this.add(element("p", { class: "about" }, [reason, tokens, model].filter(Boolean).join(" · ")));
    this.outcome = reason === "stop" ? this.text.textContent : `The turn ended: ${reason}`;
  }

  error({ code, message, requestId }) {
    const id = requestId ? ` (request ${requestId})` : "";
    this.outcome = `${code}: ${message}`;
    this.add(element("p", { class: "error" }, element("strong", {}, code), ` ${message}${id}`));
  }
}

/** Returns the passages that were retrieved. */
function citations(passages) {
  const items = passages.map((passage) => {
    const title = passage.title || passage.documentId?.value || "Untitled";
    const isLink = /^https?:/.test(passage.uri ?? "");
    const name = isLink
      ? element("a", { href: passage.uri, rel: "noreferrer", target: "_blank" }, title)
      : element("strong", {}, title);
    const relevance = ` · relevance ${(passage.relevance ?? 0).toFixed(2)}`;
    return element("li", {}, name, relevance, element("blockquote", {}, passage.text ?? ""));
  });
  const shown = `Sources: ${items.length}`;
  return element(
    "details",
    { class: "citations", open: "" },
    element("summary", {}, shown),
    element("ol", {}, ...items),
  );
}

/** Runs a turn, and shows it with its trace. */
async function runTurn(text) {
  const client = clients[document.querySelector("[name=protocol]:checked").value];
  const key = byId("key").value.trim();
  const access = key === "" ? {} : { authorization: `Bearer ${key}` };
  const trace = rest.random(16);
  const headers = { ...access, traceparent: `00-${trace}-${rest.random(8)}-01` };
  const abort = new AbortController();
  const view = new TurnView(text);
  let turn;
  stopTurn = () => {
    if (turn === undefined) return abort.abort();
    // The stream goes on to the event `finished`. Who does not want to wait for it stops again.
    stopTurn = () => abort.abort();
    client.cancelTurn(turn, { headers: access }).catch(() => abort.abort());
  };
  try {
    if (conversation.id === undefined || conversation.key !== key) {
      const options = { headers: access, signal: abort.signal };
      conversation = { id: await client.createConversation(options), key };
    }
    const options = { headers, signal: abort.signal };
    for await (const event of client.streamTurn(conversation.id, text, options)) {
      turn ??= event.started?.turnId?.value;
      view.show(event);
    }
  } catch (error) {
    const status = client.status(error);
    if (status.code === "NOT_FOUND") conversation = {};
    view.error(status);
  }
  byId("status").textContent = view.outcome;
  view.add(waterfall(await fetchSpans(trace, access)));
}

/** Lets the user send or stop. */
function setBusy(isBusy) {
  send.disabled = isBusy;
  stop.disabled = !isBusy;
  turns.setAttribute("aria-busy", String(isBusy));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = message.value.trim();
  if (text === "" || send.disabled) return;
  message.value = "";
  byId("status").textContent = "Answering";
  setBusy(true);
  try {
    await runTurn(text);
  } finally {
    setBusy(false);
    // Unless the user went on to something else.
    if ([document.body, send, stop].includes(document.activeElement)) message.focus();
  }
});

message.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

stop.addEventListener("click", () => stopTurn());
