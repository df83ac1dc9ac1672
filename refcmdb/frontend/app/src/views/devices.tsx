/** All devices that the person may see: searched, filtered, sorted. */

import { useEffect, useState } from "preact/hooks";
import { useGrowing } from "../data";
import { count, moment } from "../format";
import { type Device, ROLES, STATUSES } from "../model";
import { Failure, Heading, Status } from "../parts";
import { go, Link, type Place, withQuery } from "../router";
import { Rows } from "../rows";
import { mayWrite } from "../session";
import { prepare, type ViewProps } from "../views";

const FILTERS = ["q", "status", "role", "site_id", "device_type_id"];
const AT_ONCE = 200;
const NARROW = matchMedia("(max-width: 45rem)");
const COLUMNS: [string, string][] = [
  ["Name", "name"],
  ["Status", ""],
  ["Role", ""],
  ["Serial", "serial"],
  ["Site", ""],
  ["Type", ""],
  ["Changed", "updated_at"],
];

export default function Devices({ place }: ViewProps) {
  const narrow = useNarrow();
  const sort = place.query.get("sort") ?? "name";
  const query: Record<string, string> = { sort };
  for (const name of FILTERS) query[name] = place.query.get(name) ?? "";
  const list = useGrowing<Device>("/devices", query, AT_ONCE, true);
  useEffect(() => prepare("/devices/1"), []);
  return (
    <div class="devices">
      <div class="top">
        <Heading title="Devices">Devices</Heading>
        <Filters place={place} site={list.items[0]?.site} />
        {mayWrite() && (
          <Link class="button" to="/devices/new">
            New device
          </Link>
        )}
      </div>
      {list.problem && <Failure problem={list.problem} again={list.grow} />}
      <Rows
        items={list.items}
        height={narrow ? 60 : 36}
        label="Devices"
        list={JSON.stringify(query)}
        head={<Head place={place} sort={sort} />}
        idOf={(device) => device.id}
        row={(device) => <Row device={device} />}
        onOpen={(device) => go(`/devices/${device.id}`)}
        onNearEnd={list.grow}
      />
      <p class="quiet" aria-live="polite">
        {list.loading ? "Loading…" : tally(list.items.length, list.more)}
      </p>
    </div>
  );
}

function tally(known: number, more: boolean): string {
  if (!known) return "No device matches. Take a filter off, or search for less.";
  return more ? `${count(known)} devices loaded, more below` : `${count(known)} devices`;
}

function Head({ place, sort }: { place: Place; sort: string }) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: its buttons are
    <div class="row head" role="row" aria-rowindex={1}>
      {COLUMNS.map(([label, key]) => {
        const up = sort === key;
        const down = sort === `-${key}`;
        const order = up ? "ascending" : down ? "descending" : "none";
        return (
          // biome-ignore lint/a11y/useFocusableInteractive: its button is
          <span key={label} role="columnheader" aria-sort={key ? order : undefined}>
            {key ? (
              <button
                type="button"
                onClick={() =>
                  go(withQuery(place, { sort: up ? `-${key}` : key }), { replace: true })
                }
              >
                {label} {up ? "▲" : down ? "▼" : ""}
              </button>
            ) : (
              label
            )}
          </span>
        );
      })}
    </div>
  );
}

function Row({ device }: { device: Device }) {
  const cells = [
    <Link key="name" to={`/devices/${device.id}`} tabIndex={-1}>
      {device.name}
    </Link>,
    <Status key="status" value={device.status} />,
    device.role,
    device.serial,
    device.site,
    device.device_type,
    moment(device.updated_at),
  ];
  return cells.map((cell, column) => (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus
    <span
      key={COLUMNS[column]?.[0]}
      role="gridcell"
      class={`cell-${COLUMNS[column]?.[0].toLowerCase()}`}
    >
      {cell}
    </span>
  ));
}

function Filters({ place, site }: { place: Place; site: string | undefined }) {
  const choose = (name: string) => (event: { currentTarget: HTMLSelectElement }) =>
    go(withQuery(place, { [name]: event.currentTarget.value }), { replace: true });
  const choices: [string, readonly string[]][] = [
    ["status", STATUSES],
    ["role", ROLES],
  ];
  return (
    <div class="filters">
      {choices.map(([name, values]) => (
        <label key={name}>
          {name === "status" ? "Status" : "Role"}{" "}
          <select value={place.query.get(name) ?? ""} onChange={choose(name)}>
            <option value="">all</option>
            {values.map((value) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        </label>
      ))}
      {place.query.get("site_id") && (
        <button
          type="button"
          class="chip"
          onClick={() => go(withQuery(place, { site_id: "" }), { replace: true })}
        >
          Site {site ?? place.query.get("site_id")} <span aria-hidden="true">×</span>
          <span class="unseen">: take this filter off</span>
        </button>
      )}
    </div>
  );
}

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(NARROW.matches);
  useEffect(() => {
    const update = () => setNarrow(NARROW.matches);
    NARROW.addEventListener("change", update);
    return () => NARROW.removeEventListener("change", update);
  }, []);
  return narrow;
}
