// One client, named by the first argument, carries out a query, a mutation and a subscription.
import * as clients from './clients.mjs'

const [name, url, token, query, mutation, subscription] = process.argv.slice(2)
const client = clients[name](url, `Bearer ${token}`)
console.log(JSON.stringify([
  await client.query(query),
  await client.mutate(mutation),
  await client.first(subscription),
]))
process.exit(0)
