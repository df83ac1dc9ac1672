/** Entries of the change log, each with what became of which field. */

import { moment, text, words } from "./format";
import type { Change } from "./model";
import { Link } from "./router";

const DONE: Record<string, string> = {
  create: "created",
  update: "changed",
  delete: "deleted",
  reveal: "revealed a secret of",
  silence: "silenced",
  acknowledge: "acknowledged",
};

export function ChangeList({ changes }: { changes: readonly Change[] }) {
  if (!changes.length) return <p>Nothing has changed yet.</p>;
  return (
    <ul class="plain changes">
      {changes.map((change) => (
        <li key={change.id}>
          <details>
            <summary>
              <b>{change.user}</b> {DONE[change.action] ?? change.action}{" "}
              {words(change.object_type).replace(/s$/, "")} <b>{nameOf(change)}</b>{" "}
              <small>
                <time dateTime={change.time}>{moment(change.time)}</time>
              </small>
            </summary>
            <Differences change={change} />
          </details>
        </li>
      ))}
    </ul>
  );
}

function nameOf(change: Change): string {
  const item = change.after ?? change.before ?? {};
  return text(item.name ?? item.address ?? item.prefix ?? item.model ?? `#${change.object_id}`);
}

function Differences({ change }: { change: Change }) {
  const before = change.before ?? {};
  const after = change.after ?? {};
  const fields = Object.keys({ ...before, ...after }).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const there = change.object_type === "devices" && change.action !== "delete";
  return (
    <>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Field</th>
              <th>Before</th>
              <th>After</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((name) => (
              <tr key={name}>
                <td>{name.replaceAll("_", " ")}</td>
                <td>{text(before[name])}</td>
                <td>{text(after[name])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        {there && <Link to={`/devices/${change.object_id}`}>The device as it is now</Link>} Request{" "}
        <code>{change.request_id}</code>
      </p>
    </>
  );
}
