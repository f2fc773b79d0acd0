'use strict';

// Errors as Lambda's Node.js runtime reports and logs them. Loaded when the first one happens.

const { types } = require('node:util');

function isError(value) {
  return types.isNativeError(value) || value instanceof Error ||
    (value?.name !== undefined && value?.message !== undefined && value?.stack !== undefined);
}

function text(value) {
  try {
    return String(value);
  } catch {
    return '';
  }
}

// A cause from the loader becomes an error with a name of Lambda's own; the place of a syntax error,
// which Node puts above the message, comes into the stack.
function named(name, message, cause, firstLine) {
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name });
  const lines = cause?.stack ? cause.stack.split('\n') : [];
  const place = /^(?:file:\/\/)?(\/[^:]*:\d+)$/.exec(firstLine ?? lines[0] ?? '');
  const frames = lines.filter((line) => /^\s+at /.test(line) && !line.includes('node:internal'));
  if (place) frames.unshift(`    at ${place[1]}`);
  error.stack = [`${name}: ${message}`, ...frames].join('\n');
  return error;
}

module.exports = {
  named,

  forPlatform(error) {
    if (!isError(error)) return { errorType: typeof error, errorMessage: text(error), trace: [] };
    return {
      errorType: text(error.name).replace(/\x7f/g, '%7F'),
      errorMessage: text(error.message).replace(/\x7f/g, '%7F'),
      trace: text(error.stack).replace(/\x7f/g, '%7F').split('\n'),
    };
  },

  forLog(error) {
    if (!isError(error)) return `\t${JSON.stringify(module.exports.forPlatform(error))}`;
    const shown = { errorType: error.name, errorMessage: error.message };
    if (error.code !== undefined) shown.code = error.code;
    if (typeof error.stack === 'string') shown.stack = error.stack.split('\n');
    try {
      return `\t${JSON.stringify({ ...shown, ...error })}`;
    } catch {
      return `\t${JSON.stringify(module.exports.forPlatform(error))}`;  // circular
    }
  },

  unhandledRejection(reason) {
    const error = named('Runtime.UnhandledPromiseRejection', text(reason),
                        isError(reason) ? reason : undefined);
    error.reason = isError(reason) ? module.exports.forPlatform(reason) : reason;
    return error;
  },
};
