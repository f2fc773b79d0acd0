'use strict';

// The Runtime API over one keep-alive socket. The platform always sends Content-Length.

const net = require('node:net');

const API = '/2018-06-01/runtime/';
const HOST = process.env.AWS_LAMBDA_RUNTIME_API;
const HEAD_END = Buffer.from('\r\n\r\n');

let socket;
let received = [];
let waiting;   // resolves with the next response
let expected = -1;  // bytes of head and body, once the head has come
let response;

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
  let size = 0;
  for (const part of received) size += part.length;
  if (expected < 0) {
    const data = received.length === 1 ? received[0] : Buffer.concat(received, size);
    received = [data];
    const end = data.indexOf(HEAD_END);
    if (end < 0) return;
    parseHead(data, end);
  }
  if (size < expected) return;
  const data = received.length === 1 ? received[0] : Buffer.concat(received, size);
  const { status, headers, start } = response;
  const resolve = waiting;
  received = size > expected ? [data.subarray(expected)] : [];
  const body = data.subarray(start, expected);
  expected = -1;
  resolve({ status, headers, body });
}

function exchange(...parts) {
  if (!socket) connect();
  return new Promise((resolve) => {
    waiting = resolve;
    for (const part of parts) socket.write(part);
  });
}

function post(path, body, headers) {
  const head = `POST ${API}${path} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Type: application/json\r\n` +
    `${headers ?? ''}Content-Length: `;
  // One write while that is cheap: it spares the platform a wake-up.
  if (body.length < 16384) {
    return exchange(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  const bytes = Buffer.from(body);
  return exchange(`${head}${bytes.length}\r\n\r\n`, bytes);
}

module.exports = {
  HOST,
  API,
  ref() { socket?.ref(); },
  unref() { socket?.unref(); },

  async next() {
    const event = await exchange(`GET ${API}invocation/next HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    if (event.status !== 200) process.exit(1);
    return event;
  },

  async postResponse(requestId, json) {
    const { status, body } = await post(`invocation/${requestId}/response`, json);
    if (status >= 400) process.stderr.write(`The platform refused the response (${status}): ${body}\n`);
  },

  async postError(path, document) {
    const type = String(document.errorType).replace(/[^\x21-\x7e]/g, '');
    await post(path, JSON.stringify(document),
               `Lambda-Runtime-Function-Error-Type: ${type}\r\n`);
  },

  // For a body that goes out chunk by chunk: write parts, then wait for the answer.
  write(data, done) { socket.write(data, done); },
  finish(data) { return exchange(data); },
};
