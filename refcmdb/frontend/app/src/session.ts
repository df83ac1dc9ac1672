/** Who has logged in: told by the page, which the server makes for the session of the cookie. */

export interface Session {
  user: string;
  role: string;
  /** Empty for administrators, who see all tenants. */
  tenant: string;
  /** What requests that change something must carry. */
  csrf: string;
}

const HERE = "/app/";
let current: Session | null = null;
const listeners = new Set<() => void>();

export function session(): Session | null {
  return current;
}

export function mayWrite(): boolean {
  return current !== null && current.role !== "viewer";
}

/** Calls back whenever somebody logs in or the session ends; returns how to stop that. */
export function onSession(callback: () => void): () => void {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export function setSession(next: Session | null): void {
  current = next;
  for (const callback of listeners) callback();
}

export function sessionOf(page: Document): Session | null {
  const { user, role, tenant, csrf } = page.getElementById("app")?.dataset ?? {};
  return user && role && csrf ? { user, role, tenant: tenant ?? "", csrf } : null;
}

/** Logs in; returns what the person is told if that fails, else an empty text. */
export async function logIn(username: string, password: string): Promise<string> {
  const body = new URLSearchParams({ username, password, next: HERE });
  const answer = await fetch("/login", { method: "POST", body, redirect: "manual" });
  if (answer.type !== "opaqueredirect") return refusalOf(answer);
  const page = await (await fetch(HERE)).text();
  setSession(sessionOf(new DOMParser().parseFromString(page, "text/html")));
  return current ? "" : "The browser does not keep the session's cookie.";
}

export async function logOut(): Promise<void> {
  const body = new URLSearchParams({ csrf_token: current?.csrf ?? "" });
  await fetch("/logout", { method: "POST", body, redirect: "manual" });
  location.assign(HERE); // and nothing of what was shown is left
}

function refusalOf(answer: Response): string {
  if (answer.status === 401) return "The name or the password is wrong.";
  if (answer.status === 429) {
    const wait = answer.headers.get("Retry-After");
    return `Too many attempts. Try again in ${wait ?? "some"} seconds.`;
  }
  if (answer.status === 422) return "Fill in name and password.";
  return `The log-in did not work (${answer.status}). Try again later.`;
}
