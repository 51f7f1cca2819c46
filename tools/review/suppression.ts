import { parse } from "yaml";
import { z } from "zod";
import { Finding } from "./check";
import { CHECKS } from "./checks";

/** A finding that somebody accepts, and why. */
export interface Suppression {
  readonly check: string;
  /** Terraform's address. @default - every address */
  readonly address?: string;
  readonly reason: string;
}

const fileSchema = z.array(
  z.strictObject({ check: z.string(), address: z.string().optional(), reason: z.string().optional() }),
);

/** The suppression that accepts a finding. */
export function suppressionOf(finding: Finding, suppressions: readonly Suppression[]): Suppression | undefined {
  return suppressions.find(
    (one) => one.check === finding.check && (one.address === undefined || one.address === finding.address),
  );
}

/**
 * Reads `--suppress check=reason` and `--suppress check@address=reason`.
 *
 * @throws Error when the check is unknown or the reason is missing
 */
export function parseSuppression(argument: string): Suppression {
  const [, check = "", address, reason] = /^([^@=]+)(?:@([^=]+))?(?:=([\s\S]*))?$/.exec(argument) ?? [];
  return validated({ check, address, reason }, `--suppress ${argument}`);
}

/**
 * Reads a suppression file: a YAML list of `check`, `address` and `reason`.
 *
 * @throws Error when it is something else, a check is unknown or a reason is missing
 */
export function parseSuppressionFile(text: string, file: string): readonly Suppression[] {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new Error(
      `${file}: not YAML, got ${JSON.stringify(text.slice(0, 30))}; write a list of {check, address, reason}`,
      { cause: error },
    );
  }
  const parsed = fileSchema.safeParse(content ?? []);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${file}: ${issue?.path.join(".") || "the file"}: ${issue?.message ?? "invalid"}, got ${JSON.stringify(content).slice(0, 60)}; write a list of {check, address, reason}`,
    );
  }
  return parsed.data.map((entry, i) => validated(entry, `${file}: entry ${i + 1}`));
}

function validated(entry: { check: string; address?: string; reason?: string }, where: string): Suppression {
  const { check, address, reason } = entry;
  if (!CHECKS.some((one) => one.id === check))
    throw new Error(`${where}: no such check, got '${check}'; docs/checks.md lists them`);
  if (reason === undefined || reason.trim() === "")
    throw new Error(
      `${where}: a suppression needs a reason, got none; write ${check}${address === undefined ? "" : `@${address}`}=<why it is accepted>`,
    );
  return { check, ...(address === undefined ? {} : { address }), reason: reason.trim() };
}
