// graphql-js and graphql-ws on ws: what Apollo Server and Yoga run for subscriptions.
import { buildSchema } from "graphql";
import { createTopics } from "./topics.mjs";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

import { obey, userOf } from "./control.mjs";
import { position } from "./rows.mjs";
import { typeDefs } from "./schema.mjs";

const topics = createTopics();
const roots = {
  subscription: {
    positionUpdated: (_arguments, { user }) => topics.subscribe(user),
  },
};

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  path: "/graphql",
  perMessageDeflate: false,
  backlog: 4096,
});
useServer(
  {
    schema: buildSchema(typeDefs),
    roots,
    context: ({ connectionParams }) => ({ user: userOf(connectionParams.authorization) }),
  },
  server,
);

server.on("listening", () =>
  obey(server.address().port, (tick) =>
    topics.publish(tick.user, { positionUpdated: { upserts: [position(tick)] } }),
  ),
);
