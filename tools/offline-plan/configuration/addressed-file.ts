import { hclBody } from "./hcl-body";
import type { ConfigurationFile } from "./module-facts";

/**
 * An argument that every resource gets in the working copy of a resolved plan: its own address.
 *
 * A provider is never told which resource it plans. Two route tables written alike would get their ids in the order in
 * which Terraform happens to ask, another one in every run; with this they differ. It is taken out of what is returned.
 * (An override file would be simpler, but Terraform accepts misspelt arguments in resources that it merges.)
 */
export const ADDRESS = "offline_plan_address";

/** A file whose resources have their addresses. */
export interface AddressedFile {
  readonly text: string;
  /** The line of the file as it was, for a line of this one; both counted from 1. */
  readonly originalLine: (line: number) => number;
}

/** @param file without blocks that reach out */
export function addressedFile(file: ConfigurationFile): AddressedFile {
  return file.name.endsWith(".json") ? addressedJson(file.text) : addressedHcl(file.text);
}

const INDEX = { count: "[${count.index}]", for_each: "[${each.key}]", once: "" };

const repeated = (names: object) => ("count" in names ? "count" : "for_each" in names ? "for_each" : "once");

/** One line more after the opening brace; a block on a single line becomes one on three. */
function addressedHcl(text: string): AddressedFile {
  const insertions = hclBody(text).blocks.flatMap((block) => {
    const [type, name] = block.labels;
    if (block.type !== "resource" || !type || !name || text[block.end - 1] !== "}") return [];
    const inside = text.indexOf("{", block.start) + 1;
    const onOneLine = !text.slice(block.start, block.end).includes("\n");
    const address = `\n${ADDRESS} = "${type}.${name}${INDEX[repeated(block.body.attributes)]}"`;
    const rest = text.slice(inside, block.end - 1).trim() ? "\n" : "";
    return onOneLine
      ? [
          { at: inside, text: address + rest },
          { at: block.end - 1, text: "\n" },
        ]
      : [{ at: inside, text: address }];
  });
  const inserted: number[] = [];
  let made = "";
  let from = 0;
  for (const insertion of insertions) {
    made += text.slice(from, insertion.at);
    const line = made.split("\n").length;
    for (let one = 1; one < insertion.text.split("\n").length; one++) inserted.push(line + one);
    made += insertion.text;
    from = insertion.at;
  }
  return {
    text: made + text.slice(from),
    originalLine: (line) => line - inserted.filter((it) => it <= line).length,
  };
}

/** Only a file that is laid out as CDKTF lays it out, so that lines keep their numbers. */
function addressedJson(text: string): AddressedFile {
  const originalLine = (line: number) => line;
  let root: { resource?: Record<string, Record<string, object>> };
  try {
    root = JSON.parse(text) as typeof root;
  } catch {
    return { text, originalLine };
  }
  if (JSON.stringify(root, null, 2).trim() !== text.trim()) return { text, originalLine };
  for (const [type, named] of Object.entries(root.resource ?? {}))
    for (const [name, resource] of Object.entries(named))
      if (!Array.isArray(resource) && Object.keys(resource).length)
        named[name] = { [ADDRESS]: `${type}.${name}${INDEX[repeated(resource)]}`, ...resource };
  const joined = JSON.stringify(root, null, 2).replace(new RegExp(`("${ADDRESS}": .*,)\\n\\s*`, "g"), "$1 ");
  return { text: joined, originalLine };
}
