// All audits of GraphQL over HTTP; prints those that are not ok, and how many there were.
import { serverAudits } from 'graphql-http'

const [url, token] = process.argv.slice(2)
const fetchFn = (input, init = {}) =>
  fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } })

const results = []
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, name, reason } = await audit.fn()
  results.push({ id: audit.id, name, status, reason })
}
console.log(JSON.stringify({ count: results.length, bad: results.filter((each) => each.status !== 'ok') }))
