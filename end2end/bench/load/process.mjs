// Server processes: starting, stopping, and what the system says about them.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a server may take to start: with many keys, the first start reads the whole log. */
const START_LIMIT = 180_000;
/** How long a server may take to stop: it writes the usage of its keys. */
const STOP_LIMIT = 60_000;
const MICROS_PER_TICK = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/**
 * @typedef {{ command: string, args: string[], env: Record<string, string> }} Command
 */

/**
 * @typedef {object} Program
 * @property {string} folder The working folder. The log is written to it.
 * @property {(port: number) => Command} run
 * @property {string} ready The path that answers 200 as soon as the server serves.
 * @property {number} [readyStatus] Another status than 200.
 */

/**
 * A running server.
 * @typedef {object} Server
 * @property {string} url
 * @property {number} startMs From its start to the first answer.
 * @property {() => number} cpu The microseconds of CPU time that it has used.
 * @property {() => number} memory Its resident memory in bytes.
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a server and waits until it answers.
 * @param {Program} program
 * @returns {Promise<Server>}
 */
export async function start(program) {
  mkdirSync(program.folder, { recursive: true });
  const port = await freePort();
  const { command, args, env } = program.run(port);
  const file = join(program.folder, 'server.log');
  const log = openSync(file, 'a');
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  const child = spawn(command, args, {
    cwd: program.folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  running.add(child);
  const ended = new Promise((resolve) => child.on('close', resolve));
  ended.then(() => running.delete(child));

  while (!(await answers(`${url}${program.ready}`, program.readyStatus ?? 200))) {
    if (child.exitCode !== null || performance.now() - began > START_LIMIT) {
      child.kill('SIGKILL');
      const said = readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n');
      throw new Error(`${command} does not serve:\n${said}`);
    }
    await wait(2);
  }
  const startMs = performance.now() - began;

  return {
    url,
    startMs,
    cpu: () => cpu(child.pid),
    memory: () => memory(child.pid),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** @param {number} pid */
function cpu(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) * MICROS_PER_TICK;
}

/** @param {number} pid */
function memory(pid) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)[1]) * 1024;
}

/** The share of CPU time that nothing used during these milliseconds. */
export async function idleShare(ms) {
  const times = () => {
    const [line] = readFileSync('/proc/stat', 'utf8').split('\n');
    const fields = line.trim().split(/\s+/).slice(1, 9).map(Number);
    return { idle: fields[3] + fields[4], all: fields.reduce((sum, ticks) => sum + ticks, 0) };
  };
  const before = times();
  await wait(ms);
  const after = times();
  return (after.idle - before.idle) / (after.all - before.all);
}

/** @returns {Promise<boolean>} */
function answers(url, status) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === status));
      response.on('error', () => resolve(false));
    });
    request.on('error', () => resolve(false));
  });
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
