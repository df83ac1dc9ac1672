/** Values as people read them. */

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const NUMBER = new Intl.NumberFormat();

export function moment(iso: string): string {
  return MOMENT.format(new Date(iso));
}

export function count(number: number): string {
  return NUMBER.format(number);
}

/** `device_type_id` as "device type". */
export function words(name: string): string {
  return name.replace(/_id$/, "").replaceAll("_", " ");
}

/** With a capital at its begin and a stop at its end. */
export function sentence(message: string): string {
  const stop = /[.!?]$/.test(message) ? "" : ".";
  return message.charAt(0).toUpperCase() + message.slice(1) + stop;
}

export function text(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.join(", ") || "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
