// A simulated clock for the server: months pass in seconds, and every run has the same dates.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Clock {
  private readonly folder = mkdtempSync(join(tmpdir(), 'roundtable-clock-'));
  private readonly file = join(this.folder, 'now');

  constructor(moment: string) {
    this.set(moment);
  }

  /** Sets the clock in UTC. It continues from there, and must not go back. */
  set(moment: string | Date) {
    const text = new Date(moment).toISOString();
    writeFileSync(this.file, `@${text.slice(0, 10)} ${text.slice(11, 19)}\n`);
  }

  /** The environment in which a program uses this clock. Timers are not affected. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      TZ: 'UTC',
    };
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function library(): string {
  const folders = ['/usr/lib', ...readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`)];
  const found = folders.map((folder) => join(folder, 'faketime', 'libfaketimeMT.so.1')).find((file) => existsSync(file));
  if (!found) throw new Error('faketime is not installed: run .ci/tools tour');
  return found;
}
