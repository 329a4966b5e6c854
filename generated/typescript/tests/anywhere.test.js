// The stubs need nothing that only Node has: they are loaded and used in a context that knows the
// language and, as every browser does, how text is encoded.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const STUB = new URL("../agent/v2/rag_service_pb.js", import.meta.url);

const PROGRAM = `
  import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
  import { RagService, RetrieveRequestSchema } from "${STUB}";

  const request = create(RetrieveRequestSchema, { query: "balances – ≤ 10 €" });
  const read = fromBinary(RetrieveRequestSchema, toBinary(RetrieveRequestSchema, request));
  export const json = JSON.stringify(toJson(RetrieveRequestSchema, read));
  export const methods = RagService.methods.map((method) => method.name).join();
  export const lacks = [typeof process, typeof Buffer, typeof require, typeof fetch].join();
`;

test("a place without Node loads and uses them", async () => {
  const context = vm.createContext({ TextEncoder, TextDecoder });
  const loaded = new Map();
  const load = (url) => {
    if (!loaded.has(url)) {
      const text = readFileSync(new URL(url), "utf8");
      loaded.set(url, new vm.SourceTextModule(text, { context, identifier: url }));
    }
    return loaded.get(url);
  };
  const program = new vm.SourceTextModule(PROGRAM, { context, identifier: STUB.href });
  await program.link((name, from) => load(resolved(name, from.identifier)));
  await program.evaluate();
  const { json, methods, lacks } = program.namespace;
  assert.equal(json, '{"query":"balances – ≤ 10 €"}');
  assert.match(methods, /Retrieve/);
  assert.equal(lacks, "undefined,undefined,undefined,undefined");
  assert.ok(loaded.size > 20, `${loaded.size} modules`);
});

/** Where a module is that another one names; Node's own are nowhere. */
function resolved(name, from) {
  assert.ok(!name.startsWith("node:"), `${from} needs ${name}`);
  if (name.startsWith(".") || name.startsWith("file:")) {
    return new URL(name, from).href;
  }
  return import.meta.resolve(name);
}
