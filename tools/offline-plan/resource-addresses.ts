import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigurationTree } from "./configuration/configuration-tree";
import type { Block, ProviderSchema } from "./schema/schema";

/**
 * An argument that every resource gets in the working copy of a resolved plan: its own address.
 *
 * A provider is never told which resource it plans. Two route tables written alike would get their ids in the order in
 * which Terraform happens to ask, another one in every run; with this they differ. It is taken out of what is returned.
 */
const ADDRESS = "offline_plan_address";

/** Merged into the resources of its directory. @see https://developer.hashicorp.com/terraform/language/files/override */
const OVERRIDE_FILE = "offline_plan_override.tf.json";

/** A schema whose resources accept their address. */
export function withAddresses(schema: ProviderSchema): ProviderSchema {
  const accepting = ({ attributes, blocks }: Block): Block => ({
    attributes: { ...attributes, [ADDRESS]: { type: "string", optional: true } },
    blocks,
  });
  return { ...schema, resource: new Map([...schema.resource].map(([type, block]) => [type, accepting(block)])) };
}

/** Gives every resource of the working copy its address. @returns what takes them away again */
export function writeAddresses(tree: ConfigurationTree, place: (path: string) => string): () => void {
  const written: string[] = [];
  for (const [directory, { facts }] of tree.modules) {
    const byType: Record<string, Record<string, object>> = {};
    for (const { mode, type, name, repeated } of facts.resources) {
      if (mode !== "resource") continue;
      const index = { count: "[${count.index}]", for_each: "[${each.key}]", once: "" }[repeated];
      (byType[type] ??= {})[name] = { [ADDRESS]: `${type}.${name}${index}` };
    }
    if (!Object.keys(byType).length) continue;
    const file = join(place(directory), OVERRIDE_FILE);
    writeFileSync(file, JSON.stringify({ resource: byType }));
    written.push(file);
  }
  return () => {
    written.forEach((file) => {
      rmSync(file);
    });
  };
}

/** Parses what Terraform shows, without the addresses. */
export function withoutAddresses(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => (key === ADDRESS ? undefined : value));
}
