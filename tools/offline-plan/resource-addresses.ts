import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADDRESS, addressedFile } from "./configuration/addressed-file";
import type { ConfigurationTree } from "./configuration/configuration-tree";
import { withoutSideEffects } from "./configuration/without-side-effects";
import type { Block, ProviderSchema } from "./schema/schema";

/** A working copy whose resources have their addresses. */
export interface AddressedCopy {
  /** The user's line for one of the copy's. @param file absolute path of the original */
  readonly originalLine: (file: string, line: number) => number;
  /** Writes the copy as it was. */
  readonly takeAway: () => void;
}

/** A working copy as it is. */
export const NOT_ADDRESSED: AddressedCopy = { originalLine: (_file, line) => line, takeAway: () => undefined };

/** A schema whose resources accept their address. */
export function withAddresses(schema: ProviderSchema): ProviderSchema {
  const accepting = ({ attributes, blocks }: Block): Block => ({
    attributes: { ...attributes, [ADDRESS]: { type: "string", optional: true } },
    blocks,
  });
  return { ...schema, resource: new Map([...schema.resource].map(([type, block]) => [type, accepting(block)])) };
}

/** Gives every resource of the working copy its address. */
export function writeAddresses(tree: ConfigurationTree, place: (path: string) => string): AddressedCopy {
  const lines = new Map<string, (line: number) => number>();
  const plain = new Map<string, string>();
  for (const [directory, { files }] of tree.modules)
    for (const file of files) {
      const path = join(directory, file.name);
      const text = withoutSideEffects(file);
      const addressed = addressedFile({ name: file.name, text });
      if (addressed.text === text) continue;
      writeFileSync(place(path), addressed.text);
      lines.set(path, addressed.originalLine);
      plain.set(place(path), text);
    }
  return {
    originalLine: (file, line) => lines.get(file)?.(line) ?? line,
    takeAway: () => {
      for (const [path, text] of plain) writeFileSync(path, text);
    },
  };
}

/** Parses what Terraform shows, without the addresses. */
export function withoutAddresses(json: string): unknown {
  return JSON.parse(json, (key, value: unknown) => (key === ADDRESS ? undefined : value));
}
