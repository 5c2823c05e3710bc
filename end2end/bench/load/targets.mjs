// The targets of checking a key, beside what was measured.
import { bareOf, find, median, ratios, spread, table } from './table.mjs';

const MB = 1024 * 1024;
const least = (limit) => ({ text: `≥ ${limit}`, met: (value) => value >= limit });
const most = (limit) => ({ text: `≤ ${limit}`, met: (value) => value <= limit });
const within = (share) => ({
  text: `${(1 - share).toFixed(2)}–${(1 + share).toFixed(2)}`,
  met: (value) => value >= 1 - share && value <= 1 + share,
});
const memory = (limit) => ({ ...most(limit), text: `≤ ${limit} MB` });

/**
 * The ids of groups.
 * @typedef {object} Ids
 * @property {string} main What the targets are about.
 * @property {string} few The one with the fewest keys.
 * @property {string} many The one with the most keys.
 * @property {string} thorough The one whose keys are not in memory.
 */

/**
 * The table of targets.
 * @param {import('./table.mjs').Results} results
 * @param {Ids} sqlite
 * @param {Ids} postgres
 */
export function targets(results, sqlite, postgres) {
  const both = [sqlite, postgres];
  const row = (name, limits, value) => {
    const cells = both.flatMap((groups, n) => [limits[n].text, cell(value(groups), limits[n])]);
    return [name, ...cells];
  };
  const rate = (step) => (groups) => worst(results, groups.main, step, 'perSecond', true);
  const cost = (step, field) => (groups) => worst(results, groups.main, step, field, false);
  const me = '`GET /api/v1/me`';
  const gate = '`GET /gate/{api}`';
  const verify = '`POST /api/v1/keys/verify`';
  const rows = [
    row(`${verify}, requests a second`, [least(0.8), least(0.7)], rate('verify')),
    row(`${verify}, CPU a request`, [most(1.3), most(1.4)], cost('verify', 'cpu')),
    row(`${verify}, p99`, [most(1.5), most(1.5)], cost('verify', 'p99')),
    row(`${gate}, requests a second`, [least(0.8), least(0.7)], rate('gate')),
    row(`${gate}, CPU a request`, [most(1.3), most(1.4)], cost('gate', 'cpu')),
    row(`${gate}, p99`, [most(1.5), most(1.5)], cost('gate', 'p99')),
    row(`${me}, requests a second`, [least(0.6), least(0.55)], rate('me')),
    row(`${me}, p99`, [most(1.5), most(1.5)], cost('me', 'p99')),
    row(
      'The most keys, requests a second of those with the fewest',
      [within(0.2), within(0.2)],
      (groups) => growth(results, groups),
    ),
    row(
      'A key for the first time, requests a second of bare axum',
      // 1.2 times as long as a server that reads SQLite on the thread of the request, which has
      // 0.59 of the requests of bare axum.
      [least(0.49), { text: 'one round trip', met: () => true }],
      ({ thorough }) => worst(results, thorough, 'first', 'perSecond', true),
    ),
    row(
      'An unknown key, requests a second of those of a key for the first time',
      [least(1), least(1)],
      (groups) => between(results, groups, 'unknown', 'first', 'perSecond'),
    ),
    row(
      'Good callers beside a flood of unknown keys, p99 of that without',
      [most(2), most(2)],
      (groups) => between(results, groups, 'flooded', 'alone', 'p99'),
    ),
    row('Memory, idle', [memory(40), memory(40)], (groups) =>
      megabytes(results, groups.main, 'idle'),
    ),
    row('Memory with 100,000 keys in use', [memory(120), memory(120)], (groups) =>
      megabytes(results, groups.thorough, 'inUse'),
    ),
  ];
  return table(['What', 'SQLite, target', 'measured', 'Postgres, target', 'measured'], rows);
}

/** The ratios to the bare server, of the node with the worst median. */
function worst(results, id, step, field, isLeast) {
  const count = results.groups.find((group) => group.id === id).nodes.length;
  const series = Array.from({ length: count }, (_, node) =>
    ratios(find(results, id, node, step), bareOf(results, step), field),
  ).filter((values) => values.length > 0);
  series.sort((one, other) => median(one) - median(other));
  return (isLeast ? series.at(0) : series.at(-1)) ?? [];
}

/** The ratios of a database with many keys to one with few. */
function growth(results, { few, many }) {
  const step = find(results, many, 0, 'verify').length > 0 ? 'verify' : 'me';
  if (few === many) return [];
  return ratios(find(results, many, 0, step), find(results, few, 0, step), 'perSecond');
}

/** The ratios of two measurements of the same server. */
function between(results, { thorough }, step, to, field) {
  return ratios(find(results, thorough, 0, step), find(results, thorough, 0, to), field);
}

function megabytes({ states }, group, field) {
  return states
    .filter((state) => state.group === group && state[field] !== undefined)
    .map((state) => state[field] / MB);
}

function cell(values, limit) {
  if (values.length === 0) return 'not measured';
  return spread(values) + (limit.met(median(values)) ? '' : ', missed');
}
