import { offlinePlan } from "./offline-plan";

void offlinePlan(process.argv[2] ?? ".", { normalPlan: process.argv.includes("--normal") }).then(
  (made) =>
    console.log(
      process.argv.includes("--json")
        ? JSON.stringify(made.plan, null, 1)
        : JSON.stringify({ a: made.assumedValues, w: made.warnings }) + (made.normalPlan?.text ?? ""),
    ),
  (error: unknown) => {
    console.error(error instanceof Error && error.name === "OfflinePlanError" ? error.message : error);
    process.exitCode = 1;
  },
);
