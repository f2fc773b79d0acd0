'use strict';

// Handlers for the tests of the Node.js runtime; each shows one behaviour.

const fs = require('node:fs');

console.log('loading handlers');
let calls = 0;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.echo = async (event) => event;
exports.count = async () => ++calls;

exports.context = async (event, context) => ({
  ...context,
  remaining: context.getRemainingTimeInMillis() > 0,
  trace: process.env._X_AMZN_TRACE_ID,
});
exports.environment = async () => process.env;

exports.callback = (event, context, callback) => {
  setTimeout(() => console.log('still working'), 30);
  callback(null, 'called back');
};
exports.callbackAtOnce = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = false;
  setTimeout(() => {}, 60000);
  callback(null, 'at once');
};
exports.callbackError = (event, context, callback) => callback(new RangeError('called back'));
exports.callbackText = (event, context, callback) => callback('just text');
exports.succeed = (event, context) => context.succeed('succeeded');
exports.fail = (event, context) => context.fail(new Error('failed'));
exports.done = (event, context) => context.done(null, 'done');
exports.neverResolves = () => new Promise(() => {});
exports.returnsValue = () => 'ignored by the real one as well';
exports.returnsUndefined = async () => undefined;

exports.throws = () => { throw new TypeError('thrown'); };
exports.rejects = async () => { await wait(1); throw new TypeError('rejected'); };
exports.rejectsText = async () => { throw 'text'; };
exports.unhandledRejection = async () => {
  Promise.reject(new Error('nobody listens'));
  await wait(60000);
};
exports.uncaught = () => { setTimeout(() => { throw new Error('from a timer'); }, 5); };
exports.circular = async () => { const a = {}; a.a = a; return a; };

exports.logs = async () => {
  console.log('one\ntwo', { a: 1 });
  console.warn('warned %d', 5);
  console.error(new Error('logged'));
  process.stdout.write('plain\n');
};

exports.exits = (event) => process.exit(event);
exports.sleeps = async () => { console.log('going to sleep'); await wait(60000); };
exports.spins = () => { for (;;); };
exports.allocates = async () => {
  const held = [];
  for (;;) held.push(Buffer.alloc(8 << 20, 1));
};
exports.large = async (event) => 'x'.repeat(event);
exports.writesCode = async () => {
  try {
    fs.writeFileSync('/var/task/new', '');
    return 'written';
  } catch (error) {
    return error.code;
  }
};

exports.streams = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain');
  stream.write('one ');
  await wait(5);
  stream.write('two');
  stream.end();
});
exports.streamsHttp = awslambda.streamifyResponse(async (event, stream) => {
  const http = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
  http.write('body');
  http.end();
});
exports.streamsAndFails = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one ');
  await wait(5);
  throw new RangeError('mid-stream');
});
exports.streamsMuch = awslambda.streamifyResponse(async (event, stream) => {
  const chunk = 'x'.repeat(65536);
  for (let left = event; left > 0; left -= chunk.length) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  stream.end();
});

exports.nested = { deep: { handler: async () => 'deep' } };
exports.notAFunction = 5;
