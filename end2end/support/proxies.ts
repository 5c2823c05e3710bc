// Starts the real proxies with the recipes of protect-your-api.md, or with recipes that are changed.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { stop } from './orders.ts';
import { PROGRAMS, caddy, nginx, onPorts, samples } from './recipes.mjs';
import { url } from './server.ts';

export interface Ports {
  roundtable: number;
  app: number;
  proxy: number;
}

/** Changes the text of a recipe. */
export type Change = (text: string) => string;

interface Command {
  command: string;
  args: string[];
}

interface Proxy {
  /** The languages of the files of the recipe. */
  languages: string[];
  /** Writes the files into the folder, and says how to start the proxy. */
  command(folder: string, files: string[], ports: Ports): Command;
}

const PROXIES = {
  nginx: {
    languages: ['nginx'],
    command: (folder, [site]) => nginx(folder, site, '1', `client_max_body_size 2m; proxy_cache_path ${folder}/cache keys_zone=checks:1m;`),
  },
  Caddy: {
    languages: ['caddy'],
    command: (folder, [site]) => caddy(folder, site),
  },
  Traefik: {
    languages: ['yaml'],
    command(folder, [fixed, dynamic]) {
      writeFileSync(join(folder, 'dynamic.yaml'), dynamic);
      const provider = `providers:\n  file:\n    filename: ${join(folder, 'dynamic.yaml')}\n`;
      writeFileSync(join(folder, 'traefik.yaml'), `${fixed}${provider}`);
      return { command: join(PROGRAMS, 'traefik'), args: [`--configFile=${join(folder, 'traefik.yaml')}`] };
    },
  },
  Envoy: {
    languages: ['yaml'],
    command(folder, [config]) {
      writeFileSync(join(folder, 'envoy.yaml'), config);
      return { command: join(PROGRAMS, 'envoy'), args: ['-c', join(folder, 'envoy.yaml'), '--use-dynamic-base-id', '--log-level', 'off'] };
    },
  },
  HAProxy: {
    languages: ['lua', 'haproxy'],
    command(folder, files, { proxy }) {
      // The names of these sockets are those of the whole machine.
      const [script, config] = files.map((text) => text.replaceAll('abns@roundtable-gate', `abns@roundtable-gate-${proxy}`));
      writeFileSync(join(folder, 'roundtable.lua'), script);
      writeFileSync(join(folder, 'haproxy.cfg'), config.replace('/etc/haproxy/', `${folder}/`));
      return { command: '/usr/sbin/haproxy', args: ['-db', '-f', join(folder, 'haproxy.cfg')] };
    },
  },
} satisfies Record<string, Proxy>;

export type Program = keyof typeof PROXIES;

/** Stands between the files of a recipe while it is changed. */
const NEXT_FILE = '# next file\n';

/** Starts a proxy with its recipe. Returns what stops it. */
export async function startProxy(program: Program, ports: Ports, change: Change = (text) => text) {
  const { languages, command: write }: Proxy = PROXIES[program];
  const recipe = languages.flatMap((language) => samples(`### ${program}`, language)).join(NEXT_FILE);
  const files = onPorts(change(recipe), ports).split(NEXT_FILE);
  const folder = mkdtempSync(join(tmpdir(), 'roundtable-proxy-'));
  mkdirSync(join(folder, 'home'));
  const { command, args } = write(folder, files, ports);
  const env = { PATH: process.env.PATH, HOME: join(folder, 'home') } as NodeJS.ProcessEnv;
  const child = spawn(command, args, { cwd: folder, env, stdio: 'ignore' });
  const end = async () => {
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    const answer = await fetch(url(ports.proxy)).catch(() => undefined);
    // Traefik answers 404 until it has read the dynamic configuration.
    if (answer && answer.status !== 404) return end;
    await wait(50);
  }
  await end();
  throw new Error(`${program} does not respond`);
}
