/** How many tests passed and failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The members of jest's `--json` report that are counted. @see https://jestjs.io/docs/cli#--json */
export interface JestReport {
  readonly testResults: readonly {
    /** Path of the test file. */
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** Counts a jest report; a file that does not load is one failure, and so is a bad exit that no test explains. */
export function jestCounts(report: JestReport, exitedWell: boolean): Counts {
  const results = report.testResults.flatMap(({ status, assertionResults }) =>
    status === "failed" && assertionResults.every((one) => one.status !== "failed")
      ? [...assertionResults, { status: "failed" }]
      : assertionResults,
  );
  const count = (status: string): number => results.filter((one) => one.status === status).length;
  return { passed: count("passed"), failed: count("failed") || (exitedWell ? 0 : 1) };
}

/** The test files in which something failed. */
export function failedFiles(report: JestReport): string[] {
  return report.testResults.filter(({ status }) => status === "failed").map(({ name }) => name);
}

/** A report in which files that were run a second time have the second result. */
export function withSecondTry(first: JestReport, second: JestReport): JestReport {
  const again = new Set(second.testResults.map(({ name }) => name));
  return { testResults: [...first.testResults.filter(({ name }) => !again.has(name)), ...second.testResults] };
}
