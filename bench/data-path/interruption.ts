const controller = new AbortController();

/** Aborted when the user, or a closed pipe, ends the benchmark: what waits then fails, and what was made is removed. */
export const interruption: AbortSignal = controller.signal;

/** From now on SIGINT, SIGTERM and a reader of the output that went away end the benchmark in good order. */
export function listenForInterruption(): void {
  const end = (reason: string) => () => {
    controller.abort(new Error(`bench: ended by ${reason}`));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, end(signal));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", end("a closed output"));
}
