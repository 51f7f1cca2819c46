import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { writeModules } from "../../tools/build-modules/write-modules";
import { SAMPLE_SHA256 } from "../../tools/build-modules/sample/sample";
import { offlinePlan } from "../../tools/offline-plan/offline-plan";

/** What JSON.parse returns, or a part of a plan: tests ask it whatever they like. */
export type Loose = any;

/** Any file does as an archive: no plan reads it. */
export const ARCHIVE = { path: __filename, sha256: SAMPLE_SHA256 };

/** A directory with every module under `modules/`, and whatever else a test writes; gone afterwards. */
export async function withModules<T>(files: Record<string, string>, work: (root: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "modules-"));
  try {
    writeModules(join(root, "modules"), ARCHIVE);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return await work(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** A resource of a plan. */
export interface Planned {
  readonly address: string;
  readonly type: string;
  readonly after: Record<string, any>;
}

/** Every managed resource of a root module's resolved plan, by the module call that it is in. */
export async function planned(root: string): Promise<Map<string, Planned[]>> {
  const { plan } = await offlinePlan(root);
  const calls = new Map<string, Planned[]>();
  for (const { address, type, mode, change } of plan["resource_changes"] as any[]) {
    if (mode !== "managed") continue;
    const [, call = "", rest = ""] = /^module\.([\w-]+)\.(.*)$/s.exec(address) ?? [];
    calls.set(call, [...(calls.get(call) ?? []), { address: rest, type, after: change.after }]);
  }
  return calls;
}

/** What a value says, whatever ids were predicted for the resources around it: an id becomes its owner's path. */
export function canonical(value: unknown, owners: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") {
    const text = /^H4sI/.test(value) ? gunzipSync(Buffer.from(value, "base64")).toString() : value;
    const known = text.replaceAll(/[0-9a-f]{12,}/g, (id) => (id.length === 64 ? id : `<${owners.get(id) ?? "?"}>`));
    // A value of no known form, made up from the resource's address.
    if (/^[a-z]+(-[a-z]+)+-[0-9a-f]{8}$/.test(known)) return "<made up>";
    return /^\{/.test(known) ? sorted(JSON.parse(known)) : known;
  }
  if (Array.isArray(value)) {
    const entries = value.map((entry) => canonical(entry, owners));
    // A set of ids stands in the ids' order.
    return entries.every((entry) => typeof entry === "string" && entry.includes("<")) ? entries.sort() : entries;
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, canonical(entry, owners)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}

/** Owner of every predicted id, by the digits in it. */
export function ownersOf(resources: readonly (readonly [path: string, resource: Planned])[]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [path, { after }] of resources) {
    for (const own of ["id", "arn", "name", "primary_network_interface_id"]) {
      for (const [id] of String(after[own] ?? "").matchAll(/[0-9a-f]{12,}/g)) {
        if (!owners.has(id)) owners.set(id, `${path} ${own === "primary_network_interface_id" ? own : "id"}`);
      }
    }
  }
  return owners;
}
