/** What views show, from the API: one answer, or a list that grows page by page. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, Problem, type Query, writes } from "./api";
import type { Page } from "./model";
import { onSession, session } from "./session";

export interface Loaded<T> {
  data: T | undefined;
  problem: Problem | undefined;
  reload: () => void;
}

/** The answer of `load`, anew when `key` changes or somebody logs in. */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key?: string; data?: T; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  const reload = useCallback(() => setRound((number) => number + 1), []);
  useEffect(() => onSession(() => session() && reload()), [reload]);
  useEffect(() => {
    const control = new AbortController();
    latest
      .current(control.signal)
      .then((data) => setState({ key, data }))
      .catch((error: unknown) => {
        if (!control.signal.aborted) setState({ key, problem: asProblem(error) });
      });
    return () => control.abort();
  }, [key, round]);
  const current = state.key === key ? state : {};
  return { data: current.data, problem: current.problem, reload };
}

export interface Growing<T> {
  items: readonly T[];
  /** Whether there is more below. */
  more: boolean;
  loading: boolean;
  problem: Problem | undefined;
  grow: () => void;
}

interface State<T> {
  key: string;
  items: T[];
  next: string | null;
  loading: boolean;
  problem?: Problem;
}

let left: { state: State<unknown>; writes: number } | undefined;

/** The list with this key as it was left, unless something was written since. */
function recalled<T>(key: string): State<T> | undefined {
  const known = left?.state.key === key && left.writes === writes();
  return known ? (left?.state as State<T>) : undefined;
}

/**
 * A list in pages of `limit`, from the start when the path or the query changes. One that is
 * `kept` is there again when somebody comes back to it.
 */
export function useGrowing<T>(
  path: string,
  query: Query,
  limit: number,
  kept = false,
): Growing<T> {
  const key = JSON.stringify([path, query]);
  const [state, setState] = useState<State<T>>(
    () => (kept && recalled<T>(key)) || { key, items: [], next: null, loading: true },
  );
  const newest = useRef(state);
  const control = useRef(new AbortController());

  const show = useCallback((next: State<T>) => {
    newest.current = next;
    setState(next);
  }, []);

  const read = useCallback(
    async (cursor: string | null) => {
      const before = cursor ? newest.current.items : [];
      const { signal } = control.current;
      try {
        const [place, wanted] = JSON.parse(key) as [string, Query];
        const asked = { ...wanted, limit, cursor: cursor ?? undefined };
        const page = await get<Page<T>>(place, asked, signal);
        show({ key, items: before.concat(page.items), next: page.next, loading: false });
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        show({ key, items: before, next: cursor, loading: false, problem });
      }
    },
    [key, limit, show],
  );

  useEffect(() => {
    const start = () => {
      control.current.abort();
      control.current = new AbortController();
      show({ ...newest.current, key, loading: true });
      void read(null);
    };
    if (newest.current.key !== key || newest.current.loading) start();
    const stop = onSession(() => session() && start());
    return () => {
      stop();
      control.current.abort();
      const { loading, problem } = newest.current;
      if (kept && !loading && !problem) left = { state: newest.current, writes: writes() };
    };
  }, [key, read, show, kept]);

  const grow = useCallback(() => {
    const { next, loading, problem } = newest.current;
    if (loading || (!next && !problem)) return;
    show({ ...newest.current, loading: true });
    void read(next);
  }, [read, show]);

  const { items, next, loading, problem } = state;
  return { items, more: next !== null, loading, problem, grow };
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, String(error));
}
