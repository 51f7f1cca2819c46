import { type Lab, type LabOptions, startLab } from "./lab";

/** Exit status of a program that SIGINT ended, as shells have it. */
export const INTERRUPTED = 130;

/** What a lab that was interrupted while it came up fails with. */
export const INTERRUPTION = "lab: interrupted";

/** A lab of this process, which Ctrl-C and SIGTERM remove: while it comes up, and afterwards. The caller stops it otherwise. */
export async function startOwnLab(options: LabOptions): Promise<Lab> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort(new Error(INTERRUPTION));
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const lab = await startLab({ ...options, signal: interrupted.signal });
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  const stop = (): void => {
    void lab.stop().then(() => process.exit(INTERRUPTED));
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  return lab;
}
