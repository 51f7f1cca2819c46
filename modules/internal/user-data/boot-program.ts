/** Where a machine finds one file at boot. Fits `S3Object`. */
export interface StoredFile {
  readonly bucket: string;
  readonly key: string;
}

/** The agent's archive, as a machine that boots has to know it. Fits `AgentBundle`. */
export interface BootProgram {
  readonly program: StoredFile;
  /** Of the archive, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** AWS region of the bucket. */
  readonly region: string;
}
