/** One device: what it is, its interfaces with their addresses, and what was done to it. */

import { useRef, useState } from "preact/hooks";
import { call, get, type Problem } from "../api";
import { ChangeList } from "../change-list";
import { asProblem, useGrowing, useLoaded } from "../data";
import { moment, text, words } from "../format";
import type { Change, Device, Interface, IpAddress, Page } from "../model";
import { Card, Failure, Heading, Loading, Status } from "../parts";
import { go, Link } from "../router";
import { mayWrite } from "../session";
import type { ViewProps } from "../views";

const INTERFACES = 50;
const CHANGES = 10;

export default function DeviceView({ id }: ViewProps) {
  const loaded = useLoaded(`device ${id}`, (signal) => get<Device>(`/devices/${id}`, {}, signal));
  if (loaded.problem?.status === 404) {
    return (
      <>
        <Heading title="Not found">There is no such device</Heading>
        <p>
          It was deleted, or it is not yours to see. <Link to="/devices">All devices</Link>
        </p>
      </>
    );
  }
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  if (!loaded.data) return <Loading />;
  const device = loaded.data;
  return (
    <>
      <p class="quiet">
        <Link to="/devices">Devices</Link> /{" "}
        <Link to={`/devices?site_id=${device.site_id}`}>{device.site}</Link>
      </p>
      <div class="top">
        <Heading title={device.name}>
          {device.name} <Status value={device.status} />
        </Heading>
        {mayWrite() && <Actions device={device} />}
      </div>
      <div class="cards">
        <Card title="Facts">
          <Facts device={device} />
          <p>
            <a href={`/ui/devices/${id}`}>Sheet to print</a>
          </p>
        </Card>
        <Card title="Interfaces" wide>
          <Interfaces id={id} />
        </Card>
        <Card title="Changes" wide>
          <Changes id={id} />
        </Card>
      </div>
    </>
  );
}

function Facts({ device }: { device: Device }) {
  const names = ["serial", "asset_tag", "role", "device_type", "tenant", "site", "rack"] as const;
  return (
    <dl>
      {names.map((name) => (
        <div key={name}>
          <dt>{words(name)}</dt>
          <dd>{text(device[name])}</dd>
        </div>
      ))}
      <div>
        <dt>tags</dt>
        <dd>
          {device.tags.length
            ? device.tags.map((tag) => (
                <span class="tag" key={tag}>
                  {tag}
                </span>
              ))
            : "–"}
        </dd>
      </div>
      <div>
        <dt>comments</dt>
        <dd class="lines">{text(device.comments)}</dd>
      </div>
      <div>
        <dt>created</dt>
        <dd>{moment(device.created_at)}</dd>
      </div>
      <div>
        <dt>changed</dt>
        <dd>{moment(device.updated_at)}</dd>
      </div>
    </dl>
  );
}

function Interfaces({ id }: { id: number }) {
  const list = useGrowing<Interface>("/interfaces", { device_id: id, sort: "name" }, INTERFACES);
  if (list.problem) return <Failure problem={list.problem} again={list.grow} />;
  if (!list.items.length) return list.loading ? <Loading /> : <p>It has no interfaces.</p>;
  return (
    <>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Type</th>
              <th>MAC</th>
              <th>Addresses</th>
            </tr>
          </thead>
          <tbody>
            {list.items.map((one) => (
              <tr key={one.id}>
                <td title={one.description}>
                  {one.name} {!one.enabled && <span class="quiet">disabled</span>}
                </td>
                <td>{one.type}</td>
                <td>{text(one.mac)}</td>
                <td>
                  <Addresses id={one.id} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {list.more && (
        <button type="button" onClick={list.grow}>
          More interfaces
        </button>
      )}
    </>
  );
}

function Addresses({ id }: { id: number }) {
  const loaded = useLoaded(`addresses ${id}`, (signal) =>
    get<Page<IpAddress>>("/ip-addresses", { interface_id: id, limit: 20 }, signal),
  );
  if (loaded.problem) return <span class="wrong">{loaded.problem.message}</span>;
  if (!loaded.data) return <span class="quiet">…</span>;
  const { items, next } = loaded.data;
  if (!items.length) return <>–</>;
  return (
    <>
      {items.map((one) => (
        <div key={one.id} title={one.dns_name}>
          {one.address} {one.status !== "active" && <span class="quiet">{one.status}</span>}
        </div>
      ))}
      {next && <div class="quiet">and more</div>}
    </>
  );
}

function Changes({ id }: { id: number }) {
  const of = { object_type: "devices", object_id: id };
  const list = useGrowing<Change>("/changes", of, CHANGES);
  if (list.problem) return <Failure problem={list.problem} again={list.grow} />;
  if (!list.items.length && list.loading) return <Loading />;
  return (
    <>
      <ChangeList changes={list.items} />
      {list.more && (
        <button type="button" onClick={list.grow}>
          Older changes
        </button>
      )}
    </>
  );
}

function Actions({ device }: { device: Device }) {
  const question = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const remove = async () => {
    question.current?.close();
    try {
      await call("DELETE", `/devices/${device.id}`);
      go("/devices", { replace: true });
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <div class="actions">
        <Link class="button" to={`/devices/${device.id}/edit`}>
          Edit
        </Link>
        <button type="button" onClick={() => question.current?.showModal()}>
          Delete
        </button>
      </div>
      {problem && <Failure problem={problem} />}
      <dialog ref={question} aria-labelledby="question">
        <p id="question">
          Delete <b>{device.name}</b>? The change log keeps what it was.
        </p>
        <div class="actions">
          <button type="button" onClick={() => question.current?.close()}>
            Keep it
          </button>
          <button type="button" class="danger" onClick={() => void remove()}>
            Delete
          </button>
        </div>
      </dialog>
    </>
  );
}
