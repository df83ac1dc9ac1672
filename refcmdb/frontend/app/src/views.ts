/** Which view is at which address. */

import type { ComponentType } from "preact";
import type { Place } from "./router";

export interface ViewProps {
  place: Place;
  /** The number in the address of an object. */
  id: number;
}

export type View = ComponentType<ViewProps>;
type Load = () => Promise<{ default: View }>;

/** Every view is a file of its own, which is loaded when it is needed. */
const VIEWS: [RegExp, Load][] = [
  [/^\/$/, () => import("./views/dashboard")],
  [/^\/devices$/, () => import("./views/devices")],
  [/^\/devices\/new$/, () => import("./views/device-edit")],
  [/^\/devices\/(\d+)$/, () => import("./views/device")],
  [/^\/devices\/(\d+)\/edit$/, () => import("./views/device-edit")],
  [/^\/changes$/, () => import("./views/changes")],
  [/^\/imports$/, () => import("./views/imports")],
];
const nowhere: Load = () => import("./views/nowhere");

/** Loads what a link leads to, before it is followed. */
export function prepare(path: string): void {
  void viewOf(path).load();
}

export function viewOf(path: string): { load: Load; id: number } {
  for (const [pattern, load] of VIEWS) {
    const found = pattern.exec(path);
    if (found) return { load, id: Number(found[1] ?? 0) };
  }
  return { load: nowhere, id: 0 };
}
