// Apollo Client as docs/api.md configures it: a query, a mutation and a subscription.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import { firstValueFrom } from 'rxjs'
import WebSocket from 'ws'

const [url, token] = process.argv.slice(2)
const authorization = `Bearer ${token}`

const http = new HttpLink({ uri: url, headers: { authorization } })
const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: Infinity,
  shouldRetry: () => true,
})
const link = ApolloLink.split(
  ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
  new GraphQLWsLink(socket),
  http,
)
const client = new ApolloClient({
  link,
  cache: new InMemoryCache({ possibleTypes: { Node: ['Account', 'Connection', 'Instrument', 'Order', 'Position'] } }),
})

const query = await client.query({
  query: gql`{ positions(first: 10) { nodes { id quantity instrument { id symbol } } } }`,
})
const mutation = await client.mutate({
  mutation: gql`mutation { sync(input: { connectionId: "nope" }) { userErrors { code } } }`,
})
const subscription = await firstValueFrom(client.subscribe({
  query: gql`subscription { positionUpdated { upserts { id quantity } removedIds } }`,
}))
console.log(JSON.stringify([query.data, mutation.data, subscription.data]))
process.exit(0)
