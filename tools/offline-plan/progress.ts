/** Milliseconds of silence after which a person wants to know what is going on. */
const PATIENCE_MS = 2000;

/** Tells the current step on standard error, but only of a run that takes longer than two seconds. */
export function delayedProgress(write: (line: string) => void): { step: (name: string) => void; stop: () => void } {
  let current = "";
  let impatient = false;
  const timer = setTimeout(() => {
    impatient = true;
    if (current) write(`${current} ...\n`);
  }, PATIENCE_MS);
  return {
    step: (name) => {
      current = name;
      if (impatient) write(`${name} ...\n`);
    },
    stop: () => {
      clearTimeout(timer);
    },
  };
}
