// Drives servers in turn, several times in changing order. Each is started for its turn and stopped
// after it, so that nothing else uses the processor meanwhile.
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import { start } from './process.mjs';
import { wrk } from './wrk.mjs';

/** Seconds of the load before each measurement. Every answer to it is looked at. */
const WARM_UP = 1;
/** Seconds of the load in which no key may be used twice. */
const ONCE = 2;
/** How long an idle server is left alone before its memory is read. */
const REST = 1_000;
/** Connections of each of two load generators that run at the same time. */
const HALF = 16;

/**
 * Servers that are driven in the same turn: a server, or the nodes of an installation.
 * @typedef {object} Group
 * @property {string} id
 * @property {string} name As tables show it.
 * @property {number} [size] The number of keys in its database.
 * @property {import('./process.mjs').Program[]} nodes
 * @property {Files} files
 * @property {('me' | 'verify' | 'gate')[]} kinds The requests that it answers.
 * @property {boolean} [thorough] Whether to measure keys that are not in memory, too.
 */

/**
 * @typedef {object} Files
 * @property {string} few A file with the keys of most measurements.
 * @property {string} caller A file with the key that verifies others.
 * @property {string} [gate] A file with keys for an API.
 * @property {{ file: string, count: number }} [many] Enough keys to use each only once.
 * @property {{ file: string, count: number }} [inUse] The keys to read the memory with.
 * @property {{ file: string, count: number }} [unknown] Keys that do not exist.
 */

/**
 * One measurement. Times are in microseconds.
 * @typedef {object} Measured
 * @property {string} group
 * @property {number} node
 * @property {string} step
 * @property {number} pass
 * @property {number} perSecond
 * @property {number} p99
 * @property {number} [cpu] CPU time of the server for each request.
 */

/**
 * What is known of a server besides its answers. Memory is in bytes.
 * @typedef {object} State
 * @property {string} group
 * @property {number} pass
 * @property {number} startMs
 * @property {number} idle
 * @property {number} after
 * @property {number} [inUse]
 */

/**
 * @param {Group[]} groups
 * @param {{ passes: number, seconds: number }} options
 * @returns {Promise<{ measured: Measured[], states: State[] }>}
 */
export async function drive(groups, { passes, seconds }) {
  for (const group of groups) await prepare(group);
  /** @type {Measured[]} */
  const measured = [];
  /** @type {State[]} */
  const states = [];
  for (let pass = 0; pass < passes; pass += 1) {
    for (const group of inOrder(groups, pass)) {
      const note = (found) => {
        const { step, node, perSecond, p99 } = found;
        const what = `${group.name}, node ${node + 1}, ${group.size ?? 'no'} keys, ${step}`;
        const rate = `${perSecond.toFixed(0)} requests a second`;
        console.log(`pass ${pass + 1}: ${what}: ${rate}, p99 ${(p99 / 1000).toFixed(1)} ms`);
        measured.push({ group: group.id, pass, ...found });
      };
      states.push({ group: group.id, pass, ...(await turn(group, pass, seconds, note)) });
    }
  }
  return { measured, states };
}

/** Another group begins in each pass, and every second pass goes backwards. */
export function inOrder(groups, pass) {
  const from = pass % groups.length;
  const turned = [...groups.slice(from), ...groups.slice(0, from)];
  return pass % 2 === 0 ? turned : turned.reverse();
}

/** The first start reads the whole audit log. Also finds out which requests the server answers. */
async function prepare(group) {
  await withNodes(group, async ([server]) => {
    const kinds = [];
    for (const kind of group.kinds) if (await isAnswered(server.url, kind, group)) kinds.push(kind);
    group.kinds = kinds;
  });
}

async function turn(group, pass, seconds, note) {
  return withNodes(group, async (servers) => {
    const [first] = servers;
    await wait(REST);
    const state = { startMs: first.startMs, idle: first.memory() };
    const once = group.thorough ? await thorough(first, group, seconds, note) : undefined;
    for (const [node, server] of servers.entries()) {
      for (const kind of group.kinds) {
        const load = { kind, keys: keysOf(group, kind), caller: group.files.caller };
        await wrk(server.url, { ...load, seconds: WARM_UP, check: 'every' });
        note({ node, step: kind, ...(await measure(server, { ...load, seconds })) });
      }
    }
    state.after = first.memory();
    // Takes a while, and the memory of another pass would be the same.
    if (once && pass === 0) state.inUse = await memoryInUse(first, group, once);
    return state;
  });
}

/** Keys that are not in memory, keys that do not exist, and what these do to other callers. */
async function thorough(server, group, seconds, note) {
  const { few, caller, many, unknown } = group.files;
  const load = { kind: 'me', caller, keys: few };
  const short = Math.min(ONCE, seconds);
  // The server has opened its connections, but knows no key other than this.
  await wrk(server.url, { ...load, keys: caller, seconds: WARM_UP, check: 'every' });
  const first = await measure(server, {
    ...load,
    keys: many.file,
    once: many.count,
    seconds: short,
  });
  note({ node: 0, step: 'first', ...first });
  const refused = { ...load, keys: unknown.file, status: 401 };
  const absent = await measure(server, { ...refused, once: unknown.count, seconds: short });
  note({ node: 0, step: 'unknown', ...absent });

  const half = { connections: HALF, threads: 1, seconds };
  const good = { ...load, ...half };
  await wrk(server.url, { ...load, seconds: WARM_UP, check: 'every' });
  note({ node: 0, step: 'alone', ...(await measure(server, good)) });
  for (const [step, other] of [
    ['flooded', { ...refused, ...half }],
    ['doubled', good],
  ]) {
    const [result] = await Promise.all([wrk(server.url, good), wrk(server.url, other)]);
    note({ node: 0, step, ...result });
  }
  return first.perSecond;
}

/** The memory after so many keys were used, at a known rate of such requests. */
async function memoryInUse(server, group, perSecond) {
  const { caller, inUse } = group.files;
  const seconds = Math.ceil((inUse.count / perSecond) * 1.3) + 1;
  console.log(`${group.name}: using ${inUse.count} keys for ${seconds} s`);
  const { most } = await wrk(server.url, { kind: 'me', keys: inUse.file, caller, seconds });
  return most * 2 >= inUse.count ? server.memory() : undefined;
}

async function measure(server, load) {
  const before = server.cpu();
  const result = await wrk(server.url, load);
  return { ...result, cpu: (server.cpu() - before) / result.requests };
}

async function withNodes(group, use) {
  const servers = [];
  try {
    for (const node of group.nodes) servers.push(await start(node));
    return await use(servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

const keysOf = ({ files }, kind) => (kind === 'gate' ? files.gate : files.few);
const GETS = { me: '/api/v1/me', gate: '/gate/bench?scope=bench:read' };

async function isAnswered(url, kind, group) {
  const first = (file) => readFileSync(file, 'utf8').split('\n')[0];
  const [key, caller] = [first(keysOf(group, kind)), first(group.files.caller)];
  const response =
    kind !== 'verify'
      ? await fetch(`${url}${GETS[kind]}`, { headers: { authorization: `Bearer ${key}` } })
      : await fetch(`${url}/api/v1/keys/verify`, {
          method: 'POST',
          headers: { authorization: `Bearer ${caller}`, 'content-type': 'application/json' },
          body: JSON.stringify({ key }),
        });
  const text = await response.text();
  if (response.status === 200) return true;
  if (kind === 'verify' && [404, 405].includes(response.status)) {
    console.log(`${group.name}: no POST /api/v1/keys/verify; its rows are left out`);
    return false;
  }
  throw new Error(`${group.name}: the first ${kind} was answered with ${response.status} ${text}`);
}
