// Writes to docs/performance.md between two markers. Plain JavaScript, so that node can run it directly.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');

/**
 * Replaces the text between the markers with this name.
 * @param {string} mark
 * @param {string} text
 */
export function write(mark, text) {
  const [from, to] = [`<!-- ${mark} -->`, `<!-- end of ${mark} -->`];
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`docs/performance.md has no place for ${mark}`);
  writeFileSync(PAGE, `${page.slice(0, start)}${from}\n\n${text.trim()}\n\n${page.slice(end)}`);
}
