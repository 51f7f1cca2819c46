import { plainBehaviour } from "./planning/plain-behaviour";
import type { ProviderBehaviour } from "./planning/provider-behaviour";
import { fingerprint } from "./planning/numbering";
import { mergedShape, type BodyShape } from "./configuration/module-facts";
import type { UsedProvider } from "./configuration/used-providers";
import type { Block, Mode } from "./schema/schema";

/**
 * A provider of which no schema is known: it accepts what the configuration writes and what other resources read from
 * it, so that the rest of the directory can be planned.
 *
 * @param text every configuration file, in which references such as `helm_release.app.status` are looked up
 */
export function unknownProvider(used: UsedProvider, text: string): ProviderBehaviour {
  const types = (mode: Mode) => {
    const shapes = new Map<string, BodyShape>();
    for (const resource of used.resources) {
      if (resource.mode !== mode) continue;
      const known = shapes.get(resource.type);
      shapes.set(resource.type, known ? mergedShape(known, resource.body) : resource.body);
    }
    return new Map([...shapes].map(([type, shape]) => [type, block(shape, referenced(type, text))]));
  };
  const schema = { provider: block(used.configuration, []), resource: types("resource"), data: types("data") };
  return {
    ...plainBehaviour(used.address, schema),
    predict: (type, planned) => {
      const number = fingerprint(type + JSON.stringify(planned), 40);
      return {
        values: { id: ['"string"', number.slice(0, 20)].map((it, at) => (at ? it : Buffer.from(it))) },
        fingerprint: number,
      };
    },
  };
}

function referenced(type: string, text: string): string[] {
  const reference = new RegExp(`\\b${type}\\.\\w+(?:\\[[^\\]]*\\])?\\.(\\w+)`, "g");
  return [...text.matchAll(reference)].map((it) => it[1] as string);
}

function block(shape: BodyShape, alsoRead: readonly string[]): Block {
  const names = new Set([...shape.attributes, ...alsoRead, ...(alsoRead.length ? ["id"] : [])]);
  for (const name of Object.keys(shape.blocks)) names.delete(name);
  return {
    attributes: Object.fromEntries(
      [...names].map((name) => [name, { type: "dynamic", optional: true, computed: true }]),
    ),
    blocks: Object.fromEntries(
      Object.entries(shape.blocks).map(([name, inner]) => [name, { nesting: "list", block: block(inner, []) }]),
    ),
  };
}
