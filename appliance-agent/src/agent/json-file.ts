import { readFileSync } from "node:fs";
import type { z } from "zod";
import { writeFileAtomically } from "../host/write-file-atomically";

/** Most characters of a damaged file that a message repeats. */
const MAX_SHOWN_LENGTH = 60;

/** A record that outlives the process, in a file of its own. */
export class JsonFile<T extends object> {
  /**
   * @param schema of the record; an empty one is valid
   * @param damaged called with a sentence when what is there is not valid
   */
  constructor(
    private readonly path: string,
    private readonly schema: z.ZodType<T>,
    private readonly damaged: (problem: string) => void = () => undefined,
  ) {}

  /** @returns what was written last; an empty record when there is no file, or a damaged one */
  read(): T {
    const text = this.readText();
    if (text === undefined) return this.schema.parse({});
    const parsed = this.schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    this.damaged(`${this.path}: damaged, got '${text.slice(0, MAX_SHOWN_LENGTH)}'; read as empty, written anew`);
    return this.schema.parse({});
  }

  /** @throws Error when the file cannot be written; it stays as it was */
  write(value: T): void {
    writeFileAtomically(this.path, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  private readText(): string | undefined {
    try {
      return readFileSync(this.path, "utf8");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT") this.damaged(`${this.path}: cannot be read, got '${message}'; read as empty`);
      return undefined;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
