import { parseArgs } from "node:util";
import type { Capability } from "./capability";
import { CommandError, EXIT, type ExitCode } from "./exit-code";
import type { Terminal } from "./terminal";

/** A `--flag` of a command. */
export interface CommandOption {
  /** What the value is, as help shows it: `<seconds>`. @default - the flag takes no value */
  readonly value?: string;
  readonly description: string;
  /** Used when the flag is not given. @default - none */
  readonly default?: string;
}

/** What one file of `commands/` offers. */
export interface Command {
  /** Positional arguments, as help shows them. @default - none */
  readonly positionals?: readonly string[];
  /** What it does, for whom, in a few lines. */
  readonly description: string;
  /** A command line that works, and what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Needed before anything is done; checked by the caller. */
  readonly capabilities: readonly Capability[];
  run(given: CommandArguments, terminal: Terminal): Promise<ExitCode>;
}

/** The arguments of one invocation, checked against the command's options. */
export class CommandArguments {
  /** Arguments that are no flags, in order. */
  readonly positionals: readonly string[];
  private readonly values: Readonly<Record<string, string | boolean | undefined>>;

  /** @throws CommandError (usage) when a flag is unknown, lacks its value or has one too many. */
  constructor(
    private readonly name: string,
    private readonly command: Pick<Command, "options" | "positionals">,
    argv: readonly string[],
  ) {
    const options = Object.fromEntries(
      Object.entries(command.options).map(([flag, { value }]) => [
        flag,
        { type: value === undefined ? ("boolean" as const) : ("string" as const) },
      ]),
    );
    try {
      const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
      this.values = parsed.values;
      this.positionals = parsed.positionals;
    } catch (cause) {
      throw this.wrong((cause as Error).message.split(". ")[0] ?? "", { cause });
    }
    const names = command.positionals ?? [];
    if (this.positionals.length > names.length)
      throw this.wrong(
        `takes ${names.length} arguments, got ${this.positionals.length}: ${this.positionals.join(" ")}`,
      );
  }

  /** @returns whether a flag without value was given. */
  has(flag: string): boolean {
    return this.values[flag] === true;
  }

  /** @returns a flag's value, or its default; undefined without either. */
  optional(flag: string): string | undefined {
    const value = this.values[flag];
    return typeof value === "string" ? value : this.command.options[flag]?.default;
  }

  /** @throws CommandError (usage) when the flag is not given and has no default. */
  text(flag: string): string {
    const value = this.optional(flag);
    if (value === undefined) throw this.wrong(`needs --${flag}, got none`);
    return value;
  }

  /** @throws CommandError (usage) when the flag's value is not a whole number in the range. */
  integer(flag: string, minimum: number, maximum: number): number {
    const text = this.text(flag);
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    throw this.wrong(`--${flag} must be a whole number from ${minimum} to ${maximum}, got '${text}'`);
  }

  /** An error of usage, in the command's name and with its remedy. */
  wrong(what: string, options?: ErrorOptions): CommandError {
    const where =
      what.startsWith("Unknown") || what.startsWith("Option")
        ? `${this.name}: ${decapitalize(what)}`
        : `${this.name}: ${what}`;
    return new CommandError(EXIT.usage, `${where}; see 'gwlb-agent ${this.name} --help'`, options);
  }
}

function decapitalize(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
