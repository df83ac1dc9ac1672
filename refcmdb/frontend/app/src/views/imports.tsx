/** Devices from a spreadsheet or a list, addresses from a scan. */

import { useRef, useState } from "preact/hooks";
import { call, type Problem } from "../api";
import { portionsOf } from "../csv";
import { asProblem } from "../data";
import { wordsOfError } from "../errors";
import { count, sentence } from "../format";
import type { Device } from "../model";
import { Heading } from "../parts";
import { Link } from "../router";

const ROWS = 200; // in one request: few enough that the bar moves
const EXAMPLE =
  "name,serial,site,device_type,status,tags\nedge-7,SN0007,amer-00001,AR-1001,planned,edge;lab\n";
/** By how a file's name ends. */
const KINDS: Record<string, { type: string; what: string }> = {
  csv: { type: "text/csv", what: "devices" },
  yaml: { type: "application/yaml", what: "devices" },
  yml: { type: "application/yaml", what: "devices" },
  xml: { type: "application/xml", what: "addresses" },
};

interface State {
  name: string;
  what: string;
  done: number;
  /** Rows in all; 0 where a document goes in one piece. */
  all: number;
  over: boolean;
  first?: Device;
  note?: string;
  problem?: Problem;
  /** How many rows come before those that the problem counts. */
  before: number;
}

export default function Imports() {
  const [state, setState] = useState<State>();
  const stop = useRef(false);
  const input = useRef<HTMLInputElement>(null);
  const running = state !== undefined && !state.over;

  const take = async (file: File | undefined) => {
    if (!file || running) return;
    stop.current = false;
    const kind = KINDS[file.name.split(".").at(-1)?.toLowerCase() ?? ""];
    let now: State = {
      name: file.name,
      what: kind?.what ?? "",
      done: 0,
      all: 0,
      over: false,
      before: 0,
    };
    const show = (changes: Partial<State>) => {
      now = { ...now, ...changes };
      setState(now);
    };
    show({});
    try {
      if (!kind) show({ note: "Choose a file that ends in .csv, .yaml or .xml." });
      else if (kind.type === "text/csv") await rows(await file.text(), show, () => stop.current);
      else show(await whole(await file.text(), kind.type));
    } catch (error) {
      show({ problem: asProblem(error) });
    }
    show({ over: true });
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <Heading title="Import">Import</Heading>
      <div class="cards">
        <section class="card" aria-label="Choose a file">
          <h2>Choose a file</h2>
          <p>Devices as CSV or as a YAML list, or the XML report of a scan (nmap -oX).</p>
          <input
            ref={input}
            type="file"
            accept=".csv,.yaml,.yml,.xml"
            aria-label="File to import"
            disabled={running}
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
          <details>
            <summary>What a CSV file looks like</summary>
            <pre class="scroll">{EXAMPLE}</pre>
            <p>
              Also: rack, asset_tag, role, comments, and custom fields as <b>cf_</b> and their
              name, such as cf_owner. <b>site</b>, <b>device_type</b> and <b>tags</b> are names of
              what exists. Large files are imported {ROWS} rows at a time; of those, all or none.
            </p>
          </details>
        </section>
        {state && <Progress state={state} onStop={() => (stop.current = true)} />}
      </div>
    </>
  );
}

/** Portion by portion, so that one can see how far it is and stop between two. */
async function rows(
  document: string,
  show: (now: Partial<State>) => void,
  stopped: () => boolean,
) {
  const portions = portionsOf(document, ROWS);
  const all = portions.reduce((sum, portion) => sum + portion.rows, 0);
  show({ all });
  if (!all) show({ note: "There are no rows in it." });
  for (const { text, before, rows } of portions) {
    if (stopped()) return show({ note: "Stopped." });
    show({ before });
    const answer = await call<{ items: Device[] }>("POST", "/devices/import", {
      body: text,
      type: "text/csv",
    });
    const [first] = answer.items;
    show({ done: before + rows, ...(before === 0 && first && { first }) });
  }
}

async function whole(body: string, type: string): Promise<Partial<State>> {
  if (type === "application/xml") {
    const path = "/discovery/nmap";
    const answer = await call<{ hosts: unknown[]; created: unknown[] }>("POST", path, {
      body,
      type,
    });
    const note = `${count(answer.hosts.length)} hosts in the report, the others were known.`;
    return { done: answer.created.length, note };
  }
  const answer = await call<{ items: Device[] }>("POST", "/devices/import", { body, type });
  const [first] = answer.items;
  return { done: answer.items.length, ...(first && { first }) };
}

function Progress({ state, onStop }: { state: State; onStop: () => void }) {
  const { name, what, done, all, over, problem, note } = state;
  const known = all > 0 ? { value: done, max: all } : over ? { value: 1, max: 1 } : {};
  return (
    <section class="card" aria-label="Progress">
      <h2>{name}</h2>
      <progress {...known} aria-label="Progress of the import" />
      <p aria-live="polite">
        {count(done)} {all > 0 && `of ${count(all)} `}
        {what} imported{over ? "" : "…"} {note}
      </p>
      {!over && all > ROWS && (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      )}
      {problem && <Wrong problem={problem} before={state.before} rows={all > 0} />}
      {over && done > 0 && what === "devices" && (
        <p>
          <Link to="/devices?sort=-created_at">The new devices</Link>
        </p>
      )}
    </section>
  );
}

/** What is wrong, and in which row; rows count from 1 as people do, without the line of names. */
function Wrong({ problem, before, rows }: { problem: Problem; before: number; rows: boolean }) {
  return (
    <div class="failure" role="alert">
      <p>
        {sentence(problem.message)}
        {rows && ` Nothing was imported from row ${count(before + 1)} on.`}
      </p>
      <ul>
        {problem.errors.map(({ field, message }) => (
          <li key={field + message}>
            {place(field, before)} {wordsOfError(message)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function place(field: string, before: number): string {
  const found = /^\[(\d+)\]\.?(.*)$/.exec(field);
  if (!found) return field && `${field}:`;
  return `Row ${count(before + Number(found[1]) + 1)}${found[2] && `, ${found[2]}`}:`;
}
