/** Name, ways to go, search, and who is here. */

import { useEffect, useRef, useState } from "preact/hooks";
import icon from "./icon.svg";
import { go, Link, usePlace, withQuery } from "./router";
import { logOut, mayWrite, session } from "./session";
import { setTheme, THEMES, type Theme, theme } from "./theme";
import { prepare } from "./views";

const SHORTEST_SEARCH = 3;
const TYPING_MS = 200;

export function Header({ version }: { version: string }) {
  const { path } = usePlace();
  const ways: [string, string][] = [
    ["/", "Dashboard"],
    ["/devices", "Devices"],
    ["/changes", "Change log"],
  ];
  if (mayWrite()) ways.push(["/imports", "Import"]);
  return (
    <header>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Link class="brand" to="/" title={`refcmdb ${version}`}>
        <img src={icon} alt="" width="24" height="24" />
        refcmdb
      </Link>
      <nav aria-label="Main">
        {ways.map(([to, label]) => (
          <Link
            key={to}
            to={to}
            aria-current={isCurrent(to, path) ? "page" : undefined}
            onPointerEnter={() => prepare(to)}
            onFocus={() => prepare(to)}
          >
            {label}
          </Link>
        ))}
      </nav>
      <Search />
      <Person />
    </header>
  );
}

function isCurrent(to: string, path: string): boolean {
  return to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
}

function Search() {
  const place = usePlace();
  const onDevices = place.path === "/devices";
  const asked = onDevices ? (place.query.get("q") ?? "") : "";
  const [text, setText] = useState(asked);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef(0);
  useEffect(() => setText(asked), [asked]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const inField =
        event.target instanceof Element && event.target.closest("input, textarea, select");
      if (event.key !== "/" || inField || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      input.current?.select();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);

  const short = text.trim().length > 0 && text.trim().length < SHORTEST_SEARCH;
  const search = (q: string) => {
    clearTimeout(timer.current);
    if (q.length > 0 && q.length < SHORTEST_SEARCH) return;
    const base = onDevices ? place : { path: "/devices", query: new URLSearchParams() };
    if (q !== asked || !onDevices) go(withQuery(base, { q }), { replace: onDevices });
  };
  const typed = (value: string) => {
    setText(value);
    clearTimeout(timer.current);
    if (onDevices) timer.current = window.setTimeout(() => search(value.trim()), TYPING_MS);
  };
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          search(text.trim());
        }}
      >
        <input
          ref={input}
          type="search"
          aria-label="Search devices"
          aria-describedby="search-hint"
          placeholder="Search devices  ( / )"
          maxLength={100}
          value={text}
          onInput={(event) => typed(event.currentTarget.value)}
        />
        <span id="search-hint" class="hint" aria-live="polite">
          {short ? "At least three characters" : ""}
        </span>
      </form>
    </search>
  );
}

function Person() {
  const who = session();
  const [chosen, setChosen] = useState<Theme>(theme);
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent && event.key !== "Escape") return;
      const inside = event.target instanceof Node && menu.current?.contains(event.target);
      if (menu.current && !(event instanceof PointerEvent && inside)) menu.current.open = false;
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", close);
    };
  }, []);
  return (
    <details class="person" ref={menu}>
      <summary>{who?.user}</summary>
      <div class="menu">
        <p>
          {who?.role}
          {who?.tenant ? ` of ${who.tenant}` : ", all tenants"}
        </p>
        <label>
          Colours{" "}
          <select
            value={chosen}
            onChange={(event) => {
              const value = event.currentTarget.value as Theme;
              setTheme(value);
              setChosen(value);
            }}
          >
            {THEMES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => void logOut()}>
          Log out
        </button>
      </div>
    </details>
  );
}
