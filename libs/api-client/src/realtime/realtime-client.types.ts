import type { ConversationEventType, EventFrame, ServerFrame } from '@scrm/contracts';

export type ReadyFrame = Extract<ServerFrame, { type: 'ready' }>;
export type ResetFrame = Extract<ServerFrame, { type: 'reset' }>;
export type PresenceFrame = Extract<ServerFrame, { type: 'presence' }>;
export type ErrorFrame = Extract<ServerFrame, { type: 'error' }>;
export type { ConversationEventType, EventFrame } from '@scrm/contracts';

/** `live` is signed in and hearing everything; `closed` does not come back by itself. */
export type RealtimeStatus = 'connecting' | 'live' | 'reconnecting' | 'closed';

/** What can be heard, and what the handler is given. */
export type RealtimeEvents = {
  [T in ConversationEventType]: EventFrame & { type: T };
} & {
  /** Any of the above. */
  event: EventFrame;
  ready: ReadyFrame;
  /** Load the lists again by REST. Events that come meanwhile wait until the handlers are done. */
  reset: ResetFrame;
  /** Colleagues came, went, or said something else of themselves. */
  presence: PresenceFrame;
  status: { status: RealtimeStatus; code?: number; reason?: string };
  /** The server's complaint, or what a handler or `getToken` threw. The client goes on by itself. */
  error: ErrorFrame | Error;
};

export type Handler<K extends keyof RealtimeEvents> = (value: RealtimeEvents[K]) => void | Promise<void>;

/** Where the client keeps how far it is. One for each tab: `sessionStorage` fits, `localStorage` is shared. */
export interface CursorStore {
  load(): string | null | undefined | Promise<string | null | undefined>;
  save(cursor: string): void | Promise<void>;
}

/** The part of a WebSocket that is used: the browser's, Node's, or that of the `ws` package. */
export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type SocketConstructor = new (url: string) => SocketLike;

export interface RealtimeOptions {
  /** `wss://host/ws`; with several, the next one is tried on each reconnect. */
  url?: string;
  urls?: string[];
  /**
   * A valid access token; asked before each connect, and again before the one in use ends. `fresh`: the last one is over
   * or nearly so, perhaps before its time because rights have changed: refresh it, a kept one will not do.
   */
  getToken: (options: { fresh: boolean }) => string | Promise<string>;
  /** Without one the cursor lives as long as the client. */
  cursorStore?: CursorStore;
  /** Default: `globalThis.WebSocket`. */
  WebSocket?: SocketConstructor;
  timing?: Partial<RealtimeTiming>;
}

/** All in milliseconds. */
export interface RealtimeTiming {
  reconnectMin: number;
  reconnectMax: number;
  pingEvery: number;
  /** A server that says nothing for this long after a ping is gone. */
  pongWithin: number;
  /** From opening the socket to `ready`. */
  readyWithin: number;
  /** How long before its end the token is renewed. */
  renewBefore: number;
}

export const DEFAULT_TIMING: RealtimeTiming = {
  reconnectMin: 500,
  reconnectMax: 10_000,
  pingEvery: 20_000,
  pongWithin: 10_000,
  readyWithin: 20_000,
  renewBefore: 60_000,
};

export function cursorInMemory(): CursorStore {
  let cursor: string | undefined;
  return { load: () => cursor, save: (next) => void (cursor = next) };
}
