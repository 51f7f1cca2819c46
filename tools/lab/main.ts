import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { askEmulator } from "./gwlb/emulator-client";
import { REFUSAL_MEANINGS, Refusal } from "./gwlb/refusals";
import type { Lab } from "./lab";
import { chooseLab } from "./lifecycle/choose-lab";
import { hostCommand } from "./lifecycle/host-command";
import { directoryOf, isLeftOver, readLabs, removeLab } from "./lifecycle/lab-directory";
import { INTERRUPTED, INTERRUPTION, startOwnLab } from "./own-lab";
import { missingForLab } from "./requirements";
import { configurationFor } from "./plan/configuration-for";
import { traceCommand } from "./trace/command";

const USAGE = `Usage: npm run lab -- <scenario | directory> [options]      brings it up, sends packets, removes it
       npm run lab -- trace [scenario | directory] [--help]   follows one real packet hop by hop, there or in the kept lab
       npm run lab -- status [--json]                         every lab of this machine, but see below
       npm run lab -- exec <host> -- <command>                runs a command in a kept lab
       npm run lab -- shell <host> [-- <line>]                a shell there; it runs the line, or what it reads
       npm run lab -- down [--all]                            removes the kept lab, or every lab, also other people's

A scenario in Linux network namespaces, from the plan that would be deployed: the real agent under a real systemd, real
iptables and Squid, and a strict Gateway Load Balancer. Needs Linux and root.

  --zones <n>        Availability Zones, 1 to 6          (default: as in gwlb.yaml)
  --appliances <n>   appliances in each zone, 1 to 20    (default: as in gwlb.yaml)
  --keep             leaves it running
  --lab <name>       which lab, where several are kept
  --json             what happened as JSON
  --help

GWLB_LAB_PREFIX=mine names labs mine1, mine2 ...; all commands then know of these alone, without it of lab1, lab2 ...

Example: sudo npm run lab -- squid-bastion --keep
         sudo npm run lab -- exec client -- curl -s http://web.example.test/
         sudo npm run lab -- exec bastion -- cat /var/log/squid/access.log
         sudo npm run lab -- down

Exit code: 0 done, 1 a packet did not do what it should, 2 it could not be brought up; exec and shell: the command's.
`;

const OPTIONS = {
  zones: { type: "string" },
  appliances: { type: "string" },
  keep: { type: "boolean" },
  lab: { type: "string" },
  all: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === "trace") return traceCommand(argv.slice(1));
  const enters = argv.findIndex((word) => word === "exec" || word === "shell");
  const cut = enters < 0 ? -1 : argv.indexOf("--", enters);
  const [own, command] = cut < 0 ? [argv, []] : [argv.slice(0, cut), argv.slice(cut + 1)];
  const { values, positionals } = parseArgs({ args: [...own], allowPositionals: true, options: OPTIONS });
  const [verb, host, ...more] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(USAGE);
    return verb === undefined && values.help !== true ? 2 : 0;
  }
  switch (verb) {
    case "status":
      return status(values.json === true);
    case "down":
      return down(values);
    case "exec":
    case "shell":
      return enter(values, verb, host, command.length > 0 ? command : more);
    default:
      return run(verb, values);
  }
}

async function run(target: string, values: Values): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const missing = missingForLab(say);
  if (missing.length > 0) {
    missing.forEach(say);
    say("The walk that is predicted instead:");
    return predict(target);
  }
  const started = Date.now();
  const afterwards = values.keep === true ? "kept" : "removed";
  const lab = await startOwnLab({ target, configuration: configurationFor(values), afterwards, say });
  try {
    const outcome = await firstPackets(lab);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (values.json === true) process.stdout.write(`${JSON.stringify({ lab: lab.name, ...outcome }, null, 2)}\n`);
    else for (const line of outcome.lines) process.stdout.write(`${line}\n`);
    say(`from nothing to here in ${seconds} s`);
    if (afterwards === "kept") say(`${lab.name} goes on: npm run lab -- status | exec | shell | down`);
    return outcome.failed ? 1 : 0;
  } finally {
    if (afterwards === "removed") await lab.stop();
  }
}

interface Outcome {
  readonly failed: boolean;
  readonly lines: readonly string[];
}

/** A ping, and what the load balancer refused: nothing, when all is well. */
async function firstPackets(lab: Lab): Promise<Outcome> {
  const clients = lab.plan.wiring.instances.filter(({ role }) => role === "client");
  const pings = await Promise.all(
    clients.map(async ({ host }) => ({
      host,
      ...(await lab.exec(host, "ping", "-c", "3", "-i", "0.2", "web.example.test")),
    })),
  );
  const { refusals } = await lab.report();
  return {
    failed: pings.some((ping) => ping.status !== 0) || Object.values(refusals).some((count) => count > 0),
    lines: [...pings.flatMap(({ host, stdout }) => [`${host}:`, ...stdout.trim().split("\n")]), ...refused(refusals)],
  };
}

function refused(refusals: Readonly<Record<Refusal, number>>): string[] {
  const lines = (Object.entries(refusals) as [Refusal, number][])
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `load balancer refused ${String(count)}: ${REFUSAL_MEANINGS[reason]}`);
  return lines.length > 0 ? lines : ["load balancer refused no packet"];
}

function predict(target: string): number {
  const review = join(__dirname, "../review/main.ts");
  return spawnSync(process.execPath, ["--import", "tsx", review, target], { stdio: "inherit" }).status ?? 2;
}

async function status(asJson: boolean): Promise<number> {
  const labs = await Promise.all(
    readLabs().map(async (lab) => {
      const socket = join(directoryOf(lab.name), "emulator.sock");
      const report = await askEmulator(socket, { report: true }).catch(() => undefined);
      const left = "owner" in lab && isLeftOver(lab);
      return { ...lab, state: left ? "left over" : report ? "up" : "starting or broken", report };
    }),
  );
  if (asJson) process.stdout.write(`${JSON.stringify(labs, null, 2)}\n`);
  else if (labs.length === 0) process.stdout.write("no lab\n");
  else {
    for (const lab of labs) {
      const about = "target" in lab ? `${lab.target}, hosts ${lab.hosts.join(" ")}` : "";
      process.stdout.write(`${lab.name}  ${lab.state}  ${about}\n`);
      for (const { name, health, registered } of lab.report?.targets ?? []) {
        process.stdout.write(`  ${name}: ${registered ? health.state : "not registered"}\n`);
      }
      if (lab.report) for (const line of refused(lab.report.refusals)) process.stdout.write(`  ${line}\n`);
    }
  }
  return 0;
}

async function down(values: Values): Promise<number> {
  const all = readLabs();
  const chosen = values.all === true ? all : all.length === 0 ? [] : [chooseLab(values.lab)];
  if (chosen.length === 0) process.stdout.write("no lab\n");
  const outcomes = await Promise.allSettled(chosen.map(({ name }) => removeLab(name)));
  outcomes.forEach((outcome, index) => {
    const name = chosen[index]?.name ?? "";
    if (outcome.status === "fulfilled") process.stdout.write(`${name} is gone\n`);
    else process.stderr.write(`${name} is not gone: ${String(outcome.reason)}\n`);
  });
  return outcomes.every(({ status }) => status === "fulfilled") ? 0 : 2;
}

/** A line for the shell, or what it reads: from a person, or from a pipe without a prompt. */
function shellParameters(words: readonly string[]): readonly string[] {
  if (words.length > 0) return ["-c", words.join(" ")];
  return process.stdin.isTTY ? ["-i"] : ["-s"];
}

function enter(values: Values, verb: "exec" | "shell", host: string | undefined, words: readonly string[]): number {
  const lab = chooseLab(values.lab);
  const command = verb === "shell" ? ["bash", ...shellParameters(words)] : words;
  if (host === undefined || command.length === 0) {
    throw new Error(`lab: ${verb} needs a host${verb === "exec" ? " and a command" : ""}; see --help`);
  }
  const [program, ...parameters] = hostCommand(lab, host, command);
  return spawnSync(program, parameters, { stdio: "inherit" }).status ?? 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    process.exitCode = message === INTERRUPTION ? INTERRUPTED : 2;
  },
);
