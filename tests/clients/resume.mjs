// graphql-ws as docs/api.md configures it: cut again and again, it misses nothing and repeats nothing.
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'

const [url, token, wanted, seed] = process.argv.slice(2)
let random = Number(seed)
const chance = () => (random = (random * 48271) % 2147483647) / 2147483647

let cursor = null
const events = []
const kinds = {}
let connects = 0

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authorization: `Bearer ${token}` }),
  keepAlive: 10_000,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: () => new Promise((go) => setTimeout(go, 20 * chance())),
  on: { connected: () => connects++ },
})

const query = `subscription ($after: Cursor) {
  changes(after: $after, kinds: [ORDER]) {
    __typename
    ... on Snapshot { cursor }
    ... on Resync { cursor reason }
    ... on Heartbeat { cursor }
    ... on OrderChanged { cursor order { brokerOrderId filledQuantity } executions { executionId } }
  }
}`

// Read anew at each connection, so that a retry resumes where the last one ended.
const variables = { get after() { return cursor } }

const finished = new Promise((resolve, reject) => {
  client.subscribe({ query, variables }, {
    next: ({ data, errors }) => {
      if (errors) return reject(new Error(JSON.stringify(errors)))
      const frame = data.changes
      cursor = frame.cursor
      kinds[frame.__typename] = (kinds[frame.__typename] ?? 0) + 1
      if (frame.__typename === 'Snapshot') console.log('ready')
      if (frame.__typename === 'OrderChanged') events.push(...frame.executions.map((each) => each.executionId))
      if (events.length >= Number(wanted)) return resolve()
      if (chance() < 0.2) client.terminate()
    },
    error: reject,
    complete: () => reject(new Error('completed')),
  })
})
await finished
await client.dispose()
console.log(JSON.stringify({ events, kinds, connects }))
process.exit(0)
