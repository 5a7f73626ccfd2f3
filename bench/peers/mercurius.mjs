// Mercurius on Fastify, with or without graphql-jit.
import Fastify from "fastify";
import mercurius from "mercurius";

import { obey, scale } from "./control.mjs";
import { positions, typeDefs } from "./schema.mjs";

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  resolvers: { Query: { positions: (_root, { first }) => positions(first) } },
  jit: scale.jit ? 1 : 0,
});
await app.listen({ host: "127.0.0.1", port: 0 });
obey(app.server.address().port, () => {});
