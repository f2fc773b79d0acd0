'use strict';

// The Runtime API over one keep-alive socket. The platform always sends Content-Length.

const net = require('node:net');

const API = '/2018-06-01/runtime/';
const HOST = process.env.AWS_LAMBDA_RUNTIME_API;
const HEAD_END = Buffer.from('\r\n\r\n');

let socket;
let received = [];
const waiting = [];  // what resolves with each outstanding response, in order
let expected = -1;   // bytes of head and body, once the head has come
let response;
let event;           // the next one, when it was asked for already

function connect() {
  const colon = HOST.lastIndexOf(':');
  socket = net.connect({ host: HOST.slice(0, colon), port: Number(HOST.slice(colon + 1)),
                         noDelay: true });
  socket.on('data', onData);
  // The platform has gone; there is no one to tell.
  socket.on('error', () => process.exit(1));
  socket.on('close', () => process.exit(1));
}

function parseHead(data, end) {
  const lines = data.toString('utf8', 0, end).split('\r\n');
  const headers = Object.create(null);
  for (let i = 1; i < lines.length; ++i) {
    const colon = lines[i].indexOf(':');
    headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
  }
  response = { status: Number(lines[0].split(' ', 2)[1]), headers, start: end + 4 };
  expected = response.start + Number(headers['content-length'] ?? 0);
}

function onData(chunk) {
  received.push(chunk);
  while (takeResponse()) {
    // the answer to a response and the next event may come together
  }
}

function takeResponse() {
  let size = 0;
  for (const part of received) size += part.length;
  if (expected < 0) {
    const data = received.length === 1 ? received[0] : Buffer.concat(received, size);
    received = [data];
    const end = data.indexOf(HEAD_END);
    if (end < 0) return false;
    parseHead(data, end);
  }
  if (size < expected) return false;
  const data = received.length === 1 ? received[0] : Buffer.concat(received, size);
  const { status, headers, start } = response;
  received = size > expected ? [data.subarray(expected)] : [];
  const body = data.subarray(start, expected);
  expected = -1;
  waiting.shift()({ status, headers, body });
  return received.length > 0;
}

function expectResponse() {
  return new Promise((resolve) => waiting.push(resolve));
}

function exchange(...parts) {
  if (!socket) connect();
  for (const part of parts) socket.write(part);
  return expectResponse();
}

const NEXT = `GET ${API}invocation/next HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

// With the request for the next event right behind it, unless this is the last one: that spares both
// sides a wake-up for each invocation.
function post(path, body, headers, last) {
  const head = `POST ${API}${path} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n` +
    `${headers ?? ''}Content-Length: `;
  const behind = last ? '' : NEXT;
  let answer;
  if (body.length < 16384) {
    answer = exchange(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}${behind}`);
  } else {
    const bytes = Buffer.from(body);
    answer = exchange(`${head}${bytes.length}\r\n\r\n`, bytes, behind);
  }
  if (!last) event = expectResponse();
  return answer;
}

module.exports = {
  HOST,
  API,
  ref() { socket?.ref(); },
  unref() { socket?.unref(); },

  async next() {
    const asked = event ?? exchange(NEXT);
    event = undefined;
    const answer = await asked;
    if (answer.status !== 200) process.exit(1);
    return answer;
  },

  async postResponse(requestId, json) {
    const { status, body } = await post(`invocation/${requestId}/response`, json);
    if (status >= 400) process.stderr.write(`The platform refused the response (${status}): ${body}\n`);
  },

  async postError(path, document, last = false) {
    const type = String(document.errorType).replace(/[^\x21-\x7e]/g, '');
    await post(path, JSON.stringify(document),
               `Lambda-Runtime-Function-Error-Type: ${type}\r\n`, last);
  },

  // For a body that goes out chunk by chunk: write parts, then wait for the answer.
  write(data, done) { socket.write(data, done); },
  finish(data) { return exchange(data); },
};
