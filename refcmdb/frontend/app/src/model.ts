/** What the API answers, as far as the application shows it (`/api/v1/openapi.json` has it all). */

export const STATUSES = ["planned", "staged", "active", "offline", "retired"] as const;
export const ROLES = ["access", "distribution", "core", "firewall", "router", "server"] as const;

export interface Device {
  id: number;
  tenant_id: number;
  tenant: string;
  site_id: number;
  site: string;
  rack_id: number | null;
  rack: string | null;
  device_type_id: number;
  device_type: string;
  name: string;
  serial: string;
  asset_tag: string | null;
  status: string;
  role: string;
  comments: string;
  created_at: string;
  updated_at: string;
  tags: string[];
}

export interface Interface {
  id: number;
  name: string;
  type: string;
  mac: string | null;
  enabled: boolean;
  mtu: number | null;
  description: string;
}

export interface IpAddress {
  id: number;
  address: string;
  status: string;
  dns_name: string;
}

export interface Change {
  id: number;
  tenant: string | null;
  object_type: string;
  object_id: number;
  action: string;
  user: string;
  request_id: string;
  time: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface Site {
  id: number;
  name: string;
  region: string;
  status: string;
}

export interface SiteSummary {
  racks: number;
  devices: number;
  vlans: number;
  prefixes: number;
}

export interface Rack {
  id: number;
  name: string;
}

export interface DeviceType {
  id: number;
  manufacturer: string;
  model: string;
}

export interface Tag {
  id: number;
  name: string;
}

export interface Health {
  status: string;
  version: string;
  database: string;
  cache: string;
}

/** One page of a list; `next` leads to the following one. */
export interface Page<T> {
  items: T[];
  next: string | null;
}
