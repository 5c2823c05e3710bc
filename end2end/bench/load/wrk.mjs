// Runs wrk, the load generator.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const SCRIPT = join(import.meta.dirname, 'load.lua');

/**
 * @typedef {object} Load
 * @property {'me' | 'verify' | 'gate' | 'proxy'} kind The request.
 * @property {string} keys A file with keys of the same length; the requests cycle through them.
 * @property {string} [caller] A file with the key that calls the verification.
 * @property {number} seconds
 * @property {number} [connections]
 * @property {number} [threads]
 * @property {number} [status] The status that every answer must have.
 * @property {'every' | 'counts'} [check] Whether to look at each answer, or only at the statuses.
 * @property {number} [once] The number of keys in the file, if no key may be used twice.
 */

/**
 * Loads a server, and fails if any answer was not as expected.
 * @param {string} url
 * @param {Load} load
 * @returns {Promise<{ requests: number, perSecond: number, p50: number, p99: number, most: number }>}
 *   The latencies are in microseconds; `most` is the number of requests of the fastest thread.
 */
export async function wrk(url, load) {
  const { connections = 32, threads = 2, status = 200, check = 'counts' } = load;
  const args = ['-t', threads, '-c', connections, '-d', `${load.seconds}s`, '-s', SCRIPT, url];
  const out = await run('wrk', args.map(String), {
    PATH: process.env.PATH,
    LOAD_KIND: load.kind,
    LOAD_KEYS: load.keys,
    LOAD_CALLER: load.caller ?? load.keys,
    LOAD_THREADS: String(threads),
    LOAD_STATUS: String(status),
    LOAD_CHECK: check,
  });
  const line = out.split('\n').find((line) => line.startsWith('result '));
  if (!line) throw new Error(`wrk printed no result:\n${out}`);
  const result = JSON.parse(line.slice('result '.length));
  const { requests, micros, wrong, lost, most, p50, p99 } = result;
  const what = `${load.kind} of ${url}`;
  if (requests === 0) throw new Error(`${what}: no answer`);
  if (wrong > 0) throw new Error(`${what}: ${wrong} of ${requests} answers were not ${status}`);
  if (lost > 0) throw new Error(`${what}: ${lost} connections or requests were lost`);
  if (load.once && most > load.once / threads) {
    throw new Error(`${what}: more requests than the ${load.once} keys`);
  }
  return { requests, perSecond: (requests * 1e6) / micros, p50, p99, most };
}

/** @returns {Promise<string>} */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (part) => (out += part));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`${command} ${args.join(' ')}: exit ${code}\n${out}`));
    });
  });
}
