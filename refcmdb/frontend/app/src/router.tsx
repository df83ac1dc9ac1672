/** Addresses of views, without loading the page again. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

const BASE = "/app";

export interface Place {
  path: string;
  query: URLSearchParams;
}

const listeners = new Set<() => void>();
addEventListener("popstate", changed);

function changed(): void {
  for (const callback of listeners) callback();
}

export function here(): Place {
  const path = location.pathname.slice(BASE.length).replace(/(?<=.)\/$/, "");
  return { path: path || "/", query: new URLSearchParams(location.search) };
}

/** Goes to a view: a path below the application's, with a query or not. */
export function go(to: string, { replace = false } = {}): void {
  history[replace ? "replaceState" : "pushState"](null, "", BASE + to);
  changed();
}

/** The path with these changes of the query; what is empty goes. */
export function withQuery(place: Place, changes: Record<string, string>): string {
  const query = new URLSearchParams(place.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  return place.path + (text && `?${text}`);
}

/** Where we are; the component is drawn again when that changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = () => setPlace(here());
    listeners.add(update);
    update();
    return () => {
      listeners.delete(update);
    };
  }, []);
  return place;
}

interface LinkProps {
  to: string;
  children: ComponentChildren;
  class?: string;
  title?: string;
  tabIndex?: number;
  "aria-current"?: "page" | undefined;
  onPointerEnter?: () => void;
  onFocus?: () => void;
}

export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey) return;
    if (event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a {...rest} href={BASE + to} onClick={follow}>
      {children}
    </a>
  );
}
