import { RESULT_MARKS } from "./guest";

/** What the tests said in a guest. */
export interface GuestResult {
  /** Release of the kernel that ran them. */
  readonly release: string;
  readonly passed: readonly { readonly name: string; readonly seconds: number }[];
  /** Name and reason. */
  readonly failed: readonly (readonly [name: string, reason: string])[];
  /** What jest and libbpf said, with the verifier's log; empty where every test passed. */
  readonly log: string;
}

/** The part of jest's JSON that is read (`--json`). */
interface JestResult {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      /** Milliseconds. */
      readonly duration?: number | null;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/**
 * Reads what a guest printed on its console.
 *
 * @throws Error with the console's last lines when there is no result: the guest did not boot, or was ended
 */
export function readGuestResult(console: string): GuestResult {
  const [start, end] = RESULT_MARKS;
  const text = console.replaceAll("\r", "");
  const [, release] = /^@@KERNEL (\S+)$/m.exec(text) ?? [];
  const [, json] = new RegExp(`^${start}\\n([^]*?)\\n${end}$`, "m").exec(text) ?? [];
  if (release === undefined || !json?.startsWith("{")) {
    const last = text.trimEnd().split("\n").slice(-20).join("\n");
    throw new Error(`kernels: the guest gave no result, got on its console:\n${last}`);
  }
  const { testResults } = JSON.parse(json.slice(0, json.lastIndexOf("}") + 1)) as JestResult;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(({ status, assertionResults }) => status === "failed" && !assertionResults.length);
  return {
    release,
    log: text.slice(text.indexOf("@@KERNEL"), text.indexOf(`\n${start}\n`)).replace(/^.*\n?/, ""),
    passed: tests
      .filter(({ status }) => status === "passed")
      .map(({ fullName, duration }) => ({ name: fullName, seconds: (duration ?? 0) / 1000 })),
    failed: [
      ...broken.map(({ name, message }) => [name, message] as const),
      ...tests
        .filter(({ status }) => status === "failed")
        .map(({ fullName, failureMessages }) => [fullName, failureMessages.join("\n")] as const),
    ],
  };
}
