// Access tokens of Roundtable for pages in a browser. Types: roundtable.d.ts. Documentation: /docs/authentication.
//
// On a page of the installation, the token belongs to the session of the dashboard. On a page of another origin, the user
// approves a code on a page of the installation (RFC 8628), and a refresh token keeps the access token fresh.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How long before its end a token is replaced. */
const EARLY = 5 * MINUTE;
const CLIENT = 'roundtable-js';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** An error with a code: of OAuth, of the API, `network` or `signed_out`. */
export class AuthError extends Error {
  constructor(code, message = code) {
    super(message);
    this.name = 'AuthError';
    this.code = code;
  }
}

/** Sends a POST request. Resolves to the status and the JSON body. */
async function post(url, fields, signal) {
  const body = fields && new URLSearchParams(fields);
  let response;
  try {
    response = await fetch(url, { method: 'POST', body, signal, cache: 'no-store' });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AuthError('network', error.message);
  }
  const json = await response.json().catch(() => ({}));
  return { ok: response.ok, status: response.status, json };
}

/** The error of an OAuth response (RFC 6749, 5.2), or of an API response. */
function refusal({ status, json }) {
  return new AuthError(json.code ?? json.error ?? `status_${status}`, json.error_description ?? json.details);
}

/** One at a time in all tabs of the origin, where the browser can do that. */
function exclusively(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : work();
}

const sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
  });

/** The session of the dashboard, on a page of the installation itself. */
class SessionGrants {
  /** Other tabs have the same user. */
  isShared = true;
  /** The dashboard can sign the user out. */
  endsElsewhere = true;

  constructor(url) {
    this.url = url;
  }

  /** The current token, or a new one. Null if nobody is signed in. */
  async grant(isForced) {
    const answer = await post(`${this.url}/api/v1/token${isForced ? '?force=true' : ''}`);
    if (answer.ok) return { token: answer.json.token, seconds: answer.json.expires_in };
    if (answer.status === 401) return null;
    throw refusal(answer);
  }

  async signIn() {
    const here = location.pathname + location.search;
    location.assign(`${this.url}/sign-in?return_to=${encodeURIComponent(here)}`);
    return new Promise(() => {});
  }

  async signOut() {
    const answer = await post(`${this.url}/ui/sign_out`, { page: '/' });
    if (!answer.ok) throw refusal(answer);
  }
}

/** A user of an installation on another origin, who has approved a code there. */
class DeviceGrants {
  endsElsewhere = false;
  #memory = null;

  constructor(url, storage) {
    this.url = `${url}/api/v1/oauth`;
    this.name = `roundtable ${url}`;
    this.storage = storage;
    this.isShared = !!storage;
  }

  get #refreshToken() {
    return this.storage ? this.storage.getItem(this.name) : this.#memory;
  }

  set #refreshToken(token) {
    if (!this.storage) this.#memory = token;
    else if (token) this.storage.setItem(this.name, token);
    else this.storage.removeItem(this.name);
  }

  #accept(json) {
    this.#refreshToken = json.refresh_token ?? this.#refreshToken;
    return { token: json.access_token, seconds: json.expires_in };
  }

  /** Another token. A refresh token can be used once, so two tabs must not use the same one. */
  grant() {
    return exclusively(this.name, async () => {
      const refresh_token = this.#refreshToken;
      if (!refresh_token) return null;
      const answer = await post(`${this.url}/token`, { grant_type: 'refresh_token', refresh_token, client_id: CLIENT });
      if (answer.ok) return this.#accept(answer.json);
      if (answer.json.error !== 'invalid_grant') throw refusal(answer);
      this.#refreshToken = null;
      return null;
    });
  }

  /** Asks for a code, shows it, and waits until the user has approved it. */
  async signIn(show, { signal } = {}) {
    const asked = await post(`${this.url}/device_authorization`, { client_id: CLIENT }, signal);
    if (!asked.ok) throw refusal(asked);
    const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval = 5 } = asked.json;
    const end = Date.now() + expires_in * SECOND;
    show({
      userCode: user_code,
      verificationUri: verification_uri,
      verificationUriComplete: verification_uri_complete ?? verification_uri,
      expiresIn: expires_in,
    });
    for (let pause = interval; Date.now() < end; ) {
      await sleep(pause * SECOND, signal);
      const answer = await post(`${this.url}/token`, { grant_type: DEVICE_CODE, device_code, client_id: CLIENT }, signal).catch((error) => {
        if (error.code !== 'network') throw error;
        return { json: { error: 'slow_down' } };
      });
      if (answer.ok) return this.#accept(answer.json);
      if (answer.json.error === 'slow_down') pause += 5;
      else if (answer.json.error !== 'authorization_pending') throw refusal(answer);
    }
    throw new AuthError('expired_token');
  }

  async signOut() {
    this.#refreshToken = null;
  }
}

/** The ID of the user of a token. Only the API verifies the token. */
function subjectOf(token) {
  const claims = token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/');
  return String(JSON.parse(atob(claims)).sub);
}

class User {
  #auth;

  constructor(auth, uid) {
    this.#auth = auth;
    this.uid = uid;
  }

  getIdToken(forceRefresh = false) {
    return this.#auth._tokenOf(this, forceRefresh);
  }
}

class Auth {
  #grants;
  #channel = null;
  #user = null;
  #token = null;
  #expiresAt = 0;
  #asking = null;
  #askedAt = 0;
  /** Counts sign-ins and sign-outs in this tab. What was asked before one of them is out of date. */
  #turns = 0;
  #failures = 0;
  #due = 0;
  #timer;
  #observers = new Set();
  #isKnown = false;
  #ready;
  #becomeReady;

  constructor(url, grants) {
    this.url = url;
    this.#grants = grants;
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    if (grants.isShared && 'BroadcastChannel' in globalThis) {
      this.#channel = new BroadcastChannel(`roundtable ${url}`);
      this.#channel.onmessage = () => this.#askInBackground({ joins: false, tells: false });
    }
    // Timers stop while a computer sleeps and are slow in hidden tabs, so a page that comes back looks at the clock.
    const wake = () => this.#wake();
    document.addEventListener('visibilitychange', wake);
    for (const event of ['focus', 'online', 'pageshow']) addEventListener(event, wake);
    this.#askInBackground();
  }

  get currentUser() {
    return this.#user;
  }

  authStateReady() {
    return this.#ready;
  }

  onAuthStateChanged(observer) {
    return this.#observe(observer, () => this.#user);
  }

  onIdTokenChanged(observer) {
    return this.#observe(observer, () => this.#token);
  }

  async signIn(show, options) {
    const grant = await this.#grants.signIn(show, options);
    this.#turns += 1;
    this.#accept(grant);
    return this.#user;
  }

  async signOut() {
    await this.#grants.signOut();
    this.#turns += 1;
    this.#accept(null);
  }

  async _tokenOf(user, isForced) {
    if (user === this.#user && (isForced || this.#left() <= EARLY)) {
      await this.#ask({ isForced, joins: !isForced }).catch((error) => {
        if (isForced || this.#left() <= 0) throw error;
      });
    }
    if (user !== this.#user) throw new AuthError('signed_out');
    return this.#token;
  }

  #left() {
    return this.#expiresAt - Date.now();
  }

  #observe(observer, state) {
    const entry = { observer, state, last: undefined };
    this.#observers.add(entry);
    this.#tell();
    return () => this.#observers.delete(entry);
  }

  /** Calls the observers whose state has changed, each on its own, so that no error of one affects another. */
  #tell() {
    if (!this.#isKnown) return;
    for (const entry of this.#observers) {
      const now = entry.state();
      if (now === entry.last) continue;
      entry.last = now;
      queueMicrotask(() => this.#observers.has(entry) && entry.observer(this.#user));
    }
  }

  /** Takes over a token, or that nobody is signed in. `tells` other tabs of another user. */
  #accept(grant, tells = true) {
    const uid = grant && subjectOf(grant.token);
    const isOther = uid !== (this.#user?.uid ?? null);
    if (isOther) this.#user = grant && new User(this, uid);
    this.#token = grant?.token ?? null;
    this.#expiresAt = grant ? Date.now() + grant.seconds * SECOND : 0;
    const wasKnown = this.#isKnown;
    this.#isKnown = true;
    this.#becomeReady();
    this.#schedule();
    this.#tell();
    if (isOther && tells && wasKnown) this.#channel?.postMessage('changed');
  }

  /** Asks for a token. Joins a request that is on its way, or waits for it first. */
  #ask({ isForced = false, joins = true, tells = true }) {
    const before = this.#asking;
    if (before && joins) return before;
    const asking = (async () => {
      await before?.catch(() => {});
      this.#askedAt = Date.now();
      const turn = this.#turns;
      try {
        const grant = await this.#grants.grant(isForced);
        this.#failures = 0;
        if (turn === this.#turns) this.#accept(grant, tells);
      } catch (error) {
        this.#failures += 1;
        this.#schedule();
        throw error;
      } finally {
        if (this.#asking === asking) this.#asking = null;
      }
    })();
    this.#asking = asking;
    return asking;
  }

  /** The same without an error: the request is repeated later. */
  #askInBackground(how = {}) {
    this.#ask(how).catch(() => {});
  }

  /** Plans the next request: a second after a token is to be replaced or has ended, or later after each failure. */
  #schedule() {
    clearTimeout(this.#timer);
    const left = this.#left();
    let wait = left > EARLY ? left - EARLY + SECOND : left + SECOND;
    if (this.#failures) wait = Math.min(SECOND * 2 ** this.#failures, MINUTE);
    else if (!this.#user) return;
    this.#due = Date.now() + wait;
    this.#tick();
  }

  /** Looks at the clock at least once a minute, because a timer does not count the time that a computer sleeps. */
  #tick() {
    const wait = this.#due - Date.now();
    if (wait <= 0) return this.#askInBackground();
    this.#timer = setTimeout(() => this.#tick(), Math.min(wait, MINUTE));
  }

  /** The user has come back to the page. The session may have ended elsewhere meanwhile. */
  #wake() {
    if (document.visibilityState === 'hidden') return;
    const isDue = (this.#user || this.#failures) && Date.now() >= this.#due;
    const isOld = this.#grants.endsElsewhere && Date.now() - this.#askedAt > SECOND;
    if (isDue || isOld) this.#askInBackground();
  }
}

const auths = new Map();

/**
 * The state of the user of an installation: of the one that this module comes from, or of the one at `url`. `storage`
 * keeps the refresh token for an installation on another origin, instead of the memory of the page.
 */
export function getAuth({ url = import.meta.url, storage } = {}) {
  const { origin } = new URL(url, location.href);
  let auth = auths.get(origin);
  if (!auth) {
    const grants = origin === location.origin ? new SessionGrants(origin) : new DeviceGrants(origin, storage);
    auth = new Auth(origin, grants);
    auths.set(origin, auth);
  }
  return auth;
}

export const onAuthStateChanged = (auth, observer) => auth.onAuthStateChanged(observer);
export const onIdTokenChanged = (auth, observer) => auth.onIdTokenChanged(observer);
export const getIdToken = (user, forceRefresh) => user.getIdToken(forceRefresh);
export const signOut = (auth) => auth.signOut();
