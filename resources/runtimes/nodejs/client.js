'use strict';

// The Runtime API over one keep-alive socket. The platform always sends Content-Length.

const net = require('node:net');

const API = '/2018-06-01/runtime/';
const HOST = process.env.AWS_LAMBDA_RUNTIME_API;
const HEAD_END = Buffer.from('\r\n\r\n');

let socket;
let rest;            // of an answer that has not come whole
const waiting = [];  // what resolves with each outstanding response, in order
let event;           // the next one, when it was asked for already

function connect() {
  const colon = HOST.lastIndexOf(':');
  socket = net.connect({ host: HOST.slice(0, colon), port: Number(HOST.slice(colon + 1)),
                         noDelay: true,
                         // Past the machinery of streams, which takes longer than a small event.
                         onread: { buffer: Buffer.allocUnsafeSlow(65536), callback: onRead } });
  // The platform has gone; there is no one to tell.
  socket.on('error', () => process.exit(1));
  socket.on('end', () => process.exit(1));
  socket.on('close', () => process.exit(1));
}

function parseHead(text) {
  const headers = Object.create(null);
  let at = text.indexOf('\r\n');
  const status = Number(text.slice(9, 12));
  while (at >= 0) {
    const next = text.indexOf('\r\n', at + 2);
    const line = next < 0 ? text.slice(at + 2) : text.slice(at + 2, next);
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    at = next;
  }
  return { status, headers, body: undefined };
}

// The buffer is the socket's and is filled anew after this.
function onRead(count, buffer) {
  let data = buffer.subarray(0, count);
  if (rest) data = rest.take(data);
  // The answer to a response and the next event come together, as a rule.
  while (data?.length > 0) data = takeResponse(data);
  return true;
}

// What follows the response; nothing when it is not whole, and the rest is waited for.
function takeResponse(data) {
  const end = data.indexOf(HEAD_END);
  if (end < 0) {
    rest = new Rest(data, -1);
    return undefined;
  }
  const response = parseHead(data.toString('utf8', 0, end));
  const start = end + HEAD_END.length;
  const stop = start + Number(response.headers['content-length'] ?? 0);
  if (data.length < stop) {
    rest = new Rest(data, stop);
    return undefined;
  }
  response.body = data.toString('utf8', start, stop);
  waiting.shift()(response);
  return data.subarray(stop);
}

// The parts of a response, joined once the whole is there.
class Rest {
  constructor(data, size) {
    this.parts = [Buffer.from(data)];
    this.length = data.length;
    this.size = size;  // of the whole; -1 until its head is there
  }

  take(data) {
    this.parts.push(Buffer.from(data));
    this.length += data.length;
    if (this.length < this.size) return undefined;
    rest = undefined;
    return Buffer.concat(this.parts, this.length);
  }
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

  // The answer comes with the next event and is not waited for.
  postResponse(requestId, json) {
    post(`invocation/${requestId}/response`, json).then(({ status, body }) => {
      if (status >= 400) process.stderr.write(`The platform refused the response (${status}): ${body}\n`);
    });
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
