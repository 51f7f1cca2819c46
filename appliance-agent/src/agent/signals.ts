/** What signals ask for. */
export interface SignalActions {
  /** SIGHUP. */
  reload(): Promise<void>;
  /** The first SIGTERM. */
  drain(): void;
  /** From the first SIGTERM to the end. */
  readonly drainMs: number;
}

/** @returns a signal that aborts when the process is to stop: after draining, or at once (SIGINT, a second SIGTERM) */
export function listenToSignals({ reload, drain, drainMs }: SignalActions): AbortSignal {
  const stop = new AbortController();
  let drained: NodeJS.Timeout | undefined;
  const listeners: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGHUP: () => void reload(),
    SIGINT: () => stop.abort(),
    SIGTERM: () => {
      if (drained !== undefined || drainMs === 0) return stop.abort();
      drained = setTimeout(() => stop.abort(), drainMs);
      drain();
    },
  };
  const each = Object.entries(listeners) as [NodeJS.Signals, () => void][];
  each.forEach(([signal, listener]) => process.on(signal, listener));
  stop.signal.addEventListener("abort", () => {
    clearTimeout(drained);
    /* SIGHUP stays taken: its default would kill a process that is about to end by itself. */
    each.filter(([signal]) => signal !== "SIGHUP").forEach(([signal, listener]) => process.off(signal, listener));
  });
  return stop.signal;
}
