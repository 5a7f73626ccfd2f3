// Runs queries and mutations by POST and subscriptions over graphql-transport-ws; no dependencies.

const EXAMPLES = {
  'What I own': `{
  positions(first: 50) {
    nodes {
      instrument { symbol name }
      quantity
      currency
      valuation { price marketValue unrealizedPnl asOf source }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  'My connections': `{
  connections {
    id broker label environment permission
    health { state reach since fault { code message } }
    freshness { resource status succeededAt }
    accounts { id maskedNumber type balances { currency cash } valuation { equity asOf } }
  }
}`,
  'Open orders': `{
  orders(first: 20, openOnly: true) {
    nodes { id status side type quantity limitPrice filledQuantity instrument { symbol } }
  }
}`,
  'Live positions': `subscription {
  positionUpdated(maxRate: 2) {
    asOf
    removedIds
    upserts { id quantity instrument { symbol } valuation { price marketValue } }
  }
}`,
  'All changes': `subscription ($after: Cursor) {
  changes(after: $after) {
    __typename
    ... on Resumable { cursor }
    ... on Snapshot { orders { id status } positions { id quantity } }
    ... on OrderChanged { execType order { id status filledQuantity } }
    ... on HoldingChanged { holding { id quantity } }
    ... on ConnectionChanged { connection { id health { state } } }
    ... on Resync { reason }
    ... on Heartbeat { at }
  }
}`,
}

const $ = (id) => document.getElementById(id)
const MOST_SHOWN = 200_000
let socket = null

function show(value, { append = false } = {}) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  const answer = $('answer')
  answer.textContent = append ? `${text}\n\n${answer.textContent}`.slice(0, MOST_SHOWN) : text
}

function state(text) {
  $('state').textContent = text
}

function request() {
  return { query: $('query').value, variables: JSON.parse($('variables').value || '{}') }
}

function authorization() {
  const token = $('token').value.trim()
  return token ? { authorization: `Bearer ${token}` } : {}
}

async function post(body) {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...authorization() }
  const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, answer: await response.json() }
}

function subscribe(body) {
  const url = new URL('/graphql', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  socket = new WebSocket(url, 'graphql-transport-ws')
  const send = (message) => socket.send(JSON.stringify(message))
  let count = 0
  show('')
  $('stop').disabled = false
  socket.onopen = () => send({ type: 'connection_init', payload: authorization() })
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data)
    if (message.type === 'connection_ack') send({ type: 'subscribe', id: '1', payload: body })
    if (message.type === 'ping') send({ type: 'pong' })
    if (message.type === 'next') state(`${++count} received`)
    if (message.type === 'next' || message.type === 'error') show(message.payload, { append: true })
    if (message.type === 'complete' || message.type === 'error') socket.close(1000)
  }
  socket.onclose = (event) => {
    state(`closed: ${event.code} ${event.reason}`)
    $('stop').disabled = true
  }
}

async function run() {
  socket?.close(1000)
  let body
  try {
    body = request()
  } catch {
    show('The variables are not JSON.')
    return
  }
  if (/^\s*subscription\b/m.test(body.query)) {
    subscribe(body)
    return
  }
  state('…')
  const started = performance.now()
  try {
    const { status, answer } = await post(body)
    show(answer)
    state(`${status} in ${Math.round(performance.now() - started)} ms`)
  } catch {
    show('The server cannot be reached.')
    state('')
  }
}

const INTROSPECTION = `{ __schema { types { name kind description
  fields { name description type { ...T } args { name type { ...T } } }
  inputFields { name description type { ...T } } enumValues { name } } } }
fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }`

function typeName(type) {
  if (type.kind === 'NON_NULL') return `${typeName(type.ofType)}!`
  if (type.kind === 'LIST') return `[${typeName(type.ofType)}]`
  return type.name
}

function element(tag, text, ...children) {
  const made = document.createElement(tag)
  if (text) made.textContent = text
  made.append(...children)
  return made
}

function describe(field) {
  const args = (field.args ?? []).map((each) => `${each.name}: ${typeName(each.type)}`).join(', ')
  const code = element('code', `${field.name}${args ? `(${args})` : ''}: ${typeName(field.type)}`)
  return element('li', '', code, element('p', field.description ?? ''))
}

function list(types, wanted) {
  const text = wanted.toLowerCase()
  const found = (type) => JSON.stringify([type.name, type.description, (type.fields ?? type.inputFields ?? []).map((f) => f.name)]).toLowerCase().includes(text)
  $('schema').replaceChildren(
    ...types.filter(found).flatMap((type) => {
      const fields = type.fields ?? type.inputFields ?? []
      const values = (type.enumValues ?? []).map((value) => element('li', '', element('code', value.name)))
      return [element('h2', type.name), element('p', type.description ?? ''), element('ul', '', ...fields.map(describe), ...values)]
    }),
  )
}

async function readSchema() {
  const { status, answer } = await post({ query: INTROSPECTION })
  if (status !== 200 || !answer.data) {
    $('schema').textContent = 'Sign in, or give a token, to see the schema.'
    return
  }
  const rank = (name) => ['Query', 'Mutation', 'Subscription'].indexOf(name) >>> 0
  const types = answer.data.__schema.types
    .filter((type) => !type.name.startsWith('__'))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name))
  $('search').oninput = () => list(types, $('search').value)
  list(types, $('search').value)
}

for (const name of Object.keys(EXAMPLES)) $('examples').append(new Option(name))
$('examples').onchange = () => { $('query').value = EXAMPLES[$('examples').value] }
$('query').value = Object.values(EXAMPLES)[0]
$('run').onclick = run
$('stop').onclick = () => socket?.close(1000)
$('token').onchange = readSchema
document.onkeydown = (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run() }
readSchema()
