import { cpus, loadavg, release, totalmem } from "node:os";

/** On what, when and how figures were measured: one line for above a table. */
export function machineLine(command: string): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const load = loadavg().map((average) => average.toFixed(1));
  return (
    `${String(cpus().length)} x ${first?.model ?? process.arch}, ${String(memory)} GiB, Linux ${release()}, Node.js ${process.version}, ` +
    `${date} UTC, load averages ${load.join(" ")}: \`${command}\``
  );
}
