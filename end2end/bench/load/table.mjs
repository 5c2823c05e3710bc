// The results as tables in Markdown: medians of all passes, with the lowest and the highest value.
import { BARE } from './servers.mjs';

const KB = 1024;

/** The names of the measurements. */
const STEPS = {
  me: 'GET /api/v1/me',
  verify: 'POST /api/v1/keys/verify',
  gate: 'GET /gate/{api}',
  first: 'GET /api/v1/me, each key for the first time',
  unknown: 'GET /api/v1/me, unknown keys with right check digits',
  alone: 'GET /api/v1/me, 16 callers',
  flooded: 'GET /api/v1/me, 16 callers beside 16 with unknown keys',
  doubled: 'GET /api/v1/me, 16 callers beside 16 more',
};
/** The measurements that the bare server has none to compare with. */
const OTHER_LOAD = ['alone', 'flooded', 'doubled'];

/**
 * @typedef {object} Results
 * @property {import('./passes.mjs').Group[]} groups
 * @property {import('./passes.mjs').Measured[]} measured
 * @property {import('./passes.mjs').State[]} states
 * @property {{ cores: number, date: string, commit: string, passes: number, seconds: number }} run
 */

/** How, where and when it was measured. */
export function heading({ run }) {
  const passes = run.passes === 1 ? 'one pass' : `medians of ${run.passes} passes`;
  return (
    `On a machine with ${run.cores} cores, on ${run.date}, at commit ${run.commit}: ` +
    `${passes} of ${run.seconds} seconds, with the lowest and the highest ratio in parentheses.`
  );
}

/** What was measured of every request. */
export function requests(results) {
  const rows = cases(results).map(({ group, node, step, found }) => {
    const compared = group.id !== BARE && !OTHER_LOAD.includes(step);
    const to = compared ? bareOf(results, step) : [];
    const cells = [
      ['perSecond', (value) => round(value).toLocaleString('en-US')],
      ['cpu', (value) => value.toFixed(value < 100 ? 1 : 0)],
      ['p99', (value) => (value / 1000).toFixed(1)],
    ].flatMap(([field, format]) => {
      const values = found.map((one) => one[field]).filter((value) => value !== undefined);
      if (values.length === 0) return ['', ''];
      return [format(median(values)), spread(ratios(found, to, field))];
    });
    const name = group.nodes.length > 1 ? `${group.name}, node ${node + 1}` : group.name;
    return [name, size(group), STEPS[step], ...cells];
  });
  return table(
    [
      'Server',
      'Keys',
      'Request',
      'Requests a second',
      'of bare axum',
      'CPU µs a request',
      'of bare axum',
      'p99 ms',
      'of bare axum',
    ],
    rows,
  );
}

/** What was measured of every server. */
export function servers({ groups, states }) {
  const rows = groups.map((group) => {
    const found = states.filter((state) => state.group === group.id);
    const cell = (field, unit) => {
      const values = found.map((state) => state[field]).filter((value) => value !== undefined);
      return values.length > 0 ? (median(values) / unit).toFixed(0) : '';
    };
    const memory = ['idle', 'after', 'inUse'].map((field) => cell(field, KB * KB));
    return [group.name, size(group), cell('startMs', 1), ...memory];
  });
  return table(
    [
      'Server',
      'Keys',
      'Start to first answer, ms',
      'Memory idle, MB',
      'after the load, MB',
      'with 100,000 keys in use, MB',
    ],
    rows,
  );
}

/** The measurements of a group, node and step. */
export function find(results, group, node, step) {
  const { measured } = results;
  return measured.filter((one) => one.group === group && one.node === node && one.step === step);
}

/** The measurements of the bare server to compare with. */
export function bareOf(results, step) {
  return find(results, BARE, 0, ['verify', 'gate'].includes(step) ? step : 'me');
}

/** The ratios of two series, pass by pass. */
export function ratios(found, to, field) {
  return found.flatMap((one) => {
    const other = to.find(({ pass }) => pass === one.pass);
    return other?.[field] ? [one[field] / other[field]] : [];
  });
}

/** The median, with the lowest and the highest value. */
export function spread(values) {
  if (values.length === 0) return '';
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)];
  return `${short(middle)} (${short(low)}–${short(high)})`;
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Every group, node and step with measurements, in the order of the tables. */
function cases(results) {
  return results.groups.flatMap((group) =>
    Object.keys(STEPS).flatMap((step) =>
      group.nodes.flatMap((_, node) => {
        const found = find(results, group.id, node, step);
        return found.length > 0 ? [{ group, node, step, found }] : [];
      }),
    ),
  );
}

const size = (group) => (group.size ? group.size.toLocaleString('en-US') : '');
const short = (value) => value.toFixed(value < 10 ? 2 : 0);

/** Three significant digits. */
export const round = (value) => Number(value.toPrecision(3));
