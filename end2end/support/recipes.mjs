// The recipes of protect-your-api.md, and the smallest configurations that run them. Plain JavaScript, so that node can run it directly.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'protect-your-api.md'), 'utf8');

const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** The programs of `.ci/tools test`. */
export const PROGRAMS = process.env.ROUNDTABLE_PROXIES ?? join(CACHE, 'roundtable/tools/python/bin');

/** @typedef {{ roundtable: number, app: number, proxy: number }} Ports */
/** @typedef {{ command: string, args: string[] }} Command */

/**
 * The text of a page from a heading to the next.
 * @param {string} heading With its `#`.
 */
export function section(heading, page = PAGE) {
  return page.split(`\n${heading}\n`)[1].split(/\n#{2,3} /)[0];
}

/**
 * A text of the page, with other ports.
 * @param {string} text
 * @param {Ports} ports
 */
export function onPorts(text, { roundtable, app, proxy }) {
  return text
    .replaceAll(/(127\.0\.0\.1:|port_value: )3000/g, `$1${roundtable}`)
    .replaceAll(/(127\.0\.0\.1:|port_value: )8000/g, `$1${app}`)
    .replaceAll(/(127\.0\.0\.1:|port_value: )8080/g, `$1${proxy}`);
}

/**
 * The texts in a language below a heading.
 * @param {string} heading With its `#`.
 * @param {string} language
 */
export function samples(heading, language) {
  const blocks = section(heading).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  return [...blocks].map(([, text]) => text);
}

/**
 * The first of them, with other ports.
 * @param {string} heading With its `#`.
 * @param {string} language
 * @param {Ports} ports
 */
export function recipe(heading, language, ports) {
  return onPorts(samples(heading, language)[0], ports);
}

/**
 * Starts nginx with these servers.
 * @param {string} folder For all its files.
 * @param {string} site
 * @param {string} workers
 * @param {string} http More directives for all servers.
 * @returns {Command}
 */
export function nginx(folder, site, workers = '1', http = '') {
  mkdirSync(join(folder, 'temp'), { recursive: true });
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp/${name};`);
  // Started by root, the workers would run as another user, who has no access to the folder.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const main = `daemon off;\n${user}worker_processes ${workers};\npid pid;\nevents {}\nhttp {\naccess_log off;\n${http}\n${temp.join('\n')}\n${site}\n}\n`;
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, main);
  return { command: '/usr/sbin/nginx', args: ['-p', folder, '-e', 'error.log', '-c', file] };
}

/**
 * Starts Caddy with these servers.
 * @param {string} folder For all its files.
 * @param {string} site
 * @returns {Command}
 */
export function caddy(folder, site) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n  admin off\n  persist_config off\n}\n${site}\n`);
  return { command: join(PROGRAMS, 'caddy'), args: ['run', '--config', file, '--adapter', 'caddyfile'] };
}
