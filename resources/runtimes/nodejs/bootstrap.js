'use strict';

// Runs a Node.js function inside an execution environment: the client of the Runtime API. It starts
// with every cold start, so it speaks HTTP over a plain socket (node:http alone costs milliseconds)
// and loads what streams and errors need only when they happen.

const client = require('./client.js');
const log = require('./log.js');

const COLD = {};
const IDLE = {};
let current = COLD;  // or IDLE, or the invocation that runs
let debugged = false;

function lazily(path) {
  let loaded;
  return () => (loaded ??= require(path));
}
const errors = lazily('./errors.js');
const streaming = lazily('./response_stream.js');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = 'response';
    if (options?.highWaterMark !== undefined) {
      handler[Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark')] =
        parseInt(options.highWaterMark, 10);
    }
    return handler;
  },
  HttpResponseStream: {
    from: (stream, prelude) => streaming().withPrelude(stream, prelude),
  },
};

function jsonHeader(headers, name) {
  try {
    return headers[name] ? JSON.parse(headers[name]) : undefined;
  } catch {
    return undefined;
  }
}

// What all invocations share; process.env asks the system each time.
const { AWS_LAMBDA_FUNCTION_VERSION, AWS_LAMBDA_FUNCTION_NAME, AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        AWS_LAMBDA_LOG_GROUP_NAME, AWS_LAMBDA_LOG_STREAM_NAME } = process.env;

function makeContext(headers, invocation) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const settle = (error, result) => {
    context.callbackWaitsForEmptyEventLoop = false;
    invocation.callback(error, result);
  };
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: AWS_LAMBDA_FUNCTION_VERSION,
    functionName: AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: jsonHeader(headers, 'lambda-runtime-client-context'),
    identity: jsonHeader(headers, 'lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: invocation.requestId,
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    done: settle,
    succeed: (result) => settle(null, result),
    fail: (error) => settle(error ?? 'handled', null),
  };
  return context;
}

// One event on its way through the handler. Settles once: by the handler's promise, by its callback,
// by an uncaught error, or with null when the event loop is empty and nothing else can happen.
class Invocation {
  constructor({ headers, body }) {
    this.headers = headers;
    this.body = body;
    this.requestId = headers['lambda-runtime-aws-request-id'];
    this.context = makeContext(headers, this);
    this.outcome = new Promise((resolve) => { this.settle = resolve; });
    this.whenIdle = () => this.settle({ result: null });
  }

  callback(error, result) {
    const outcome = error === null || error === undefined ? { result } : { error };
    if (this.context.callbackWaitsForEmptyEventLoop) this.whenIdle = () => this.settle(outcome);
    else this.settle(outcome);
  }

  run(handler) {
    const event = JSON.parse(this.body);
    if (debugged) debugger;  // for those that let it run as they attach: step into the handler
    const result = handler(event, this.context, (error, value) => this.callback(error, value));
    if (typeof result?.then === 'function') {
      result.then((value) => this.settle({ result: value }), (error) => this.settle({ error }));
    }
  }

  runStreaming(handler) {
    const event = JSON.parse(this.body);
    this.stream = streaming().open(client, this.requestId);
    this.whenIdle = () => this.settle({ error: new Error('The response stream was not ended') });
    const result = handler(event, this.stream, this.context);
    const failed = (error) => this.settle({ error });
    this.stream.on('error', failed);
    this.stream.on('finish', () => this.settle({ streamed: true }));
    if (typeof result?.then === 'function') result.then(undefined, failed);
  }
}

function serialise(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

async function answer(invocation, outcome) {
  let { error } = outcome;
  if (!('error' in outcome) && !outcome.streamed) {
    try {
      client.postResponse(invocation.requestId, serialise(outcome.result));
      return;
    } catch (failure) {
      error = failure;
    }
  }
  if (outcome.streamed) {
    await invocation.stream.answered;
    return;
  }
  log.writeError('Invoke Error', error, errors().forLog(error));
  if (invocation.stream?.begun) await streaming().breakOff(invocation.stream, errors().forPlatform(error));
  else await client.postError(`invocation/${invocation.requestId}/error`, errors().forPlatform(error));
}

async function handleNext(handler) {
  const invocation = new Invocation(await client.next());
  current = invocation;
  log.setRequestId(invocation.requestId);
  const traceId = invocation.headers['lambda-runtime-trace-id'];
  if (traceId) process.env._X_AMZN_TRACE_ID = traceId;
  else delete process.env._X_AMZN_TRACE_ID;

  client.unref();  // from here on the event loop is the function's own
  try {
    if (handler[STREAMING]) invocation.runStreaming(handler);
    else invocation.run(handler);
  } catch (error) {
    invocation.settle({ error });
  }
  const outcome = await invocation.outcome;
  client.ref();
  await answer(invocation, outcome);
}

// Errors that no handler caught end the process, after they were reported.
async function fatal(error, title, status) {
  client.ref();
  log.writeError(title, error, errors().forLog(error));
  const document = errors().forPlatform(error);
  if (current === COLD) await client.postError('init/error', document, true);
  else if (current.stream?.begun) await streaming().breakOff(current.stream, document);
  else if (current !== IDLE) await client.postError(`invocation/${current.requestId}/error`, document, true);
  process.exit(status);
}

process.on('uncaughtException', (error) => fatal(error, 'Uncaught Exception', 129));
process.on('unhandledRejection', (reason) => {
  fatal(errors().unhandledRejection(reason), 'Unhandled Promise Rejection', 128);
});
process.on('beforeExit', () => current.whenIdle?.());

async function main() {
  log.patchConsole();
  if (process.env.GANTRY_DEBUGGER) {
    delete process.env.GANTRY_DEBUGGER;
    require('inspector').waitForDebugger();
    debugged = true;
  }
  let handler;
  try {
    handler = await require('./load_handler.js')(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  } catch (error) {
    await fatal(error, 'Init Error', 1);
  }
  for (;;) {
    current = IDLE;
    await handleNext(handler);
  }
}

main();
