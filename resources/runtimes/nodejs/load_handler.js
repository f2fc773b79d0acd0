'use strict';

// Finds the function's handler: "folder/module.name", "module.name" or "module.object.name", in a
// CommonJS or an ES module.

const fs = require('node:fs');
const path = require('node:path');

function fault(name, message, cause, firstLine) {
  return require('./errors.js').named(name, message, cause, firstLine);
}

function split(handler) {
  if (handler.includes('..')) {
    throw fault('Runtime.MalformedHandlerName',
                `'${handler}' is not a valid handler name. Use absolute paths when specifying root ` +
                'directories in handler names.');
  }
  const base = path.basename(handler);
  const dot = base.indexOf('.');
  if (dot <= 0 || dot === base.length - 1) {
    throw fault('Runtime.MalformedHandlerName', 'Bad handler');
  }
  const folder = handler.slice(0, handler.length - base.length);
  return { module: path.join(folder, base.slice(0, dot)), names: base.slice(dot + 1).split('.') };
}

// As Node decides it: the nearest package.json above the file.
function isEsModuleFolder(folder) {
  for (let at = folder; ; at = path.dirname(at)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(at, 'package.json'))).type === 'module';
    } catch {
      // none here, or none that can be read
    }
    if (at === path.dirname(at) || path.basename(at) === 'node_modules') return false;
  }
}

function load(root, module) {
  const base = path.resolve(root, module);
  if (fs.existsSync(`${base}.js`)) {
    return isEsModuleFolder(path.dirname(base)) ? import(`${base}.js`) : require(`${base}.js`);
  }
  if (fs.existsSync(`${base}.mjs`)) return import(`${base}.mjs`);
  if (fs.existsSync(`${base}.cjs`)) return require(`${base}.cjs`);
  return require(require.resolve(module, { paths: [root, path.dirname(base)] }));
}

// Node keeps the place of an ES module's syntax error to itself; its own check of the file prints it.
function syntaxErrorPlace(root, module) {
  const base = path.resolve(root, module);
  const file = [`${base}.js`, `${base}.mjs`].find((candidate) => fs.existsSync(candidate));
  if (!file) return undefined;
  const { spawnSync } = require('node:child_process');
  const { stderr } = spawnSync(process.execPath, ['--check', file], { timeout: 3000 });
  return String(stderr ?? '').split('\n')[0];
}

function checkCallback(handler) {
  const major = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '')?.[1] ?? 0);
  if (major >= 24 && handler.length >= 3 &&
      !handler[Symbol.for('aws.lambda.runtime.handler.streaming')]) {
    throw fault('Runtime.CallbackHandlerDeprecated',
                'AWS Lambda has removed support for callback-based function handlers starting with ' +
                'Node.js 24. You need to modify this function to use a supported handler signature.');
  }
}

module.exports = async function loadHandler(root, name) {
  const { module, names } = split(name);
  let exported;
  try {
    exported = await load(root, module);
  } catch (error) {
    if (error instanceof SyntaxError) {
      const placed = /^\/[^:]*:\d+\n/.test(error.stack);
      throw fault('Runtime.UserCodeSyntaxError', String(error), error,
                  placed ? undefined : syntaxErrorPlace(root, module));
    }
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      throw fault('Runtime.ImportModuleError', String(error), error);
    }
    throw error;
  }
  const pick = (from) => names.reduce((value, key) => value?.[key], from);
  const handler = pick(exported) ?? pick(exported.default);
  if (handler === undefined) {
    throw fault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  if (typeof handler !== 'function') {
    throw fault('Runtime.HandlerNotFound', `${name} is not a function`);
  }
  checkCallback(handler);
  return handler;
};
