'use strict';

// The console as Lambda formats it: time, request id, level, message, tab-separated; the lines of
// one message are held together by carriage returns.

const fs = require('node:fs');
const { format } = require('node:util');

let requestId;

function writeAll(text) {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(fs.writeSync(1, bytes));
    } catch (error) {
      if (error.code !== 'EAGAIN') return;  // the function has closed its output
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function write(level, values) {
  const message = format(...values).replace(/\n/g, '\r');
  writeAll(`${new Date().toISOString()}\t${requestId}\t${level}\t${message}\n`);
}

module.exports = {
  write,
  setRequestId(id) { requestId = id; },
  patchConsole() {
    const levels = { log: 'INFO', trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN',
                     error: 'ERROR', fatal: 'FATAL' };
    for (const [name, level] of Object.entries(levels)) {
      console[name] = (...values) => write(level, values);
    }
  },
};
