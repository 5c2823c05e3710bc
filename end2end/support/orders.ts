// The API `orders` that the samples of protect-your-api.md protect.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

import { call, type Installation } from './programs.ts';

/** The API `orders` with keys that may read, and one that may do nothing. */
export async function shop({ server, key }: Installation) {
  const at = `${server.url}/api/v1`;
  const scopes = [{ scope: 'orders:read', description: 'Read orders' }];
  await call('POST', `${at}/apis`, key, { name: 'Orders', slug: 'orders', scopes });
  const consumer = await call('POST', `${at}/consumers`, key, { external_id: 'customer_42' });
  const create = (body: object) => call('POST', `${at}/apis/orders/keys`, key, { actor_id: consumer.actor_id, ...body });
  const [good, other, powerless] = [
    await create({ scopes: ['orders:read'] }),
    await create({ scopes: ['orders:read'] }),
    await create({}),
  ];
  return { consumer, good, other, powerless, revoke: (id: number) => call('DELETE', `${at}/keys/${id}`, key) };
}

/** Ends a program with its processes. */
export async function stop(child: ChildProcess) {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = wait(5_000).then(() => child.kill('SIGKILL'));
  if (child.exitCode === null) await Promise.race([exited, late]);
}
