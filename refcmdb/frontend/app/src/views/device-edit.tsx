/** A device to be changed or added; what is wrong stands at the field. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, everything, getTagged, type Problem, type Tagged } from "../api";
import { Conflict, changed, type Fields } from "../conflict";
import { asProblem, useLoaded } from "../data";
import { wordsOfError } from "../errors";
import type { Tag } from "../model";
import { type Device, type DeviceType, type Rack, ROLES, type Site, STATUSES } from "../model";
import { Failure, Heading, Loading } from "../parts";
import { go, Link } from "../router";
import type { ViewProps } from "../views";

interface Choices {
  found: Tagged<Device> | null;
  sites: Site[];
  types: DeviceType[];
  tags: Tag[];
}

type Errors = Record<string, string>;

const TEXTS: [name: string, label: string, longest: number, required: boolean][] = [
  ["name", "Name", 100, true],
  ["serial", "Serial", 50, true],
  ["asset_tag", "Asset tag", 50, false],
];

export default function DeviceEdit({ id }: ViewProps) {
  const loaded = useLoaded(`edit ${id}`, async (signal): Promise<Choices> => {
    const [found, sites, types, tags] = await Promise.all([
      id ? getTagged<Device>(`/devices/${id}`, signal) : null,
      everything<Site>("/sites", { sort: "name" }),
      everything<DeviceType>("/device-types", { sort: "manufacturer" }),
      everything<Tag>("/tags", { sort: "name" }),
    ]);
    return { found, sites, types, tags };
  });
  // A form that is shown stays as it is, whatever is loaded again.
  const first = useRef<Choices | undefined>(undefined);
  first.current ??= loaded.data;
  const [theirs, setTheirs] = useState<Tagged<Device>>();
  if (first.current) {
    const found = theirs ?? first.current.found;
    return <Form key={found?.tag} {...first.current} found={found} startAgain={setTheirs} />;
  }
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  return <Loading />;
}

interface FormProps extends Choices {
  /** Forget what was written, and begin with the device as it is now. */
  startAgain: (found: Tagged<Device>) => void;
}

function Form({ found, sites, types, tags, startAgain }: FormProps) {
  const device = found?.data ?? null;
  // As it is on the server, as far as the person here was told; older than that is not replaced.
  const [latest, setLatest] = useState(found);
  const [, setTyped] = useState(0);
  const [site, setSite] = useState(device?.site_id ?? 0);
  const [errors, setErrors] = useState<Errors>({});
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const back = device ? `/devices/${device.id}` : "/devices";
  const title = device ? `Edit ${device.name}` : "New device";

  useEffect(() => {
    const [wrong] = Object.keys(errors);
    const field = wrong ? form.current?.elements.namedItem(wrong) : null;
    if (field instanceof HTMLElement) field.focus();
  }, [errors]);

  const save = async () => {
    if (!form.current) return;
    const missing = unfilled(form.current);
    setErrors(missing);
    setProblem(undefined);
    if (Object.keys(missing).length) return;
    setBusy(true);
    try {
      const saved = await send(device, latest, fieldsOf(form.current));
      go(`/devices/${saved.id}`, { replace: device !== null });
    } catch (error) {
      if (error instanceof Overtaken) setLatest(error.by);
      const told = error instanceof Overtaken ? undefined : asProblem(error);
      const known = told ? errorsOf(told, form.current) : {};
      setErrors(known);
      setProblem(Object.keys(known).length ? undefined : told);
      setBusy(false);
    }
  };
  return (
    <>
      <Heading title={title}>{title}</Heading>
      <form
        class="card edit"
        ref={form}
        noValidate
        onInput={() => latest !== found && setTyped((times) => times + 1)}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {problem && <Failure problem={problem} />}
        {device && latest && latest !== found && form.current && (
          <Conflict
            before={device}
            now={latest.data}
            form={form.current}
            fields={fieldsOf(form.current)}
            takeTheirs={() => startAgain(latest)}
          />
        )}
        {TEXTS.map(([name, label, longest, required]) => (
          <Field key={name} name={name} label={label} error={errors[name]}>
            <input
              {...described(name, errors)}
              maxLength={longest}
              required={required}
              defaultValue={String(device?.[name as keyof Device] ?? "")}
            />
          </Field>
        ))}
        <Choice name="status" label="Status" errors={errors} value={device?.status ?? "active"}>
          {STATUSES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Choice>
        <Choice name="role" label="Role" errors={errors} value={device?.role ?? "access"}>
          {ROLES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Choice>
        <Choice
          name="device_type_id"
          label="Device type"
          errors={errors}
          value={device?.device_type_id ?? ""}
        >
          <option value="">Choose…</option>
          {types.map((type) => (
            <option key={type.id} value={type.id}>
              {type.manufacturer} {type.model}
            </option>
          ))}
        </Choice>
        <Choice
          name="site_id"
          label="Site"
          errors={errors}
          value={site || ""}
          onChoice={(value) => setSite(Number(value))}
        >
          <option value="">Choose…</option>
          {sites.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </Choice>
        <Racks key={site} site={site} device={device} errors={errors} />
        <fieldset>
          <legend>Tags</legend>
          {tags.map((tag) => (
            <label key={tag.id}>
              <input
                type="checkbox"
                name="tags"
                value={tag.name}
                defaultChecked={device?.tags.includes(tag.name) ?? false}
              />{" "}
              {tag.name}
            </label>
          ))}
        </fieldset>
        <Field name="comments" label="Comments" error={errors.comments}>
          <textarea
            {...described("comments", errors)}
            rows={4}
            maxLength={2000}
            defaultValue={device?.comments ?? ""}
          />
        </Field>
        <div class="actions">
          <button class="main" type="submit" disabled={busy}>
            {busy ? "Saving…" : latest === found ? "Save" : "Save all the same"}
          </button>
          <Link class="button" to={back}>
            Cancel
          </Link>
        </div>
      </form>
    </>
  );
}

/** The racks of a site, of which the device may be in one. */
function Racks(props: { site: number; device: Device | null; errors: Errors }) {
  const { site, device, errors } = props;
  const racks = useLoaded(`racks ${site}`, async () =>
    site ? everything<Rack>("/racks", { site_id: site, sort: "name" }) : [],
  );
  if (!racks.data) return <Loading />;
  const here = device && device.site_id === site ? (device.rack_id ?? "") : "";
  return (
    <Choice name="rack_id" label="Rack" errors={errors} value={here}>
      <option value="">none</option>
      {racks.data.map((rack) => (
        <option key={rack.id} value={rack.id}>
          {rack.name}
        </option>
      ))}
    </Choice>
  );
}

interface ChoiceProps {
  name: string;
  label: string;
  errors: Errors;
  value: string | number;
  children: ComponentChildren;
  onChoice?: (value: string) => void;
}

function Choice({ name, label, errors, value, children, onChoice }: ChoiceProps) {
  const [chosen, setChosen] = useState(String(value));
  return (
    <Field name={name} label={label} error={errors[name]}>
      <select
        {...described(name, errors)}
        value={chosen}
        required={name.endsWith("_id") && name !== "rack_id"}
        onChange={(event) => {
          setChosen(event.currentTarget.value);
          onChoice?.(event.currentTarget.value);
        }}
      >
        {children}
      </select>
    </Field>
  );
}

interface FieldProps {
  name: string;
  label: string;
  error: string | undefined;
  children: ComponentChildren;
}

function Field({ name, label, error, children }: FieldProps) {
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      {children}
      {error && (
        <p class="wrong" id={`wrong-${name}`}>
          {error}
        </p>
      )}
    </div>
  );
}

function described(name: string, errors: Errors) {
  const wrong = errors[name] !== undefined;
  return {
    id: `field-${name}`,
    name,
    "aria-invalid": wrong,
    ...(wrong && { "aria-describedby": `wrong-${name}` }),
  };
}

/** What the form says, as the API takes it. */
function fieldsOf(form: HTMLFormElement): Fields {
  const data = new FormData(form);
  const given = Object.fromEntries(data) as Record<string, string>;
  const number = (name: string) => (given[name] ? Number(given[name]) : null);
  return {
    ...given,
    asset_tag: given.asset_tag || null,
    comments: given.comments?.replaceAll("\r\n", "\n") ?? "",
    site_id: number("site_id"),
    rack_id: number("rack_id"),
    device_type_id: number("device_type_id"),
    tags: data.getAll("tags"),
  };
}

/** The fields that a browser knows to be empty and must not be. */
function unfilled(form: HTMLFormElement): Errors {
  const fields = [...form.elements].filter((one) => "validationMessage" in one);
  const wrong = fields as HTMLInputElement[];
  return Object.fromEntries(
    wrong.filter((one) => !one.validity.valid).map((one) => [one.name, one.validationMessage]),
  );
}

/** Somebody else was quicker. */
class Overtaken extends Error {
  constructor(readonly by: Tagged<Device>) {
    super("somebody else has changed it");
  }
}

/**
 * A new device, or one of which only what is different is sent. Throws Overtaken where fields are
 * not as they were `latest`.
 */
async function send(
  device: Device | null,
  latest: Tagged<Device> | null,
  fields: Fields,
): Promise<Device> {
  if (!device || !latest) return call("POST", "/devices", { body: fields });
  const path = `/devices/${device.id}`;
  const body = Object.fromEntries(
    changed(device, fields, fields).map((name) => [name, fields[name]]),
  );
  try {
    return await call("PATCH", path, { body, match: latest.tag });
  } catch (error) {
    if (asProblem(error).status !== 412) throw error;
  }
  const now = await getTagged<Device>(path);
  // The name of its site may have changed, or what nobody edits here.
  if (changed(latest.data, now.data, fields).length === 0) return send(device, now, fields);
  throw new Overtaken(now);
}

/** The errors of fields that the form has; a duplicate names its field in the detail. */
function errorsOf(problem: Problem, form: HTMLFormElement): Errors {
  const has = (name: string) => form.elements.namedItem(name) !== null;
  if (problem.status === 409) {
    const name = /with this (\w+)$/.exec(problem.message)?.[1] ?? "";
    return has(name) ? { [name]: problem.message } : {};
  }
  const named = problem.errors.map(({ field, message }) => [
    field.split(/[.[]/)[0] ?? "",
    message,
  ]);
  const known = named.filter(([name]) => has(name ?? ""));
  return Object.fromEntries(known.map(([name, message]) => [name, wordsOfError(message ?? "")]));
}
