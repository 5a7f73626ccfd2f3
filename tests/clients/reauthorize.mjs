// graphql-ws comes back by itself with a new token after the old one was revoked (4403).
import { createInterface } from 'node:readline'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'

const [url] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const tokens = async () => (await lines.next()).value

const closed = []
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: async () => ({ authorization: `Bearer ${await tokens()}` }),
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: async () => {},
  on: { closed: (event) => closed.push(event.code) },
})
let received = 0
await new Promise((resolve, reject) => {
  client.subscribe({ query: 'subscription { positionUpdated { asOf } }' }, {
    next: () => {
      received += 1
      console.log(`received ${received}`)
      if (received === 2) resolve()
    },
    error: reject,
    complete: () => reject(new Error('completed')),
  })
})
console.log(JSON.stringify({ closed }))
process.exit(0)
