import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { offlinePlan, OfflinePlan } from "../../../tools/offline-plan/offline-plan";
import { readTopology } from "../../../tools/topology/read-topology";
import { Topology } from "../../../tools/topology/topology";

// A plan takes half a second of CPU, and far longer on a machine that does other things too.
jest.setTimeout(120_000);

const FIXTURES = join(__dirname, "../../fixtures/review");

/** Plans directories of `fixtures/review`, laid over each other: an override file in a later one changes what is before. */
export async function planned(...names: readonly string[]): Promise<OfflinePlan> {
  const directory = mkdtempSync(join(tmpdir(), "review-"));
  try {
    for (const name of names) cpSync(join(FIXTURES, name), directory, { recursive: true });
    return await offlinePlan(directory, { normalPlan: names.length === 1 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The topology of such directories. */
export async function plannedTopology(...names: readonly string[]): Promise<Topology> {
  return readTopology((await planned(...names)).plan);
}
