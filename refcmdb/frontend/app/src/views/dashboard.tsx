/** What happened last, what is down, and what stands where. */

import type { ComponentChildren } from "preact";
import { get } from "../api";
import { ChangeList } from "../change-list";
import { useLoaded } from "../data";
import { count, moment } from "../format";
import type { Change, Device, Health, Page, Site, SiteSummary } from "../model";
import { Card, Failure, Heading, Loading, Status } from "../parts";
import { Link } from "../router";

const SHOWN = 8;
const SITES = 6;

export default function Dashboard() {
  return (
    <>
      <Heading title="Dashboard">Dashboard</Heading>
      <div class="cards">
        <Card title="Changed last">
          <Devices query={{ sort: "-updated_at" }} none="There are no devices yet." />
          <Link to="/devices?sort=-updated_at">All devices</Link>
        </Card>
        <Card title="Offline">
          <Devices query={{ status: "offline" }} none="No device is offline." />
          <Link to="/devices?status=offline">All that are offline</Link>
        </Card>
        <Card title="Latest changes">
          <LatestChanges />
          <Link to="/changes">Change log</Link>
        </Card>
        <Card title="Sites">
          <Sites />
        </Card>
        <Card title="System">
          <System />
        </Card>
      </div>
    </>
  );
}

function Devices({ query, none }: { query: Record<string, string>; none: string }) {
  const loaded = useLoaded(JSON.stringify(query), (signal) =>
    get<Page<Device>>("/devices", { ...query, limit: SHOWN }, signal),
  );
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  if (!loaded.data) return <Loading />;
  if (!loaded.data.items.length) return <p>{none}</p>;
  return (
    <ul class="plain">
      {loaded.data.items.map((device) => (
        <li key={device.id}>
          <Link to={`/devices/${device.id}`}>{device.name}</Link> <Status value={device.status} />
          <small>
            {device.site} · {moment(device.updated_at)}
          </small>
        </li>
      ))}
    </ul>
  );
}

function LatestChanges() {
  const loaded = useLoaded("changes", (signal) =>
    get<Page<Change>>("/changes", { limit: SHOWN }, signal),
  );
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  return loaded.data ? <ChangeList changes={loaded.data.items} /> : <Loading />;
}

function Sites() {
  const loaded = useLoaded("sites", async (signal) => {
    const sites = await get<Page<Site>>("/sites", { limit: SITES, sort: "name" }, signal);
    const counted = sites.items.map(async (site) => {
      const summary = await get<SiteSummary>(`/sites/${site.id}/summary`, {}, signal);
      return { ...site, ...summary };
    });
    return Promise.all(counted);
  });
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  if (!loaded.data) return <Loading />;
  return (
    <table>
      <caption class="quiet">The first {SITES} by name</caption>
      <thead>
        <tr>
          <th>Site</th>
          <Amount>Devices</Amount>
          <Amount>Racks</Amount>
          <Amount>VLANs</Amount>
        </tr>
      </thead>
      <tbody>
        {loaded.data.map((site) => (
          <tr key={site.id}>
            <td>
              <Link to={`/devices?site_id=${site.id}`}>{site.name}</Link>
            </td>
            <td class="number">{count(site.devices)}</td>
            <td class="number">{count(site.racks)}</td>
            <td class="number">{count(site.vlans)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Amount({ children }: { children: ComponentChildren }) {
  return <th class="number">{children}</th>;
}

function System() {
  const loaded = useLoaded("health", (signal) => get<Health>("/health", {}, signal));
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  if (!loaded.data) return <Loading />;
  const { version, database, cache } = loaded.data;
  return (
    <dl>
      <dt>Database</dt>
      <dd>{database}</dd>
      <dt>Cache</dt>
      <dd>{cache}</dd>
      <dt>Version</dt>
      <dd>{version}</dd>
    </dl>
  );
}
