import { readFileSync } from "node:fs";
import { writeFileAtomically } from "../host/write-file-atomically";

/** A value that outlives the process, in a file of its own. */
export class JsonFile<T extends object> {
  constructor(
    private readonly path: string,
    private readonly empty: T,
  ) {}

  /** @returns what was written last; the empty value when there is no file, or a damaged one */
  read(): T {
    try {
      return JSON.parse(readFileSync(this.path, "utf8")) as T;
    } catch {
      return this.empty;
    }
  }

  /** @throws Error when the file cannot be written */
  write(value: T): void {
    writeFileAtomically(this.path, `${JSON.stringify(value, undefined, 2)}\n`);
  }
}
