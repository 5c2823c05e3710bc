// Compares checking a key with the API-key plugin of Better Auth, under the same load in the same
// run. `.ci/bench peers` runs it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { drive } from './load/passes.mjs';
import { circumstances, isBusy, report } from './load/report.mjs';
import { bare, createDatabase, options, postgres, roundtable, sqlite } from './load/servers.mjs';
import { heading, requests, servers } from './load/table.mjs';

const SIZE = 1_000;
const PEERS = join(import.meta.dirname, 'peers');
const PROGRAM = join(PEERS, 'better-auth.mjs');

const given = options();
const run = circumstances(given);

/** The plugin with a database of its own. */
function betterAuth(id, name, url) {
  const folder = join(given.folder, id);
  const keys = join(folder, 'keys.txt');
  mkdirSync(folder, { recursive: true });
  const address = url ?? `sqlite://${join(folder, 'auth.db')}`;
  console.log(`${name}: making ${SIZE} keys`);
  const args = [PROGRAM, 'fill', address, String(SIZE), keys];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
  return {
    id,
    name,
    size: SIZE,
    nodes: [
      {
        folder,
        ready: '/ready',
        run: (port) => ({
          command: process.execPath,
          args: [PROGRAM, 'serve', address, String(port)],
          env: { NODE_ENV: 'production' },
        }),
      },
    ],
    files: { few: keys, caller: keys },
    kinds: ['me'],
  };
}

const ours = [sqlite(given, SIZE), postgres(given, SIZE)];
const groups = [
  bare(given, ours[0].files),
  roundtable(given, ours[0], { id: 'sqlite', name: 'Roundtable, SQLite' }),
  roundtable(given, ours[1], { id: 'postgres', name: 'Roundtable, Postgres' }),
  betterAuth('better-auth-sqlite', 'Better Auth, SQLite'),
  betterAuth(
    'better-auth-postgres',
    'Better Auth, Postgres',
    createDatabase(given.postgres, 'better_auth'),
  ),
];

const { dependencies } = JSON.parse(readFileSync(join(PEERS, 'package.json'), 'utf8'));
const versions = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
const busy = await isBusy();
const results = { run, groups, ...(await drive(groups, given)) };
const text = [
  heading(results),
  `Node.js ${process.versions.node}, ${versions.join(', ')}.`,
  requests(results),
  servers(results),
];
report('peers', results, text.join('\n\n'), busy);
