/** What somebody else changed while a device was being edited, and what comes of it. */

import { useEffect, useRef } from "preact/hooks";
import { text, words } from "./format";
import type { Device } from "./model";

export type Fields = Record<string, unknown>;

interface ConflictProps {
  /** As it was when the form was opened. */
  before: Device;
  now: Device;
  form: HTMLFormElement;
  /** What the form says. */
  fields: Fields;
  takeTheirs: () => void;
}

export function Conflict({ before, now, form, fields, takeTheirs }: ConflictProps) {
  const mine = new Set(changed(before, fields, fields));
  const touched = new Set([...changed(before, now, fields), ...mine]);
  const message = useRef<HTMLDivElement>(null);
  // The button that was pressed is far below.
  useEffect(() => message.current?.scrollIntoView({ block: "center" }), [now]);
  return (
    <div class="failure" role="alert" ref={message}>
      <p>
        Somebody else has changed this device since you opened it. Nothing is saved yet, and what
        you wrote is still here.
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Field</th>
              <th>When you began</th>
              <th>Now</th>
              <th>When you save</th>
            </tr>
          </thead>
          <tbody>
            {[...touched].map((name) => (
              <tr key={name}>
                <td>{words(name)}</td>
                <td>{shown(before, name)}</td>
                <td>{shown(now, name)}</td>
                <td>{mine.has(name) ? written(form, fields, name) : shown(now, name)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <button type="button" onClick={takeTheirs}>
        Drop mine
      </button>
    </div>
  );
}

/** Those of the `fields` in which two states of a device differ. */
export function changed(before: object, after: object, fields: Fields): string[] {
  const [one, other] = [before as Fields, after as Fields];
  return Object.keys(fields).filter((name) => plain(one[name]) !== plain(other[name]));
}

function plain(value: unknown): string {
  return JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
}

/** A field of a device, a reference by its name. */
function shown(device: Device, name: string): string {
  return text((device as unknown as Fields)[name.replace(/_id$/, "")]);
}

function written(form: HTMLFormElement, fields: Fields, name: string): string {
  const field = form.elements.namedItem(name);
  return text(field instanceof HTMLSelectElement ? field.selectedOptions[0]?.text : fields[name]);
}
