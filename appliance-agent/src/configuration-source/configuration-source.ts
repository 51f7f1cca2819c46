/** One reading of a configuration. */
export interface ConfigurationText {
  /** JSON, as it was found; not judged yet. */
  readonly text: string;
  /** Changes whenever the text does: an ETag, or a digest. */
  readonly revision: string;
}

/** Where a configuration comes from. */
export interface ConfigurationSource {
  /** For logs and `status`: a path, or `s3://bucket/key`. */
  readonly name: string;
  /**
   * Reads the configuration, unless it still is what `revision` names.
   *
   * @param revision of the last reading @default - reads whatever is there
   * @returns undefined when nothing has changed
   * @throws Error `<name>: <what is wrong>; <fix>` when it cannot be read
   */
  read(revision?: string): Promise<ConfigurationText | undefined>;
  /**
   * Calls `changed` when there may be something new, until `signal` aborts. May call it for nothing.
   */
  watch(changed: () => void, signal: AbortSignal): void;
}

/** Most bytes of a configuration: 65,536 rules of some 250 bytes fit in it. */
export const MAX_CONFIGURATION_BYTES = 32 * 1024 * 1024;
