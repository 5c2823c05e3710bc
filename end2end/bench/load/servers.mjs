// The servers of the measurements: the bare one, and Roundtable with databases full of keys.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Keys of most measurements, spread evenly over all keys of the database. */
const FEW = 1_000;
/** Keys of the measurements that use no key twice: more than any server answers in two seconds. */
const MANY = 200_000;
/** Keys in use when the memory is read. */
const IN_USE = 100_000;
/** Fewer keys are used up before the time is over. */
const ENOUGH = 50_000;

/** The options of `.ci/bench`, all of which are required. */
export function options(names = ['folder', 'postgres', 'binary', 'bare', 'fill']) {
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  });
  for (const name of names) {
    if (!values[name]) throw new Error(`--${name} is missing: run .ci/bench`);
  }
  const number = (name, otherwise) => Number(process.env[name] || otherwise);
  return {
    ...values,
    passes: number('ROUNDTABLE_BENCH_PASSES', 5),
    seconds: number('ROUNDTABLE_BENCH_SECONDS', 6),
  };
}

/** The name of the server that the others are compared with. */
export const BARE = 'bare';

/** The server that checks nothing. */
export function bare({ folder, bare }, files) {
  return {
    id: BARE,
    name: 'bare axum',
    nodes: [
      {
        folder: join(folder, BARE),
        ready: '/api/v1/me',
        run: (port) => ({ command: bare, args: [`127.0.0.1:${port}`], env: {} }),
      },
    ],
    files,
    kinds: ['me', 'verify', 'gate'],
  };
}

/**
 * A database with keys.
 * @typedef {object} Database
 * @property {string} url
 * @property {string} folder
 * @property {number} size
 * @property {import('./passes.mjs').Files} files
 */

/** @returns {Database} */
export function sqlite(options, size) {
  const folder = join(options.folder, `sqlite-${size}`);
  return filled(options, folder, `sqlite://${join(folder, 'rt.db')}`, size);
}

/** @returns {Database} */
export function postgres(options, size) {
  const url = createDatabase(options.postgres, `keys_${size}`);
  return filled(options, join(options.folder, `postgres-${size}`), url, size);
}

/** Creates an empty database, and gives its URL. */
export function createDatabase(server, name) {
  for (const sql of [`DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name}`]) {
    const stdio = ['ignore', 'ignore', 'inherit'];
    execFileSync('psql', ['--quiet', server, '-c', sql], { stdio });
  }
  return server.replace(/[^/]*$/, name);
}

function filled(options, folder, url, size) {
  mkdirSync(folder, { recursive: true });
  console.log(`${folder.slice(options.folder.length + 1)}: making ${size} keys`);
  const sample = Math.min(size, MANY);
  execFileSync(options.fill, [url, String(size), String(sample), folder], { stdio: 'inherit' });
  return { url, folder, size, files: samples(folder) };
}

/** The files with keys. Those of most measurements are taken from the larger sample. */
function samples(folder) {
  const file = (name) => join(folder, name);
  const keys = readFileSync(file('keys.txt'), 'utf8').trim().split('\n');
  const write = (name, some) => {
    writeFileSync(file(name), `${some.join('\n')}\n`);
    return { file: file(name), count: some.length };
  };
  const step = Math.max(1, keys.length / FEW);
  const length = Math.min(FEW, keys.length);
  const few = Array.from({ length }, (_, n) => keys[Math.floor(n * step)]);
  const files = {
    few: write('few.txt', few).file,
    caller: file('caller.txt'),
    gate: file('gate.txt'),
  };
  if (keys.length < ENOUGH) return files;
  return {
    ...files,
    many: { file: file('keys.txt'), count: keys.length },
    unknown: { file: file('unknown.txt'), count: keys.length },
    inUse: write('in-use.txt', keys.slice(0, IN_USE)),
  };
}

/**
 * Roundtable with a database, as one node or several.
 * @param {{ binary: string }} options
 * @param {Database} database
 * @param {{ id: string, name: string, nodes?: number, thorough?: boolean }} what
 * @returns {import('./passes.mjs').Group}
 */
export function roundtable({ binary }, database, { id, name, nodes = 1, thorough = false }) {
  const node = (n) => ({
    // Each node has its own revocation journal, which is in the working folder.
    folder: join(database.folder, `${id}-node-${n}`),
    ready: '/readyz',
    run: (port) => ({
      command: binary,
      args: ['serve'],
      env: {
        ROUNDTABLE_ADDR: `127.0.0.1:${port}`,
        ROUNDTABLE_DATABASE_URL: database.url,
        ROUNDTABLE_MASTER_KEY_FILE: join(database.folder, 'master.key'),
        // The flood of unknown keys comes from the same IP address as the other callers.
        ROUNDTABLE_AUTH_FAILURES_PER_MINUTE: '0',
      },
    }),
  });
  if (thorough && !database.files.many) {
    console.log(`${name}: too few keys to use each only once; these rows are left out`);
  }
  return {
    id,
    name,
    size: database.size,
    nodes: Array.from({ length: nodes }, (_, n) => node(n + 1)),
    files: database.files,
    kinds: ['me', 'verify', 'gate'],
    thorough: thorough && database.files.many !== undefined,
  };
}
