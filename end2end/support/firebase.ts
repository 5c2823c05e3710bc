// An emulated Firebase project: it signs RS256 ID tokens as Google's does, and serves its keys, the REST API of Firebase
// Auth, and a page with Firebase's own SDK.
import { createSign, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { serveSite } from './pages.ts';

export const PROJECT = 'acme-1';
/** The subject of the emulated user at Google. */
export const SUBJECT = '117';

const MODULES: Record<string, string> = {
  '@firebase/app': '@firebase/app/dist/esm/index.esm.js',
  '@firebase/auth': '@firebase/auth/dist/esm/index.js',
  '@firebase/component': '@firebase/component/dist/esm/index.esm.js',
  '@firebase/logger': '@firebase/logger/dist/esm/index.esm.js',
  '@firebase/util': '@firebase/util/dist/index.esm.js',
  idb: 'idb/build/index.js',
  tslib: 'tslib/tslib.es6.mjs',
};
const IMPORTS = Object.fromEntries(Object.entries(MODULES).map(([name, file]) => [name, `/node_modules/${file}`]));

const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>Firebase</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">
  import { initializeApp } from '@firebase/app';
  import { connectAuthEmulator, GoogleAuthProvider, inMemoryPersistence, initializeAuth, signInWithCredential, signOut } from '@firebase/auth';

  const app = initializeApp({ apiKey: 'key', projectId: '${PROJECT}' });
  window.auth = initializeAuth(app, { persistence: inMemoryPersistence });
  connectAuthEmulator(auth, location.origin, { disableWarnings: true });
  window.signIn = () => signInWithCredential(auth, GoogleAuthProvider.credential('an ID token of Google'));
  window.signOut = () => signOut(auth);
  window.isReady = true;
</script>`;

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Starts the project. Its keys are at `/jwks`. */
export function startFirebase(port: number) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'firebase-1' }] };
  const user = { localId: 'uid-1', email: 'mina@acme.example', emailVerified: true };
  const signedInAt = Math.floor(Date.now() / 1000);
  let issued = 0;

  const idToken = () => {
    const now = Math.floor(Date.now() / 1000);
    issued += 1;
    const claims = {
      iss: `https://securetoken.google.com/${PROJECT}`,
      aud: PROJECT,
      sub: user.localId,
      user_id: user.localId,
      auth_time: signedInAt,
      iat: now,
      exp: now + 3600,
      email: user.email,
      email_verified: true,
      name: 'Mina Moreau',
      issued,
      firebase: { sign_in_provider: 'google.com', identities: { 'google.com': [SUBJECT], email: [user.email] } },
    };
    const text = `${base64({ alg: 'RS256', kid: 'firebase-1', typ: 'JWT' })}.${base64(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  };

  /** The REST API of Firebase Auth, as far as the SDK needs it here. */
  const rest: Record<string, (body: string) => unknown> = {
    'identitytoolkit.googleapis.com/v1/accounts:signInWithIdp': (body) => {
      if (!JSON.parse(body).postBody.includes('google.com')) throw new Error(`no sign-in with Google: ${body}`);
      return { ...user, providerId: 'google.com', rawUserInfo: '{}', idToken: idToken(), refreshToken: 'refresh', expiresIn: '3600' };
    },
    'identitytoolkit.googleapis.com/v1/accounts:lookup': () => ({
      users: [{ ...user, providerUserInfo: [{ providerId: 'google.com', rawId: SUBJECT, email: user.email }], createdAt: '0', lastLoginAt: '0' }],
    }),
    'securetoken.googleapis.com/v1/token': () => {
      const token = idToken();
      return { access_token: token, id_token: token, expires_in: '3600', refresh_token: 'refresh', token_type: 'Bearer', user_id: user.localId };
    },
  };

  return serveSite(port, async (request, response) => {
    const send = (type: string, body: string | Buffer) => {
      response.writeHead(200, { 'content-type': type });
      response.end(body);
    };
    const path = (request.url ?? '/').slice(1).split('?')[0];
    if (path === '') return send('text/html; charset=utf-8', PAGE);
    if (path === 'jwks') return send('application/json', JSON.stringify(jwks));
    const file = join(import.meta.dirname, '..', path);
    if (path.startsWith('node_modules/') && existsSync(file)) return send('text/javascript', readFileSync(file));
    const answer = rest[path];
    if (answer) return send('application/json', JSON.stringify(answer(await bodyOf(request))));
    response.writeHead(404);
    return response.end();
  });
}
