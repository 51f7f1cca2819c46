import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeControlGroup, removeControlGroup } from "../../tools/lab/machine/control-group";
import { MachineOptions, noMachine, startMachine } from "../../tools/lab/machine/machine";

/** A running machine. */
export interface SystemdMachine {
  /** Runs a program in the machine. @returns its output, also when it fails */
  exec(...argv: string[]): string;
  /** A property of a unit, as `systemctl show` has it. */
  property(unit: string, name: string): string;
}

/** What the machine has at its start. */
export type SystemdMachineOptions = Pick<MachineOptions, "files" | "unitsOfThisMachine">;

/** Why {@link withSystemd} cannot run here, or nothing. */
export const noSystemd = noMachine;

let started = 0;

/**
 * A machine with a real systemd as its first process, in namespaces of its own (processes, mounts, network, cgroups), whose
 * only units are the given ones. It and everything in it is gone afterwards, also when `body` fails.
 */
export async function withSystemd(
  options: SystemdMachineOptions,
  body: (machine: SystemdMachine) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "gwlb-systemd-"));
  const controlGroup = makeControlGroup(`gwlb-systemd-${String(process.pid)}-${String(started++)}`);
  try {
    const machine = await startMachine({ ...options, directory, controlGroup, hostname: "machine" });
    await body({
      exec: (...argv) => {
        const { stdout, stderr } = machine.exec(...argv);
        return stdout + stderr;
      },
      property: (unit, name) => machine.property(unit, name),
    });
  } catch (error) {
    const said = readFileSync(join(directory, "console.log"), "utf8").slice(-4000);
    throw new Error(`${(error as Error).message}\n--- systemd ---\n${said}`, { cause: error });
  } finally {
    await removeControlGroup(controlGroup);
    rmSync(directory, { recursive: true, force: true });
  }
}
