// Writes results to docs/performance.md, and keeps them in target/bench.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { write } from '../page.mjs';
import { idleShare } from './process.mjs';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** On a busier machine, the results are printed and not written. */
const IDLE = 0.8;

/** Whether other programs use the processor. Says so. */
export async function isBusy() {
  const idle = await idleShare(3_000);
  if (idle >= IDLE) return false;
  const used = `${Math.round((1 - idle) * 100)} %`;
  console.log(`Other programs use ${used} of the processor: the results will not be written.`);
  return true;
}

/** What the results depend on. */
export function circumstances({ passes, seconds }) {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', 'app', 'server', 'Cargo.lock') !== '';
  const commit = git('rev-parse', '--short', 'HEAD') + (changed ? ', changed' : '');
  const date = new Date().toISOString().slice(0, 10);
  return { cores: cpus().length, date, commit, passes, seconds };
}

/** Prints the text, and writes it between two markers of the page unless the machine was busy. */
export function report(mark, results, text, busy) {
  const folder = join(ROOT, 'target', 'bench');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${mark}.json`), JSON.stringify(results, null, 1));
  console.log(`\n${text}\n`);
  if (busy) console.log('The machine was busy: run this again when it is idle.');
  else write(mark, text);
}
