/** How many tests passed and failed. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The members of jest's `--json` report that are counted. @see https://jestjs.io/docs/cli#--json */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** Counts a jest report; a file that does not load is one failure, and so is a bad exit that no test explains. */
export function jestCounts(report: JestReport, exitedWell: boolean): Counts {
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: failed === 0 && !exitedWell ? 1 : failed };
}
