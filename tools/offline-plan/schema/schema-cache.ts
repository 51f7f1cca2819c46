import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generatedDeclarations } from "./generated-declarations";
import { generatedSchema, type GeneratedSchema } from "./generated-schema";
import { generatedSource } from "./generated-source";
import type { Block, Mode } from "./schema";

/** Raised by one whenever what the extractor writes changes: it is part of the cache's key. */
const EXTRACTOR_VERSION = 1;

/** The schemas of one installed `@cdktf/provider-*` package, extracted type by type and kept under `.cache/`. */
export class SchemaCache {
  /** Version of the `@cdktf/provider-*` package. */
  readonly packageVersion: string;
  private readonly lib: string;
  private readonly directory: string;
  private index: Record<string, string> | undefined;

  /**
   * @param name the provider's name, `aws`
   * @param cacheRoot directory that may be deleted at any time; not writable is not an error
   * @throws Error when the package is not installed
   */
  constructor(
    readonly name: string,
    cacheRoot: string,
  ) {
    const manifest = require.resolve(`@cdktf/provider-${name}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    this.packageVersion = version;
    this.lib = join(dirname(manifest), "lib");
    this.directory = join(cacheRoot, `${name}-${version}-${EXTRACTOR_VERSION}`);
  }

  /** The provider's own configuration, and the version of the Terraform provider that the package was generated from. */
  provider(): GeneratedSchema {
    const found = this.cached("provider", () => this.extract("provider", this.name));
    if (!found) throw new Error(`${this.lib}: no provider in the package; install it again (npm ci)`);
    return found;
  }

  /** The schema of one type, or nothing when the provider has no such type. */
  type(mode: Mode, type: string): Block | undefined {
    // Hostile or not, a type is a Terraform identifier before it is part of a path.
    if (!/^[a-z][a-z0-9_]*$/.test(type)) return undefined;
    return this.cached(`${mode}-${type}`, () => {
      const guess = this.extract(this.usualDirectory(mode, type), type);
      if (guess) return guess.block;
      const found = this.directoryOf(mode, type);
      return found === undefined ? undefined : this.extract(found, type)?.block;
    });
  }

  private extract(directory: string, type: string): GeneratedSchema | undefined {
    const path = join(this.lib, directory);
    if (!existsSync(join(path, "index.js"))) return undefined;
    try {
      const schema = generatedSchema(generatedDeclarations(generatedSource(path)));
      return schema.type === type ? schema : undefined;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `schema of ${type}: ${reason}; @cdktf/provider-${this.name} ${this.packageVersion} is not written as expected, ` +
          "install the version that package-lock.json names (npm ci)",
        { cause },
      );
    }
  }

  private usualDirectory(mode: Mode, type: string): string {
    const dashed = type.replace(/_/g, "-");
    return mode === "data" ? `data-${dashed}` : dashed.slice(this.name.length + 1);
  }

  /** The generator renames a few directories (`aws_s3_bucket_acl` is one rule, its clashes another): look them all up. */
  private directoryOf(mode: Mode, type: string): string | undefined {
    this.index ??= this.cached("index", () => {
      const index: Record<string, string> = {};
      for (const directory of readdirSync(this.lib)) {
        const declarations = join(this.lib, directory, "index.d.ts");
        if (!existsSync(declarations)) continue;
        const text = readFileSync(declarations, "utf8");
        const name = /static readonly tfResourceType = "(\w+)"/.exec(text)?.[1];
        if (name) index[`${directory.startsWith(`data-${this.name}`) ? "data" : "resource"}.${name}`] = directory;
      }
      return index;
    });
    return this.index?.[`${mode}.${type}`];
  }

  private cached<T>(key: string, make: () => T | undefined): T | undefined {
    const file = join(this.directory, `${key}.json`);
    try {
      return JSON.parse(readFileSync(file, "utf8")) as T;
    } catch {
      // Absent, or cut short by a full disk: extracted again below.
    }
    const made = make();
    if (made !== undefined) this.store(file, made);
    return made;
  }

  /** Written beside and renamed, so that two runs at once never see half a file. */
  private store(file: string, value: unknown): void {
    const partial = `${file}.${process.pid}`;
    try {
      mkdirSync(this.directory, { recursive: true });
      writeFileSync(partial, JSON.stringify(value));
      renameSync(partial, file);
    } catch {
      // A read-only checkout only costs the extraction again at the next run.
    }
  }
}
