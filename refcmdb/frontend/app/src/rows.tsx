/** A long list of which only the rows in sight are in the page. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const SPARE = 8; // rows above and below those in sight
const AHEAD = 100; // rows before the end at which more is asked for

/** Where the list was that was left last. */
let left = { list: "", top: 0, chosen: 0 };

interface Props<T> {
  items: readonly T[];
  /** Of every row, in pixels. */
  height: number;
  label: string;
  /** The list starts again from its top when this changes. */
  list: string;
  head: ComponentChildren;
  row: (item: T) => ComponentChildren;
  idOf: (item: T) => number;
  onOpen: (item: T) => void;
  onNearEnd: () => void;
}

/** Arrow keys, Page Up and Down, Home and End choose a row, Enter opens it. */
export function Rows<T>(props: Props<T>) {
  const { items, height, list, onNearEnd } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [room, setRoom] = useState(600);
  const [chosen, setChosen] = useState(0);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setRoom(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    const before = left.list === list ? left : { top: 0, chosen: 0 };
    box.current?.scrollTo(0, before.top);
    setChosen(before.chosen);
  }, [list]);
  useEffect(() => {
    left = { list, top, chosen };
  }, [list, top, chosen]);

  const first = Math.max(0, Math.floor(top / height) - SPARE);
  const last = Math.min(items.length, Math.ceil((top + room) / height) + SPARE);
  useEffect(() => {
    if (last > items.length - AHEAD) onNearEnd();
  }, [last, items.length, onNearEnd]);

  const choose = (index: number) => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    setChosen(next);
    const element = box.current;
    const seen = room - height; // the head covers the first row
    if (!element) return;
    if (next * height < element.scrollTop) element.scrollTop = next * height;
    else if ((next + 1) * height > element.scrollTop + seen)
      element.scrollTop = (next + 1) * height - seen;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(room / height) - 2);
    const moves: Record<string, number> = {
      ArrowDown: chosen + 1,
      ArrowUp: chosen - 1,
      PageDown: chosen + page,
      PageUp: chosen - page,
      Home: 0,
      End: items.length - 1,
    };
    const move = moves[event.key];
    const item = items[chosen];
    if (event.target !== box.current || event.ctrlKey || event.metaKey || event.altKey) return;
    if (move !== undefined) choose(move);
    else if (event.key === "Enter" && item) props.onOpen(item);
    else return;
    event.preventDefault();
  };
  const active = items[chosen];
  return (
    <div
      class="rows"
      role="grid"
      tabIndex={0}
      ref={box}
      aria-label={props.label}
      aria-rowcount={-1}
      aria-activedescendant={active ? `row-${props.idOf(active)}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      {props.head}
      <div class="all" role="rowgroup" style={{ height: `${items.length * height}px` }}>
        {items.slice(first, last).map((item, offset) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
          <div
            key={props.idOf(item)}
            id={`row-${props.idOf(item)}`}
            class={first + offset === chosen ? "row chosen" : "row"}
            role="row"
            aria-rowindex={first + offset + 2}
            aria-selected={first + offset === chosen}
            style={{
              height: `${height}px`,
              transform: `translateY(${(first + offset) * height}px)`,
            }}
            onClick={(event) => {
              const link = event.target instanceof Element && event.target.closest("a");
              if (!link && !getSelection()?.toString()) props.onOpen(item);
            }}
          >
            {props.row(item)}
          </div>
        ))}
      </div>
    </div>
  );
}
