/** An error with a code: of OAuth, of the API, `network` or `signed_out`. */
export declare class AuthError extends Error {
  readonly code: string;
}

/** A signed-in user. */
export interface User {
  /** The ID of the user. */
  readonly uid: string;
  /**
   * The access token of the user. A token that is valid for less than five minutes is replaced first, and every token if
   * `forceRefresh` is true. Fails with the code `signed_out` if this user is no longer signed in.
   */
  getIdToken(forceRefresh?: boolean): Promise<string>;
}

/** What a user of an installation on another origin needs to sign in. */
export interface Prompt {
  /** The code to show to the user, who compares it with that on the page of the installation. */
  readonly userCode: string;
  /** The page of the installation that asks for the code. */
  readonly verificationUri: string;
  /** The same page with the code filled in. */
  readonly verificationUriComplete: string;
  /** Seconds until the code expires. */
  readonly expiresIn: number;
}

export type Unsubscribe = () => void;

/** The state of the user of an installation. */
export interface Auth {
  /** The origin of the installation. */
  readonly url: string;
  /** The signed-in user. Null if nobody is signed in, and until that is known. */
  readonly currentUser: User | null;
  /** Resolves as soon as it is known whether a user is signed in. */
  authStateReady(): Promise<void>;
  /** Calls the observer with the user, as soon as it is known, and whenever another user or nobody is signed in. */
  onAuthStateChanged(observer: (user: User | null) => void): Unsubscribe;
  /** The same, and whenever the user has another token. */
  onIdTokenChanged(observer: (user: User | null) => void): Unsubscribe;
  /**
   * Signs in. At an installation on another origin, calls `show` with a code, and resolves when the user has approved it
   * there. Fails with the code `access_denied` or `expired_token`, or with the reason of the signal. On a page of the
   * installation itself, opens its sign-in page instead, which leads back.
   */
  signIn(show?: (prompt: Prompt) => void, options?: { signal?: AbortSignal }): Promise<User>;
  /**
   * Signs out. On a page of the installation itself, revokes the session with its tokens. For an installation on another
   * origin, forgets the tokens.
   */
  signOut(): Promise<void>;
}

export interface AuthOptions {
  /** A URL of the installation. The default is the installation that the module comes from. */
  url?: string;
  /**
   * Where to keep the refresh token for an installation on another origin, such as `sessionStorage`. The default is the
   * memory of the page.
   */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

/** The state of the user of an installation. Calls for the same installation return the same object. */
export declare function getAuth(options?: AuthOptions): Auth;

export declare function onAuthStateChanged(auth: Auth, observer: (user: User | null) => void): Unsubscribe;
export declare function onIdTokenChanged(auth: Auth, observer: (user: User | null) => void): Unsubscribe;
export declare function getIdToken(user: User, forceRefresh?: boolean): Promise<string>;
export declare function signOut(auth: Auth): Promise<void>;
