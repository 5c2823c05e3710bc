// Runs samples unchanged: bash with curl, node, and Python with `requests`.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { startServer, type Server } from './server.ts';

const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** The Python of `.ci/tools test`, in which `requests`, PyJWT, FastAPI, uvicorn and httpx are installed. */
export const PYTHON = process.env.ROUNDTABLE_PYTHON ?? join(CACHE, 'roundtable/tools/python/bin/python');
/** Makes curl print the status to standard error, so that a sample needs no flag for it. */
const CURLRC = 'silent\nshow-error\nmax-time = 20\nwrite-out = "%{stderr}%{http_code}\\n"\n';

export type Vars = Record<string, string>;

export interface Printed {
  /** The statuses that curl received, one for each call. */
  statuses: number[];
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

const COMMANDS = {
  bash: (file: string): [string, string[]] => ['bash', ['-eu', '-o', 'pipefail', file]],
  javascript: (file: string): [string, string[]] => ['node', [file]],
  python: (file: string): [string, string[]] => [PYTHON, [file]],
};

export type Language = keyof typeof COMMANDS;

/** Runs a sample with only these environment variables. */
export async function run(language: Language, code: string, vars: Vars): Promise<Printed> {
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-sample-'));
  try {
    const file = join(folder, language === 'javascript' ? 'sample.mjs' : 'sample');
    writeFileSync(file, code);
    writeFileSync(join(folder, '.curlrc'), CURLRC);
    const [program, args] = COMMANDS[language](file);
    const env = { PATH: process.env.PATH, CURL_HOME: folder, LANG: 'C.UTF-8', ...vars } as NodeJS.ProcessEnv;
    return await new Promise((resolve, reject) => {
      execFile(program, args, { env, cwd: folder, timeout: 25_000 }, (error, stdout, stderr) => {
        if (error) return reject(new Error(`${language} failed with ${error.code}: ${stderr}\n${code}`));
        const statuses = stderr.split('\n').filter((line) => /^\d{3}$/.test(line)).map(Number);
        return resolve({
          statuses,
          text: stdout,
          get json() {
            return JSON.parse(stdout);
          },
        });
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const SETUP_TOKEN = 'setup_0123456789abcdefghij';

/** Calls the API with JSON. Throws an error unless the call succeeds. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function call(method: string, url: string, key: string, body?: unknown, more: Vars = {}): Promise<any> {
  const headers: Vars = { ...more, ...(key && { Authorization: `Bearer ${key}` }), ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const answer = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : undefined });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}

export interface Installation {
  server: Server;
  /** A key of the owner with full access. */
  key: string;
  actor: string;
}

/** Starts a server that is not set up yet, with additional settings. */
export const startEmpty = (port: number, env: Vars = {}) =>
  startServer(port, { demo: false, env: { ROUNDTABLE_SETUP_TOKEN: SETUP_TOKEN, ...env } });

/** Starts a server with an organization and its owner, with additional settings. */
export async function startInstallation(port: number, env: Vars = {}): Promise<Installation> {
  const server = await startEmpty(port, env);
  const body = { setup_token: SETUP_TOKEN, organization: 'Acme', name: 'Olivia Owens', email: 'olivia@acme.example' };
  const created = await call('POST', `${server.url}/api/v1/bootstrap`, '', body);
  return { server, key: created.api_key, actor: String(created.actor_id) };
}
