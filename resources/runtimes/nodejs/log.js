'use strict';

// The console as Lambda formats it: time, request id, level, message, tab-separated; the lines of
// one message are held together by carriage returns. With the log format JSON a message is an object.

const fs = require('node:fs');
const { format } = require('node:util');

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const JSON_FORMAT = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const LOWEST = JSON_FORMAT ? LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()) : 0;

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

function describeError(error) {
  return {
    errorType: error?.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}

function encode(line) {
  const plain = (_, value) =>
    (value instanceof Error ? { ...value, ...describeError(value) } : value);
  try {
    return JSON.stringify(line, plain);
  } catch {
    return JSON.stringify({ ...line, message: format(line.message) });  // circular, or a BigInt
  }
}

// A single value stays what it is; several are formatted, and an error among them is described.
function writeJson(level, values) {
  const line = { timestamp: new Date().toISOString(), level, requestId };
  line.message = values.length === 1 ? values[0] : format(...values);
  const error = values.length === 1 ? undefined : values.find((value) => value instanceof Error);
  writeAll(`${encode(error ? { ...line, ...describeError(error) } : line)}\n`);
}

function write(level, values) {
  if (JSON_FORMAT) return writeJson(level, values);
  const message = format(...values).replace(/\n/g, '\r');
  writeAll(`${new Date().toISOString()}\t${requestId}\t${level}\t${message}\n`);
}

module.exports = {
  write,
  // What the runtime has to say of an error of the function; `shown` is its text.
  writeError(title, error, shown) {
    if (JSON_FORMAT) writeJson('ERROR', [error instanceof Error ? error : `${title}${shown}`]);
    else write('ERROR', [title, shown]);
  },
  setRequestId(id) { requestId = id; },
  patchConsole() {
    const levels = { log: 'INFO', trace: 'TRACE', debug: 'DEBUG', info: 'INFO', warn: 'WARN',
                     error: 'ERROR', fatal: 'FATAL' };
    for (const [name, level] of Object.entries(levels)) {
      const wanted = LEVELS.indexOf(level) >= LOWEST;
      console[name] = wanted ? (...values) => write(level, values) : () => {};
    }
  },
};
