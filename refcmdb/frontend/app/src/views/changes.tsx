/** The change log, newest first. */

import { ChangeList } from "../change-list";
import { useGrowing } from "../data";
import { words } from "../format";
import type { Change } from "../model";
import { Card, Failure, Heading } from "../parts";
import { go, withQuery } from "../router";
import type { ViewProps } from "../views";

const TYPES = [
  ...["devices", "interfaces", "ip_addresses", "sites", "racks", "prefixes", "vlans", "tags"],
  ...["attachments", "credentials", "webhooks", "config_templates", "device_types", "tenants"],
  "alerts",
];
const ACTIONS = ["create", "update", "delete", "reveal", "silence", "acknowledge"];
const AT_ONCE = 50;

export default function Changes({ place }: ViewProps) {
  const names = ["object_type", "action", "object_id"];
  const query = Object.fromEntries(names.map((name) => [name, place.query.get(name) ?? ""]));
  const list = useGrowing<Change>("/changes", query, AT_ONCE);
  const choose = (name: string) => (event: { currentTarget: HTMLSelectElement }) =>
    go(withQuery(place, { [name]: event.currentTarget.value, object_id: "" }), { replace: true });
  return (
    <>
      <div class="top">
        <Heading title="Change log">Change log</Heading>
        <div class="filters">
          <label>
            Kind{" "}
            <select value={query.object_type} onChange={choose("object_type")}>
              <option value="">all</option>
              {TYPES.map((type) => (
                <option key={type} value={type}>
                  {words(type)}
                </option>
              ))}
            </select>
          </label>
          <label>
            Action{" "}
            <select value={query.action} onChange={choose("action")}>
              <option value="">all</option>
              {ACTIONS.map((action) => (
                <option key={action}>{action}</option>
              ))}
            </select>
          </label>
        </div>
      </div>
      {list.problem && <Failure problem={list.problem} again={list.grow} />}
      {!(list.loading && !list.items.length) && (
        <Card title="Entries">
          <ChangeList changes={list.items} />
        </Card>
      )}
      <p aria-live="polite">{list.loading ? "Loading…" : ""}</p>
      {list.more && !list.loading && (
        <button type="button" onClick={list.grow}>
          Older changes
        </button>
      )}
    </>
  );
}
