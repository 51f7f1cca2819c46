/**
 * How many packets per second does the data path return on one core, and what does a packet cost?
 *
 * Prints Markdown tables. With GWLBTUN=/path/to/gwlbtun AWS's tunnel handler is measured in turns with the agent, and
 * ratios are to it; in the table "Rules" they are to the list of one rule.
 *
 * @example npx tsx bench/data-path/main.ts [--quick] [--rounds N] [--seconds N] [hairpin] [routed] [rules]
 * @example npx tsx bench/data-path/main.ts --bytes 512 --flows 1000 --flows 100000 hairpin
 */
import { parseArgs } from "node:util";
import { parseWholeNumber, wholeNumber } from "../../tools/setup/whole-number";
import { requireTwoCores } from "./cores";
import { listenForInterruption } from "./interruption";
import { machineLine } from "./machine";
import { gridOf, matches, type MatchName } from "./matches";
import { play } from "./play";
import { withPriority } from "./priority";

const NAMES: readonly MatchName[] = ["hairpin", "routed", "rules"];

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string" },
      bytes: { type: "string", multiple: true },
      flows: { type: "string", multiple: true },
    },
  });
  const unknown = positionals.find((name) => !(NAMES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`bench: no such part, got '${unknown}'; write ${NAMES.join(", ")}`);
  if (process.getuid?.() !== 0) throw new Error("bench: makes network namespaces and loads eBPF; run it as root");
  requireTwoCores();
  listenForInterruption();
  const gwlbtun = process.env.GWLBTUN;
  const duration = {
    rounds: wholeNumber("bench --rounds", values.rounds, 3),
    seconds: seconds(values.seconds ?? "0.5"),
  };
  const whole = gridOf(values.quick);
  const grid = {
    innerBytes: each("--bytes", values.bytes, whole.innerBytes),
    flows: each("--flows", values.flows, whole.flows),
  };
  const chosen = matches(values.quick, grid, gwlbtun);
  const command = [
    ...(gwlbtun === undefined ? [] : ["GWLBTUN=gwlbtun"]),
    ...["npx tsx bench/data-path/main.ts", ...process.argv.slice(2)],
  ].join(" ");
  for (const name of NAMES.filter((part) => positionals.length === 0 || positionals.includes(part))) {
    const table = await play(chosen[name], duration, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`\n### ${chosen[name].title}\n\n${machineLine(command)}\n\n${table}\n`);
  }
}

function each(option: string, texts: readonly string[] | undefined, otherwise: readonly number[]): readonly number[] {
  return texts?.map((text) => parseWholeNumber(`bench ${option}`, text, otherwise.join(", "))) ?? otherwise;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity))
    throw new Error(`bench --seconds: must be a number above 0, got '${text}'; leave it out for 0.5`);
  return value;
}

withPriority(main).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
