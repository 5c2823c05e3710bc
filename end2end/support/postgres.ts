// Databases on the Postgres server of `.ci/postgres start`.
import { spawnSync } from 'node:child_process';

/** The URL of the Postgres server, if there is one. */
export const postgres = process.env.ROUNDTABLE_TEST_POSTGRES;

/** The name of the Playwright project that uses it. */
export const ON_POSTGRES = 'on Postgres';

export interface Database {
  url: string;
  /** Drops the database, and returns where it contained forbidden text. */
  end(forbidden: RegExp): string[];
}

/** A new database. */
export function freshDatabase(name: string): Database {
  psql(`CREATE DATABASE ${name}`);
  const own = new URL(postgres!);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    end: (forbidden) => {
      try {
        const dump = run('pg_dump', [own.href, '--inserts']);
        if (!dump.includes('INSERT INTO')) throw new Error(`nothing was written to ${name}`);
        return forbidden.test(dump) ? [`the database ${name}`] : [];
      } finally {
        psql(`DROP DATABASE ${name} WITH (FORCE)`);
      }
    },
  };
}

const psql = (statement: string) => run('psql', [postgres!, '--quiet', '--no-psqlrc', '--command', statement]);

function run(program: string, args: string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new Error(`${program}: ${done.error?.message ?? done.stderr}`);
  return done.stdout;
}
