// graphql-ws as its documentation shows it: every message of a Redis channel is an event of one subscription.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { buildSchema } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'

const [port, redis, channel] = process.argv.slice(2)
const schema = buildSchema(`
  type Event { id: ID!, cursor: String!, sequence: Int!, kind: String!, occurredAt: String! }
  type Query { hello: String }
  type Subscription { pharmacyEvents: Event! }
`)
const listeners = new Set()

async function* events() {
  const waiting = []
  let wake
  const listener = (event) => {
    waiting.push(event)
    wake?.()
  }
  listeners.add(listener)
  try {
    while (true) {
      while (waiting.length) yield { pharmacyEvents: waiting.shift() }
      await new Promise((resolve) => (wake = resolve))
    }
  } finally {
    listeners.delete(listener)
  }
}

const address = new URL(redis)
const where = address.protocol === 'unix:' ? { path: address.pathname } : { port: address.port, host: address.hostname }
const socket = connect(where, () => socket.write(`SUBSCRIBE ${channel}\r\n`))
let text = ''
socket.on('data', (data) => {
  text += data
  // *3 $7 message $n channel $n payload
  let found
  while ((found = /\*3\r\n\$7\r\nmessage\r\n\$\d+\r\n[^\r]*\r\n\$\d+\r\n([^\r]*)\r\n/.exec(text))) {
    text = text.slice(found.index + found[0].length)
    const event = JSON.parse(found[1])
    for (const listener of [...listeners]) listener(event)
  }
})

const http = createServer((_, response) => response.end('ok'))
useServer({ schema, roots: { subscription: { pharmacyEvents: events } } }, new WebSocketServer({ server: http, path: '/graphql' }))
http.listen(Number(port), '127.0.0.1')
