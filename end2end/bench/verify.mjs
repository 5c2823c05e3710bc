// Measures how fast a key is checked, as ratios to a server that checks nothing. `.ci/bench verify`
// runs it.
import { circumstances, isBusy, report } from './load/report.mjs';
import { drive } from './load/passes.mjs';
import { bare, options, postgres, roundtable, sqlite } from './load/servers.mjs';
import { heading, requests, servers } from './load/table.mjs';
import { targets } from './load/targets.mjs';

const given = options();
const sizes = (process.env.ROUNDTABLE_BENCH_KEYS || '1000,100000,1000000')
  .split(',')
  .map(Number)
  .sort((a, b) => a - b);
/** Making a million keys in Postgres takes too long. */
const LIMIT = 100_000;
const shared = sizes.filter((size) => size <= LIMIT);
if (shared.length === 0) throw new Error(`ROUNDTABLE_BENCH_KEYS has no size up to ${LIMIT}`);

const run = circumstances(given);
const files = sizes.map((size) => sqlite(given, size));
const databases = shared.map((size) => postgres(given, size));
const id = ({ size }, kind) => `${kind}-${size}`;
// The largest database is the one whose keys are not in memory, on SQLite and on Postgres.
const groups = [
  bare(given, files[0].files),
  ...files.map((database) => {
    const what = { id: id(database, 'sqlite'), name: 'SQLite' };
    return roundtable(given, database, { ...what, thorough: database === files.at(-1) });
  }),
  ...databases.map((database) => {
    const what = { id: id(database, 'postgres'), name: 'Postgres, one node' };
    return roundtable(given, database, what);
  }),
  roundtable(given, databases.at(-1), {
    id: 'nodes',
    name: 'Postgres, three nodes',
    nodes: 3,
    thorough: true,
  }),
];

const busy = await isBusy();
const results = { run, groups, ...(await drive(groups, given)) };
const [few, many] = [files[0], files.at(-1)].map((database) => id(database, 'sqlite'));
const ofSqlite = { main: few, few, many, thorough: many };
const ofPostgres = {
  main: 'nodes',
  few: id(databases[0], 'postgres'),
  many: id(databases.at(-1), 'postgres'),
  thorough: 'nodes',
};
const text = [
  heading(results),
  targets(results, ofSqlite, ofPostgres),
  requests(results),
  servers(results),
];
report('verify', results, text.join('\n\n'), busy);
