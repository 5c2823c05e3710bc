// The tables of docs/performance.md.
import { cpus } from 'node:os';

import { BUDGETS, KB, ROWS, type Kind, type Measurement } from '../support/weight.ts';
import { CATEGORIES, type Category, type Preset, type Scores } from './lighthouse.ts';

const NAMES: Partial<Record<Kind, string>> = { html: 'HTML', css: 'Style', js: 'Script', wasm: 'WASM', font: 'Font', icons: 'Icons' };
const CATEGORY_NAMES: Record<Category, string> = { performance: 'Performance', accessibility: 'Accessibility', 'best-practices': 'Best practices' };

/** The table of transfer sizes. */
export function sizes(seen: Measurement): string {
  const kb = (bytes: number) => `${(bytes / KB).toFixed(1)} KB`;
  const kinds = (Object.keys(NAMES) as Kind[]).map((kind) => {
    const { sent, plain } = seen.kinds[kind];
    return `| ${NAMES[kind]} | ${kb(sent)} | ${kb(plain)} | ${BUDGETS[kind] ? `${BUDGETS[kind]} KB` : 'none'} |`;
  });
  const known = (Object.keys(NAMES) as Kind[]).map((kind) => seen.kinds[kind]);
  const sum = (field: 'sent' | 'plain') => kb(known.reduce((sum, bytes) => sum + bytes[field], 0));
  const files = known.reduce((sum, bytes) => sum + bytes.files, 0);
  return [
    '| What | As sent | Unpacked | Budget |',
    '|---|---|---|---|',
    ...kinds,
    `| All, in ${files} requests | ${sum('sent')} | ${sum('plain')} | |`,
    '',
    `Layout shift: ${seen.shift}. Messages in the console: 0. Refusals of the content policy: 0.`,
  ].join('\n');
}

const TIMES = {
  server: 'Server, from the request to the first byte',
  firstPaint: 'First contentful paint',
  largestPaint: 'Largest contentful paint',
  awake: 'Islands awake',
} as const;

/** The table of loading times, compared with the smallest page. */
export function speeds(keys: Measurement[], signIn: Measurement[]): string {
  const rows = (Object.keys(TIMES) as (keyof typeof TIMES)[]).map((time) => {
    const [long, short] = [keys, signIn].map((looks) => median(looks.map((look) => look.times[time])));
    const ratio = short ? `${(long! / short).toFixed(1)} ×` : '';
    return `| ${TIMES[time]} | ${long!.toFixed(0)} ms | ${short ? `${short.toFixed(0)} ms | ${ratio}` : 'no islands |'} |`;
  });
  return [
    `| On a machine with ${cpus().length} cores | Keys page, ${ROWS} rows | Sign-in page | Ratio |`,
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function median(values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)];
}

/** The table of Lighthouse scores. */
export function scores(all: [string, Preset, Scores][]): string {
  const line = ([page, preset, { scores }]: [string, Preset, Scores]) =>
    `| ${page} | ${preset === 'desktop' ? 'Desktop' : 'Phone, slow network'} | ${CATEGORIES.map((name) => scores[name]).join(' | ')} |`;
  return [`| Page | Lighthouse | ${CATEGORIES.map((name) => CATEGORY_NAMES[name]).join(' | ')} |`, '|---|---|---|---|---|', ...all.map(line)].join('\n');
}
