// Reads the output of the engine benchmarks, prints it, and writes it as tables to docs/performance.md.
import { write } from './page.mjs';

let text = '';
for await (const part of process.stdin) {
  process.stdout.write(part);
  text += part;
}

const tables = [];
for (const line of text.split('\n')) {
  const row = /^(.+?) +[\d.]+ us +([\d.]+) x$/.exec(line);
  const head = /^(.+); the last column is relative to (.+)$/.exec(line);
  if (head) tables.push([`| ${head[1]} | Times as long as ${head[2]} |`, '|---|---|']);
  else if (row && tables.length > 0) tables.at(-1).push(`| ${row[1].trim()} | ${row[2]} |`);
}
if (tables.length === 0) throw new Error('the benchmarks printed no results');
write('engine', tables.map((table) => table.join('\n')).join('\n\n'));
