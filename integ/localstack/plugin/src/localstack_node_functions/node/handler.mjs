// Finds the function that a handler name such as `folder/file.object.method` stands for.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { CallbackHandlerDeprecated, HandlerNotFound, ImportModuleError, MalformedHandlerName, UserCodeSyntaxError } from './errors.mjs';

const require = createRequire(import.meta.url);

/** Whether the nearest package.json makes `.js` files ES modules. */
const isModuleFolder = (folder) => {
  if (path.basename(folder) === 'node_modules') { return false; }
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
    } catch {
      return false;
    }
  }
  const parent = path.dirname(folder);
  return parent !== folder && isModuleFolder(parent);
};

const loadModule = async (root, folder, name) => {
  const base = path.resolve(root, folder, name);
  if (fs.existsSync(base) && fs.statSync(base).isFile()) { return require(base); }
  if (fs.existsSync(`${base}.js`)) {
    return isModuleFolder(path.dirname(base)) ? import(pathToFileURL(`${base}.js`)) : require(`${base}.js`);
  }
  if (fs.existsSync(`${base}.mjs`)) { return import(pathToFileURL(`${base}.mjs`)); }
  if (fs.existsSync(`${base}.cjs`)) { return require(`${base}.cjs`); }
  return require(require.resolve(name, { paths: [root, path.resolve(root, folder)] }));
};

const load = async (root, folder, name) => {
  try {
    return await loadModule(root, folder, name);
  } catch (error) {
    if (error instanceof SyntaxError) { throw new UserCodeSyntaxError(error); }
    if (error?.code === 'MODULE_NOT_FOUND') { throw new ImportModuleError(error); }
    throw error;
  }
};

/** Loads the handler, or throws the error that Lambda reports in that case. */
export const loadHandler = async (root, handlerName) => {
  if (handlerName.includes('..')) {
    throw new MalformedHandlerName(`'${handlerName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const last = path.basename(handlerName);
  const [, file, properties] = /^([^.]*)\.(.*)$/.exec(last) ?? [];
  if (file === undefined) { throw new MalformedHandlerName('Bad handler'); }

  const module = await load(root, handlerName.slice(0, handlerName.length - last.length), file);
  const handler = properties.split('.').reduce((object, property) => object?.[property], module);

  if (!handler) { throw new HandlerNotFound(`${handlerName} is undefined or not exported`); }
  if (typeof handler !== 'function') { throw new HandlerNotFound(`${handlerName} is not a function`); }
  if (handler.length >= 3 && Number(process.versions.node.split('.')[0]) >= 24) {
    throw new CallbackHandlerDeprecated('ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later.');
  }
  return handler;
};
