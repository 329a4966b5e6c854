// The stubs read and write the vectors that every language reads and writes.
//
// Run with `npm install` and `npm test` in the folder above.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import {
  createRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import * as wellKnown from "@bufbuild/protobuf/wkt";

// The package as it lies, and beside this file the stubs of the vectors' own schemas.
const FOLDERS = ["../agent/", "../agent/v2/", "./vectors/proto2/", "./vectors/proto3/"];

const VECTORS = new URL("../../../tests/vectors/vectors.jsonl", import.meta.url);

const files = await Promise.all(FOLDERS.flatMap((folder) => stubs(new URL(folder, import.meta.url))));
// An `Any` may hold a well-known type.
const known = Object.values(wellKnown).filter((it) => it.kind === "file");
const registry = createRegistry(...files, ...known);

/** The files that the stubs in a folder describe. */
function stubs(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith("_pb.js"));
  return names.map(async (name) => {
    const exports = Object.values(await import(new URL(name, folder)));
    return exports.find((it) => it.kind === "file");
  });
}

test("every vector is read and written", () => {
  const lines = readFileSync(VECTORS, "utf8").trimEnd().split("\n");
  const wrong = lines.flatMap((line) => {
    const vector = JSON.parse(line);
    try {
      agrees(vector);
      return [];
    } catch (error) {
      return [`${vector.message}, ${vector.name}: ${error.message}`];
    }
  });
  assert.deepEqual(wrong, []);
  assert.ok(lines.length > 1600);
  console.log(`read ${lines.length} vectors`);
});

function agrees(vector) {
  const kind = registry.getMessage(vector.message);
  assert.ok(kind, "there is no stub of it");
  const bytes = Buffer.from(vector.bytes, "hex");
  const message = fromBinary(kind, bytes);
  assert.deepEqual(entries(toBinary(kind, message)), entries(bytes), "is written otherwise");
  const written = withFirstNames(kind, toJson(kind, message, { registry }));
  assert.ok(same(written, vector.json), `is in JSON ${JSON.stringify(written)}`);
  const known = Buffer.from(vector.known ?? vector.bytes, "hex");
  const read = fromJson(kind, vector.json, { registry });
  assert.deepEqual(entries(toBinary(kind, read)), entries(known), "is written otherwise after JSON");
}

/** Of two names of a number protobuf-es writes the last one, all others the first. */
function withFirstNames(kind, json) {
  if (kind.typeName === "vectors.proto3.Enums") {
    const keys = ["alias", "other"].filter((key) => json[key] === "ALIAS_SECOND");
    keys.forEach((key) => (json[key] = "ALIAS_FIRST"));
  }
  return json;
}

/** The fields of a message in an order: every runtime has its own for the entries of maps. */
function entries(bytes) {
  const reader = new BinaryReader(bytes);
  const fields = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    reader.skip(type, number);
    fields.push(Buffer.from(bytes.subarray(start, reader.pos)).toString("hex"));
  }
  return fields.sort();
}

/** Whether JSON means the same: a `float` may be written with more digits or with fewer. */
function same(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const single = Math.fround(a);
    const isSingle = single !== 0 && Number.isFinite(single);
    return a === b || (isSingle && single === Math.fround(b));
  }
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
    return a === b;
  }
  const keys = Object.keys(a);
  const isSame = (key) => Object.hasOwn(b, key) && same(a[key], b[key]);
  return Array.isArray(a) === Array.isArray(b) && keys.length === Object.keys(b).length && keys.every(isSame);
}
