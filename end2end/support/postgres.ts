// Databases on the Postgres that `.ci/postgres start` has told of.
import { spawnSync } from 'node:child_process';

/** The address of that Postgres, if there is one. */
export const postgres = process.env.ROUNDTABLE_TEST_POSTGRES;

/** The name of the runs on it. */
export const ON_POSTGRES = 'on Postgres';

export interface Database {
  address: string;
  /** Drops it, and says where in it something stood that must not. */
  end(forbidden: RegExp): string[];
}

/** A new database. */
export function freshDatabase(name: string): Database {
  psql(`CREATE DATABASE ${name}`);
  const own = new URL(postgres!);
  own.pathname = `/${name}`;
  return {
    address: own.href,
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
