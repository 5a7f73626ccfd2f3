// urql as docs/api.md configures it: a query, a mutation and a subscription.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'

const [url, token] = process.argv.slice(2)
const authorization = `Bearer ${token}`
const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: Infinity,
  shouldRetry: () => true,
})
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { authorization } },
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({
          unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink),
        }),
      }),
    }),
  ],
})

const done = ({ data, error }) => {
  if (error) throw error
  return data
}
const query = done(await client.query('{ positions(first: 10) { nodes { id quantity instrument { id symbol } } } }', {}).toPromise())
const mutation = done(await client.mutation('mutation { sync(input: { connectionId: "nope" }) { userErrors { code } } }', {}).toPromise())
const subscription = done(await new Promise((resolve) => {
  client.subscription('subscription { positionUpdated { upserts { id quantity } removedIds } }', {}).subscribe(resolve)
}))
console.log(JSON.stringify([query, mutation, subscription]))
process.exit(0)
