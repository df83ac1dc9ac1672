/** A device to be changed or added; what is wrong stands at the field. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, everything, get, type Problem } from "../api";
import { asProblem, useLoaded } from "../data";
import { wordsOfError } from "../errors";
import type { Tag } from "../model";
import { type Device, type DeviceType, type Rack, ROLES, type Site, STATUSES } from "../model";
import { Failure, Heading, Loading } from "../parts";
import { go, Link } from "../router";
import type { ViewProps } from "../views";

interface Choices {
  device: Device | null;
  sites: Site[];
  types: DeviceType[];
  tags: Tag[];
}

type Fields = Record<string, unknown>;
type Errors = Record<string, string>;

const TEXTS: [name: string, label: string, longest: number, required: boolean][] = [
  ["name", "Name", 100, true],
  ["serial", "Serial", 50, true],
  ["asset_tag", "Asset tag", 50, false],
];

export default function DeviceEdit({ id }: ViewProps) {
  const loaded = useLoaded(`edit ${id}`, async (signal): Promise<Choices> => {
    const [device, sites, types, tags] = await Promise.all([
      id ? get<Device>(`/devices/${id}`, {}, signal) : null,
      everything<Site>("/sites", { sort: "name" }),
      everything<DeviceType>("/device-types", { sort: "manufacturer" }),
      everything<Tag>("/tags", { sort: "name" }),
    ]);
    return { device, sites, types, tags };
  });
  // A form that is shown stays as it is, whatever is loaded again.
  const first = useRef<Choices | undefined>(undefined);
  first.current ??= loaded.data;
  if (first.current) return <Form {...first.current} />;
  if (loaded.problem) return <Failure problem={loaded.problem} again={loaded.reload} />;
  return <Loading />;
}

function Form({ device, sites, types, tags }: Choices) {
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
      const saved = await send(device, fieldsOf(form.current));
      go(`/devices/${saved.id}`, { replace: device !== null });
    } catch (error) {
      const told = asProblem(error);
      const known = errorsOf(told, form.current);
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
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {problem && <Failure problem={problem} />}
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
            {busy ? "Saving…" : "Save"}
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

/** A new device, or one of which only what is different is sent. */
function send(device: Device | null, fields: Fields): Promise<Device> {
  if (!device) return call("POST", "/devices", { body: fields });
  const before = device as unknown as Fields;
  const body = Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => differs(value, before[name])),
  );
  return call("PATCH", `/devices/${device.id}`, { body });
}

function differs(one: unknown, other: unknown): boolean {
  const plain = (value: unknown) =>
    JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
  return plain(one) !== plain(other);
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
