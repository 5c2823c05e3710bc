// Starts and stops the real server with its own database.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The program under test. */
export const BINARY = process.env.ROUNDTABLE_BINARY ?? join(import.meta.dirname, '..', '..', 'dist', 'roundtable');
// Below the ephemeral ports of outgoing connections.
const FIRST_PORT = Number(process.env.ROUNDTABLE_TEST_PORT ?? 23117);

/** The ports of the tests. A port with a `worker` parameter exists once for each worker. */
export const ports = {
  sqlite: FIRST_PORT,
  postgres: FIRST_PORT + 1,
  empty: (worker: number) => FIRST_PORT + 10 + worker,
  stranger: (worker: number) => FIRST_PORT + 20 + worker,
  samples: FIRST_PORT + 30,
  doctor: (proxy: number) => FIRST_PORT + 140 + 3 * proxy,
  docs: (page: number) => FIRST_PORT + 40 + page,
  provider: (worker: number) => FIRST_PORT + 60 + worker,
  foreign: (worker: number) => FIRST_PORT + 70 + worker,
  bench: FIRST_PORT + 80,
  lighthouse: FIRST_PORT + 81,
  tour: FIRST_PORT + 82,
  gate: FIRST_PORT + 90,
  demo: FIRST_PORT + 130,
  guide: FIRST_PORT + 135,
  middleware: FIRST_PORT + 110,
  assertion: (sample: number) => FIRST_PORT + 160 + sample,
  // The installation, a page that may call it, and one that may not.
  origins: (at: number) => FIRST_PORT + 200 + at,
  // The installation and a page of another origin, for each of the tests.
  sdk: (at: number) => FIRST_PORT + 210 + at,
};

export const url = (port: number) => `http://127.0.0.1:${port}`;

/** The format of a whole key (D1). */
export const WHOLE_KEY = /[a-z0-9]{1,12}_(?:sk|live|test)_[0-9A-Za-z]{57}/;

export interface Server {
  url: string;
  /** Stops the server, and returns the files that contain a whole key. There must be none. */
  stop(): Promise<string[]>;
}

interface Options {
  demo: boolean;
  database?: string;
  /** Additional settings. */
  env?: Record<string, string>;
}

export async function startServer(port: number, options: Options): Promise<Server> {
  if (!existsSync(BINARY)) throw new Error(`${BINARY} does not exist: run .ci/build first`);
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-end2end-'));
  const env = {
    PATH: process.env.PATH,
    TMPDIR: process.env.TMPDIR,
    RUST_LOG: 'debug',
    ROUNDTABLE_ADDR: `127.0.0.1:${port}`,
    ROUNDTABLE_DATABASE_URL: options.database ?? `sqlite://${join(folder, 'roundtable.db')}`,
    ROUNDTABLE_MASTER_KEY_FILE: join(folder, 'master.key'),
    // All tests have the same IP address, and some fail intentionally.
    ROUNDTABLE_AUTH_FAILURES_PER_MINUTE: '0',
    ROUNDTABLE_SETUP_FAILURES_PER_MINUTE: '0',
    ...options.env,
  } as NodeJS.ProcessEnv;
  const init = spawnSync(BINARY, ['init', '--new-master-key'], { env, cwd: folder, encoding: 'utf8' });
  if (init.status !== 0) throw new Error(`roundtable init failed with ${init.status}: ${init.stderr}`);
  const log = openSync(join(folder, 'server.log'), 'w');
  const args = options.demo ? ['serve', '--demo'] : ['serve'];
  const child = spawn(BINARY, args, { env, cwd: folder, stdio: ['ignore', log, log] });
  closeSync(log);
  try {
    await responds(child, port);
  } catch (error) {
    const said = readFileSync(join(folder, 'server.log'), 'utf8');
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`the server on port ${port} did not start: ${error}\n${said}`);
  }
  return { url: url(port), stop: () => stop(child, folder) };
}

async function responds(child: ChildProcess, port: number) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`it exited with code ${child.exitCode}`);
    const reply = await fetch(`${url(port)}/sign-in`).catch(() => undefined);
    if (reply) return;
    await wait(50);
  }
  throw new Error('it does not respond');
}

async function stop(child: ChildProcess, folder: string): Promise<string[]> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = wait(10_000).then(() => child.kill('SIGKILL'));
  if (child.exitCode === null) await Promise.race([exited, late]);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const leaks = paths.filter((path) => WHOLE_KEY.test(readFileSync(path, 'latin1')));
  rmSync(folder, { recursive: true, force: true });
  return leaks;
}
