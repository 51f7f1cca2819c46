import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** State files, tags and the name to deploy are made of it. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Characters of a name, so that what is made of it fits wherever it is shown. */
const LONGEST_NAME = 32;

/** A copied example. */
export interface CopiedExample {
  readonly folder: string;
  /** Its README's commands: how to see it without AWS, and how to deploy it. */
  readonly commands: readonly string[];
}

/**
 * Copies an example beside the others and gives its stacks the copy's name, so that both can be deployed.
 *
 * @param examples folder of the examples
 * @param from name of an example
 * @param name of the copy
 * @throws Error when there is no such example, or the name is none or taken; nothing is left then
 */
export function copyExample(examples: string, from: string, name: string): CopiedExample {
  const known = readdirSync(examples).filter((one) => existsSync(join(examples, one, "README.md")));
  if (!known.includes(from))
    throw new Error(`example: no such example, got '${from}'; copy one of ${known.join(", ")}`);
  if (!NAME.test(name) || name.length > LONGEST_NAME) {
    const allowed = `lower-case letters, digits and single hyphens, at most ${String(LONGEST_NAME)} of them`;
    throw new Error(`example: not a name, got '${name}'; write ${allowed}, a letter first`);
  }
  const folder = join(examples, name);
  if (existsSync(folder)) {
    throw new Error(
      `example: the copy must be new, got '${name}', which exists; choose another name, or remove ${folder}`,
    );
  }
  try {
    cpSync(join(examples, from), folder, { recursive: true });
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = join(folder, file);
      if (statSync(path).isFile()) writeFileSync(path, renamed(file, readFileSync(path, "utf8"), from, name));
    }
    return { folder, commands: commandsOf(readFileSync(join(folder, "README.md"), "utf8")) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Whatever carries the example's name: stacks, state files, paths, commands. Neither modules of that name nor prose do. */
function renamed(file: string, text: string, from: string, name: string): string {
  const inCode = (code: string): string => code.replaceAll(new RegExp(`(?<![\\w/-])${from}(?!\\w)`, "g"), name);
  const named = file.endsWith(".md") ? text.replaceAll(/^```sh\n.*?^```$/gms, inCode) : inCode(text);
  return named.replaceAll(new RegExp(`(?<=(?:examples|cdktf\\.out/stacks)/)${from}(?!\\w)`, "g"), name);
}

/** Those of a README up to its last chapter, which removes everything. */
function commandsOf(readme: string): readonly string[] {
  const [before = ""] = readme.split("\n## Tear it down");
  return [...before.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) => block.trimEnd().split("\n"));
}
