import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../host/run-program";
import { writeFileAtomically } from "../host/write-file-atomically";
import type { BridgeConfiguration } from "./bridge-configuration";
import { SQUID_LISTS, squidLists } from "./squid-lists";

/** Written after the lists, when one of them has changed: what a unit watches that has Squid read them anew. */
export const SQUID_LISTS_REVISION = "revision";

/** Where the lists are, and who has Squid read them. */
export interface SquidListFilesOptions {
  readonly directory: string;
  /**
   * Program that has Squid read its lists anew.
   *
   * @default - a systemd path unit on the revision file, so that the bridge needs no right over Squid
   */
  readonly reloadProgram?: string;
}

/** Keeps Squid's list files as the configuration has them. */
export class SquidListFiles {
  constructor(private readonly options: SquidListFilesOptions) {}

  /**
   * Writes the lists that differ, and has Squid read them.
   *
   * @returns names of those that differed
   * @throws Error when one cannot be written or the reload program fails; the next call tries again
   */
  async write(configuration: BridgeConfiguration): Promise<string[]> {
    const lists = squidLists(configuration);
    const changed = SQUID_LISTS.filter((name) => this.read(name) !== lists[name]);
    for (const name of changed) this.replace(name, lists[name]);
    const digest = `${createHash("sha256").update(JSON.stringify(lists)).digest("hex")}\n`;
    if (this.read(SQUID_LISTS_REVISION) === digest) return changed;
    if (this.options.reloadProgram !== undefined) await runProgram([this.options.reloadProgram]);
    this.replace(SQUID_LISTS_REVISION, digest);
    return changed;
  }

  private read(name: string): string | undefined {
    try {
      return readFileSync(join(this.options.directory, name), "utf8");
    } catch {
      return undefined;
    }
  }

  private replace(name: string, text: string): void {
    writeFileAtomically(join(this.options.directory, name), text, 0o644);
  }
}
