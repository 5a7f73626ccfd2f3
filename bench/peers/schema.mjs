// The peers' schema on Node, and a portfolio in memory that answers its query.
import { readFileSync } from "node:fs";

import { position } from "./rows.mjs";
import { scale } from "./control.mjs";

/** The schema's text. */
export const typeDefs = readFileSync(
  new URL("../documents/schema.graphql", import.meta.url),
  "utf8",
);

const held = Array.from({ length: scale.positions }, (_, instrument) =>
  position({ place: 0, instrument, cents: 10_000, asOf: "2026-01-02T14:30:00.000000Z" }),
);

/** The first positions of the portfolio. */
export function positions(first) {
  return {
    edges: held.slice(0, first).map((node) => ({ node })),
    pageInfo: { hasNextPage: first < held.length, endCursor: String(first) },
  };
}
