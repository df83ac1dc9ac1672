/** Requests to the API, with the session's cookie. */

import type { Page } from "./model";
import { session, setSession } from "./session";

const API = "/api/v1";
let written = 0;

/** How many requests have changed something: what was read before may be old then. */
export function writes(): number {
  return written;
}

export type Query = Record<string, string | number | undefined>;

export interface FieldError {
  field: string;
  message: string;
}

/** An answer that is an error; `errors` say what is wrong in which field. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly errors: FieldError[] = [],
  ) {
    super(detail);
  }
}

export interface Options {
  query?: Query;
  body?: unknown;
  /** The media type of a body that is text and not JSON. */
  type?: string;
  /** The tag that an object must still have for a change of it. */
  match?: string;
  signal?: AbortSignal;
}

/** An object, and the tag under which it can be changed. */
export interface Tagged<T> {
  data: T;
  tag: string;
}

/** What the API answers. Throws a Problem, or what `fetch` throws for an aborted request. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const answer = await send(method, path, options);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export async function getTagged<T>(path: string, signal?: AbortSignal): Promise<Tagged<T>> {
  const answer = await send("GET", path, signal ? { signal } : {});
  return { data: await answer.json(), tag: answer.headers.get("ETag") ?? "" };
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const request: RequestInit = { method, headers };
  if (options.signal) request.signal = options.signal;
  if (options.body !== undefined) {
    headers["Content-Type"] = options.type ?? "application/json";
    request.body = options.type ? String(options.body) : JSON.stringify(options.body);
  }
  if (options.match) headers["If-Match"] = options.match;
  if (method !== "GET") headers["X-CSRF-Token"] = session()?.csrf ?? "";
  const answer = await fetch(address(path, options.query), request).catch((error: unknown) => {
    if (error instanceof DOMException) throw error;
    throw new Problem(0, "The server does not answer. Check the connection and try again.");
  });
  if (answer.ok && method !== "GET") written += 1;
  if (answer.ok) return answer;
  if (answer.status !== 401) throw await problemOf(answer);
  setSession(null);
  throw new Problem(401, "The session had ended. Now you can do that again.");
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return call("GET", path, { ...(query && { query }), ...(signal && { signal }) });
}

/** All objects of a list that is short, at most `most`. */
export async function everything<T>(path: string, query: Query, most = 5000): Promise<T[]> {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const page: Page<T> = await get(path, { ...query, limit: 1000, cursor: next ?? undefined });
    items.push(...page.items);
    next = page.next;
  } while (next && items.length < most);
  return items;
}

function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return (path.startsWith("/health") ? path : API + path) + (text && `?${text}`);
}

async function problemOf(answer: Response): Promise<Problem> {
  const document = await answer.json().catch(() => ({}));
  const detail = document.detail ?? `The server answered ${answer.status}.`;
  return new Problem(answer.status, detail, document.errors ?? []);
}
