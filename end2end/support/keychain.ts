// The keychain of a desktop, for one test: a session bus, and a Secret Service on it that is unlocked.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A running keychain. `env` is what a program needs to find it. */
export interface Keychain {
  env: Record<string, string>;
  stop: () => void;
}

/** Starts a keychain that keeps its files in a folder. */
export async function startKeychain(folder: string): Promise<Keychain> {
  const base = { PATH: process.env.PATH ?? '', HOME: folder, XDG_RUNTIME_DIR: folder };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], { env: base });
  const [address] = await once(bus.stdout, 'data');
  const env = { DBUS_SESSION_BUS_ADDRESS: String(address).trim(), XDG_RUNTIME_DIR: folder };
  const daemon = spawn('gnome-keyring-daemon', ['--unlock', '--foreground', '--components=secrets'], { env: { ...base, ...env } });
  daemon.stdin.end('the password of the test');
  const stop = () => [daemon, bus].forEach((program: ChildProcess) => program.kill());
  try {
    await isReady({ ...base, ...env });
  } catch (error) {
    stop();
    throw error;
  }
  return { env, stop };
}

/** Waits until the Secret Service answers. */
async function isReady(env: Record<string, string>) {
  const question = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets/aliases/default'];
  const property = ['org.freedesktop.DBus.Properties.Get', 'string:org.freedesktop.Secret.Collection', 'string:Locked'];
  for (let tries = 0; ; tries += 1) {
    try {
      const { stdout } = await run('dbus-send', [...question, ...property], { env });
      if (stdout.includes('boolean false')) return;
    } catch (error) {
      if (tries > 50) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
