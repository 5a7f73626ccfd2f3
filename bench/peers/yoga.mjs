// Yoga, with the caches that it has by default, behind Node's HTTP server.
import { createServer } from "node:http";

import { createSchema, createYoga } from "graphql-yoga";

import { obey } from "./control.mjs";
import { positions, typeDefs } from "./schema.mjs";

const schema = createSchema({
  typeDefs,
  resolvers: { Query: { positions: (_root, { first }) => positions(first) } },
});
const server = createServer(createYoga({ schema, logging: false, graphiql: false }));
server.listen(0, "127.0.0.1", () => obey(server.address().port, () => {}));
