import { readFileSync } from "node:fs";
import { writeFileAtomically } from "../host/write-file-atomically";
import type { ConfigurationSource, ConfigurationText } from "./configuration-source";

/** What is in force, and what is wrong with what is not. */
export interface LoadedConfiguration<T> {
  /** In force. @default - none has been valid yet */
  readonly configuration?: T;
  /** Counts the configurations taken into force since the agent started; 0 for none. */
  readonly generation: number;
  /** Where the one in force was read. */
  readonly origin?: string;
  /** Of the one in force, as its source tells it. */
  readonly revision?: string;
  /** Milliseconds since 1970 when the one in force was taken. */
  readonly loadedAt?: number;
  /** Why the newest text was refused. @default - it was not */
  readonly refused?: string;
  /** Why the source cannot be read. @default - it can */
  readonly unreadable?: string;
  /** Why the one in force could not be kept for the next boot. @default - it was */
  readonly unsaved?: string;
}

/** What `ConfigurationLoader` works with. */
export interface ConfigurationLoaderOptions<T> {
  readonly source: ConfigurationSource;
  /** Read once, in order, when the source cannot be read and nothing is in force yet. */
  readonly fallbacks: readonly string[];
  /** Where every accepted text is kept. */
  readonly lastGoodPath: string;
  /** @throws Error that names path, value and fix */
  readonly parse: (text: string, where: string) => T;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Keeps the newest valid configuration in force; a bad one never replaces a good one. */
export class ConfigurationLoader<T> {
  private state: LoadedConfiguration<T> = { generation: 0 };
  private seenRevision: string | undefined;
  private unsavedText: string | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ConfigurationLoaderOptions<T>) {}

  /** What is in force now. */
  get loaded(): LoadedConfiguration<T> {
    return this.state;
  }

  /**
   * Reads the source once and judges what it says; one reading at a time, however often it is called.
   *
   * @returns whether `loaded` says something else than before
   */
  refresh(): Promise<boolean> {
    const next = this.last.then(() => this.readOnce());
    this.last = next;
    return next;
  }

  private async readOnce(): Promise<boolean> {
    const before = this.state;
    const { source } = this.options;
    try {
      const found = await source.read(this.seenRevision);
      this.state = { ...this.state, unreadable: undefined };
      if (found !== undefined) {
        this.seenRevision = found.revision;
        if (this.take(found, source.name)) this.unsavedText = found.text;
      }
    } catch (error) {
      this.state = { ...this.state, unreadable: (error as Error).message };
    }
    this.save();
    if (this.state.configuration === undefined) this.takeFallback();
    return (
      before.generation !== this.state.generation ||
      before.refused !== this.state.refused ||
      before.unsaved !== this.state.unsaved ||
      before.unreadable !== this.state.unreadable
    );
  }

  private take(found: ConfigurationText, origin: string): boolean {
    try {
      const configuration = this.options.parse(found.text, origin);
      const { unreadable, generation } = this.state;
      this.state = {
        configuration,
        generation: generation + 1,
        origin,
        revision: found.revision,
        loadedAt: this.options.now(),
        unreadable,
      };
      return true;
    } catch (error) {
      this.state = { ...this.state, refused: (error as Error).message };
      return false;
    }
  }

  /** A full disk must not keep a good configuration from its work; it is tried again at every reading. */
  private save(): void {
    if (this.unsavedText === undefined) return;
    try {
      writeFileAtomically(this.options.lastGoodPath, this.unsavedText);
      this.unsavedText = undefined;
      this.state = { ...this.state, unsaved: undefined };
    } catch (error) {
      this.state = { ...this.state, unsaved: (error as Error).message };
    }
  }

  /** A fallback that is not valid says nothing about the source's own text, so that `refused` stays as it was. */
  private takeFallback(): void {
    const { refused } = this.state;
    for (const path of [this.options.lastGoodPath, ...this.options.fallbacks]) {
      const text = readIfPresent(path);
      if (text !== undefined && this.take({ text, revision: `file ${path}` }, path)) break;
    }
    this.state = { ...this.state, refused };
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
