// The trace of a turn, as a waterfall.

import { element } from "./element.js";

/** Returns the spans of a trace, or none if the gateway does not have it. */
export async function fetchSpans(trace, headers) {
  const response = await fetch(`traces/${trace}`, { headers }).catch(() => undefined);
  if (!response?.ok) return [];
  return (await response.json()).spans ?? [];
}

/** Returns the spans with their depths: each after its parent, those of one parent by their start. */
function ordered(spans) {
  const known = new Set(spans.map((span) => span.spanId));
  const below = new Map();
  for (const span of spans) {
    const parent = known.has(span.parentSpanId) ? span.parentSpanId : null;
    below.set(parent, [...(below.get(parent) ?? []), span]);
  }
  const rows = [];
  const visit = (parent, depth) => {
    const children = below.get(parent) ?? [];
    // A cycle is not walked for ever: who has been visited is not visited again.
    below.delete(parent);
    for (const span of children.sort((a, b) => a.startMicros - b.startMicros)) {
      rows.push({ span, depth });
      visit(span.spanId, depth + 1);
    }
  };
  visit(null, 0);
  return rows;
}

/** Draws spans. */
export function waterfall(spans) {
  if (spans.length === 0) return element("p", { class: "about trace" }, "no trace");
  const end = Math.max(1, ...spans.map((span) => span.startMicros + span.durationMicros));
  const rows = ordered(spans).map(({ span, depth }) => row(span, depth, end));
  const shown = `Trace: ${spans.length} spans, ${milliseconds(end)}`;
  const head = element(
    "tr",
    {},
    element("th", { class: "name", scope: "col" }, "Span"),
    element("th", { scope: "col" }, "Time"),
    element("th", { class: "duration", scope: "col" }, "Duration"),
  );
  return element(
    "details",
    { class: "trace" },
    element("summary", {}, shown),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

function row(span, depth, end) {
  const attributes = Object.entries(span.attributes ?? {}).map(([name, value]) => `${name}: ${value}`);
  const title = [span.name, span.kind, ...attributes].join("\n");
  const failed = span.status === "error";
  const name = element("td", { title }, failed ? `${span.name} (error)` : span.name);
  const bar = element("div", { class: `bar ${span.kind} ${failed ? "failed" : ""}` });
  // Properties, since the policy of the page forbids style attributes.
  name.style.paddingLeft = `${depth * 0.8}rem`;
  bar.style.left = `${(span.startMicros / end) * 100}%`;
  bar.style.width = `${(span.durationMicros / end) * 100}%`;
  return element(
    "tr",
    {},
    name,
    element("td", { class: "lane" }, bar),
    element("td", { class: "duration" }, milliseconds(span.durationMicros)),
  );
}

function milliseconds(micros) {
  return `${(micros / 1000).toFixed(micros < 10_000 ? 2 : 0)} ms`;
}
