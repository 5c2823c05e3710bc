// Measures what the check of a key costs behind a reverse proxy, as ratios to the same proxy without
// the check. `.ci/bench gate` runs it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { caddy, nginx, recipe } from '../support/recipes.mjs';
import { inOrder } from './load/passes.mjs';
import { start } from './load/process.mjs';
import { circumstances, isBusy, report } from './load/report.mjs';
import { createDatabase, options } from './load/servers.mjs';
import { heading, median, ratios, round, spread, table } from './load/table.mjs';
import { wrk } from './load/wrk.mjs';

/** The requests cycle through so many keys. */
const KEYS = 1_000;
/** Seconds of the load before each measurement. Every answer to it is looked at. */
const WARM_UP = 1;
/** One caller at a time shows the latency, many callers show the throughput. */
const LOADS = [
  { connections: 1, threads: 1 },
  { connections: 32, threads: 2 },
];
const SETUP_TOKEN = 'setup_0123456789abcdefghij';
/** A process for each core, as in Debian's configuration. */
const WORKERS = 'auto';

const given = options(['folder', 'postgres', 'binary']);

/** The app: nginx that answers with a fixed text, so that it is not the slowest part. */
const app = {
  folder: join(given.folder, 'app'),
  ready: '/orders',
  run: (port) => ({
    ...nginx(app.folder, `server { listen 127.0.0.1:${port}; return 200 '{"orders":[]}'; }`),
    env: {},
  }),
};

/** A proxy in front of the app, with or without the recipe. */
const PROXIES = {
  nginx: (folder, ports, isChecked) => {
    const plain = `server {
      listen 127.0.0.1:${ports.proxy};
      location / { proxy_pass http://127.0.0.1:${ports.app}; }
    }`;
    return nginx(folder, isChecked ? recipe('### nginx', 'nginx', ports) : plain, WORKERS);
  },
  Caddy: (folder, ports, isChecked) => {
    const plain = `http://127.0.0.1:${ports.proxy} {
      reverse_proxy 127.0.0.1:${ports.app}
    }`;
    return caddy(folder, isChecked ? recipe('### Caddy', 'caddy', ports) : plain);
  },
};

/** Roundtable with a database that has the keys for the API of the recipes. */
async function roundtable(name, url) {
  const folder = join(given.folder, name);
  const database = url ?? `sqlite://${join(folder, 'rt.db')}`;
  const env = {
    ROUNDTABLE_DATABASE_URL: database,
    ROUNDTABLE_MASTER_KEY_FILE: join(folder, 'master.key'),
    ROUNDTABLE_SETUP_TOKEN: SETUP_TOKEN,
    ROUNDTABLE_TRUSTED_PROXIES: '1',
  };
  mkdirSync(folder, { recursive: true });
  execFileSync(given.binary, ['init', '--new-master-key'], { cwd: folder, env, stdio: 'ignore' });
  const program = {
    folder,
    ready: '/readyz',
    run: (port) => ({
      command: given.binary,
      args: ['serve'],
      env: { ...env, ROUNDTABLE_ADDR: `127.0.0.1:${port}` },
    }),
  };
  const keys = join(folder, 'keys.txt');
  console.log(`${name}: making ${KEYS} keys`);
  const server = await start(program);
  writeFileSync(keys, `${(await makeKeys(server.url)).join('\n')}\n`);
  await server.stop();
  return { name, program, keys };
}

async function makeKeys(url) {
  const person = { organization: 'Acme', name: 'Olivia Owens', email: 'olivia@acme.example' };
  const owner = await post(`${url}/api/v1/bootstrap`, '', { setup_token: SETUP_TOKEN, ...person });
  const call = (path, body) => post(`${url}/api/v1${path}`, owner.api_key, body);
  const scopes = [{ scope: 'orders:read', description: 'Read orders' }];
  await call('/apis', { name: 'Orders', slug: 'orders', scopes });
  const { actor_id } = await call('/consumers', { external_id: 'customer_42' });
  const keys = [];
  for (let n = 1; n <= KEYS; n += 1) {
    const body = { actor_id, label: `Key ${n}`, scopes: ['orders:read'] };
    keys.push((await call('/apis/orders/keys', body)).api_key);
  }
  return keys;
}

async function post(url, key, body) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Starts the servers of a variant, drives the proxy with each load, and stops them. */
async function turn({ id, proxy, database }, keys, seconds) {
  const servers = [];
  const begin = async (program) => {
    const server = await start(program);
    servers.unshift(server);
    return Number(new URL(server.url).port);
  };
  try {
    const ports = { app: await begin(app), roundtable: 0 };
    if (database) ports.roundtable = await begin(database.program);
    const folder = join(given.folder, id);
    await begin({
      folder,
      ready: '/orders',
      // Without a key.
      readyStatus: database ? 401 : 200,
      run: (port) => ({
        ...PROXIES[proxy](folder, { ...ports, proxy: port }, database !== undefined),
        env: { HOME: folder },
      }),
    });
    const [{ url }] = servers;
    // Brings all keys into memory.
    await wrk(url, { kind: 'proxy', keys, seconds: WARM_UP, check: 'every' });
    const found = [];
    for (const load of LOADS) {
      found.push({ ...load, ...(await wrk(url, { kind: 'proxy', keys, seconds, ...load })) });
    }
    return found;
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** The table: what was measured of each variant, and the ratios to the same proxy without it. */
function gates(variants, measured) {
  const cases = LOADS.flatMap(({ connections }) =>
    variants.map((variant) => ({ ...variant, connections })),
  );
  const rows = cases.map(({ id, proxy, plain, database, connections }) => {
    const ofLoad = measured.filter((one) => one.connections === connections);
    const found = ofLoad.filter((one) => one.id === id);
    const to = ofLoad.filter((one) => one.id === plain);
    const cells = [
      ['perSecond', (value) => round(value).toLocaleString('en-US')],
      ['p50', (value) => (value / 1000).toFixed(2)],
      ['p99', (value) => (value / 1000).toFixed(2)],
    ].flatMap(([field, format]) => [
      format(median(found.map((one) => one[field]))),
      spread(ratios(found, to, field)),
    ]);
    const check = database ? `recipe, ${database.name}` : 'none';
    return [String(connections), proxy, check, ...cells];
  });
  const of = 'of no check';
  const head = ['Connections', 'Proxy', 'Check', 'Requests a second', of, 'p50 ms', of];
  return table([...head, 'p99 ms', of], rows);
}

const run = circumstances(given);
const databases = [
  await roundtable('SQLite'),
  await roundtable('Postgres', createDatabase(given.postgres, 'gate')),
];
const variants = Object.keys(PROXIES).flatMap((proxy) => {
  const plain = `${proxy}-plain`;
  const checked = databases.map((database) => ({
    id: `${proxy}-${database.name}`,
    proxy,
    plain,
    database,
  }));
  return [{ id: plain, proxy }, ...checked];
});

const busy = await isBusy();
const measured = [];
for (let pass = 0; pass < given.passes; pass += 1) {
  for (const variant of inOrder(variants, pass)) {
    // Without a check, the keys of any database will do.
    const { keys } = variant.database ?? databases[0];
    for (const found of await turn(variant, keys, given.seconds)) {
      const { connections, perSecond, p50, p99 } = found;
      const rate = `${perSecond.toFixed(0)} requests a second`;
      const latency = `p50 ${(p50 / 1000).toFixed(2)} ms, p99 ${(p99 / 1000).toFixed(2)} ms`;
      console.log(`pass ${pass + 1}: ${variant.id}, ${connections} connections: ${rate}, ${latency}`);
      measured.push({ id: variant.id, pass, ...found });
    }
  }
}
const text = [heading({ run }), gates(variants, measured)];
report('gate', { run, measured }, text.join('\n\n'), busy);
