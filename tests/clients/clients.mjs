// Clients as docs/api.md configures them, each with the same three verbs.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { OperationTypeNode } from 'graphql'
import { createClient } from 'graphql-ws'
import { firstValueFrom } from 'rxjs'
import WebSocket from 'ws'

const socketOf = (url, authorization) => createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  retryAttempts: Infinity,
  shouldRetry: () => true,
})

const settled = ({ data, error, errors }) => {
  if (error ?? errors) throw error ?? new Error(JSON.stringify(errors))
  return data
}

export function apollo(url, authorization) {
  const http = new HttpLink({ uri: url, headers: { authorization } })
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socketOf(url, authorization)),
    http,
  )
  const possibleTypes = {
    Node: ['Account', 'Connection', 'Instrument', 'Order', 'Position'],
    Resumable: [
      'OrderChanged', 'HoldingChanged', 'CashChanged', 'TransactionChanged', 'AccountChanged',
      'ConnectionChanged', 'IntentChanged', 'DriftFound', 'Snapshot', 'Resync', 'Heartbeat',
    ],
  }
  const client = new ApolloClient({ link, cache: new InMemoryCache({ possibleTypes }) })
  return {
    query: async (text) => settled(await client.query({ query: gql(text) })),
    mutate: async (text) => settled(await client.mutate({ mutation: gql(text) })),
    first: async (text) => settled(await firstValueFrom(client.subscribe({ query: gql(text) }))),
  }
}

export function urql(url, authorization) {
  const socket = socketOf(url, authorization)
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({
      unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink),
    }),
  })
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription })],
  })
  return {
    query: async (text) => settled(await client.query(text, {}).toPromise()),
    mutate: async (text) => settled(await client.mutation(text, {}).toPromise()),
    first: async (text) => settled(await new Promise((resolve) => {
      client.subscription(text, {}).subscribe(resolve)
    })),
  }
}

export function graphqlWs(url, authorization) {
  const socket = socketOf(url, authorization)
  const first = async (query) => {
    for await (const result of socket.iterate({ query })) return settled(result)
  }
  return { query: first, mutate: first, first }
}
