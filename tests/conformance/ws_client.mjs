// Subscriptions by npm's graphql-ws against YAOLU_URL: answers, replay, pings, and the codes on which it closes.
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const url = `${process.env.YAOLU_URL.replace("http", "ws")}/graphql`;
const connectionParams = { authorization: `Bearer ${process.env.YAOLU_TOKEN}` };
const EVENTS = `subscription ($after: String) { patientEvents(after: $after) { cursor sequence kind } }`;
const SECONDS = 60;

function client(more = {}) {
  return createClient({ url, webSocketImpl: WebSocket, connectionParams, retryAttempts: 0, lazy: true, ...more });
}

async function take(count, after, one) {
  const found = [];
  for await (const { data, errors } of one.iterate({ query: EVENTS, variables: { after } })) {
    assert.equal(errors, undefined);
    found.push(data.patientEvents);
    if (found.length === count) break;
  }
  return found;
}

async function answersQueries() {
  const one = client();
  for await (const { data } of one.iterate({ query: "{ __typename }" })) assert.deepEqual(data, { __typename: "Query" });
  const wrong = one.iterate({ query: "{ unknown }" });
  await assert.rejects(wrong.next(), ([error]) => error.extensions.code === "GRAPHQL_VALIDATION_FAILED");
  await one.dispose();
}

async function replays() {
  const one = client();
  const [first, second] = await take(2, null, one);
  const [again] = await take(1, first.cursor, one);
  assert.deepEqual(again, second);
  assert.equal(second.sequence, first.sequence + 1);
  await one.dispose();
}

async function pings() {
  let pongs = 0;
  const one = client({ lazy: false, keepAlive: 100, on: { pong: () => pongs++ } });
  await sleep(1000);
  assert.ok(pongs >= 3, `${pongs} pongs`);
  await one.dispose();
}

async function resumesByItself() {
  const sockets = [];
  class Watched extends WebSocket {
    constructor(...said) {
      super(...said);
      sockets.push(this);
    }
  }
  const one = client({ webSocketImpl: Watched, retryAttempts: 3 });
  const found = [];
  // retried by the client: what came between is asked for by the cursor
  for await (const { data } of one.iterate({ query: EVENTS })) {
    found.push(data.patientEvents.sequence);
    if (found.length === 1) sockets[0].terminate();
    if (found.length === 2) break;
  }
  assert.equal(sockets.length, 2);
  await one.dispose();
}

// a frame that graphql-ws would never send, from a bare socket
function closes(...frames) {
  return closesAs("graphql-transport-ws", ...frames);
}

function closesAs(subprotocol, ...frames) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, subprotocol);
    socket.on("open", () => frames.forEach((one) => socket.send(typeof one === "string" ? one : JSON.stringify(one))));
    socket.on("close", resolve);
    socket.on("error", reject);
  });
}

async function refusesItsToken() {
  const closed = new Promise((resolve) => client({ lazy: false, connectionParams: { token: "x" }, onNonLazyError: () => {}, on: { closed: resolve } }));
  assert.equal((await closed).code, 4403);
}

async function closesWithItsCodes() {
  const init = { type: "connection_init", payload: connectionParams };
  const listen = { type: "subscribe", id: "1", payload: { query: EVENTS } };
  const codes = await Promise.all([
    closes("{"),
    closes(listen),
    closes({ type: "connection_init", payload: { token: "x" } }),
    closesAs([], init),
    closes(),
    closes(init, listen, listen),
    closes(init, init),
  ]);
  assert.deepEqual(codes, [4400, 4401, 4403, 4406, 4408, 4409, 4429]);
}

const late = setTimeout(() => {
  console.error(`graphql-ws: not done within ${SECONDS} s`);
  process.exit(1);
}, SECONDS * 1000);
console.log("subscribed");
const checks = [answersQueries, replays, pings, resumesByItself, refusesItsToken, closesWithItsCodes];
for (const check of checks) {
  try {
    await check();
  } catch (error) {
    console.error(`  ${check.name}: ${error.stack ?? JSON.stringify(error)}`);
    process.exitCode = 1;
  }
}
if (!process.exitCode) console.log(`graphql-ws: ${checks.length} of ${checks.length} checks ok`);
clearTimeout(late);
