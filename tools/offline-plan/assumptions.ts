import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OfflinePlanError } from "./offline-plan-error";
import { isObject, type CtyObject, type CtyValue } from "./protocol/cty-value";

/** What the user says about the world that the configuration is deployed into. */
export interface Assumptions {
  readonly region?: string;
  readonly account?: string;
  answer(type: string, config: CtyObject): CtyObject | undefined;
}

/** One answer, for the questions that `match` describes. */
interface AssumedAnswer {
  readonly match?: CtyObject;
  readonly values: CtyObject;
}

/** What a `--assume` file may hold. */
export interface AssumptionFile {
  /** Region of providers that name none. */
  readonly region?: string;
  /** Twelve digits. */
  readonly account?: string;
  /** By data source type: attributes, or several answers of which the first whose `match` fits is taken. */
  readonly data?: Readonly<Record<string, CtyObject | readonly AssumedAnswer[]>>;
}

/** Read from the directory that is planned, unless another file is named. */
export const ASSUMPTION_FILE = "gwlb-assume.json";

const MEMBERS = new Set(["region", "account", "data"]);

/** Nothing said. */
export const NO_ASSUMPTIONS: Assumptions = { answer: () => undefined };

/**
 * @param file JSON; docs/offline-plan.md shows one
 * @throws OfflinePlanError when it cannot be read, or says what nobody would look at
 */
export function readAssumptions(file: string): Assumptions {
  let said: unknown;
  try {
    said = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OfflinePlanError("input", `${file}: cannot be read as JSON, ${reason}; see docs/offline-plan.md`);
  }
  const members =
    typeof said === "object" && said !== null && !Array.isArray(said) ? Object.keys(said) : [String(said)];
  const unknown = members.find((it) => !MEMBERS.has(it));
  if (unknown !== undefined)
    throw new OfflinePlanError(
      "input",
      `${file}: expected region, account or data, got ${unknown}; see docs/offline-plan.md`,
    );
  return assumptions(said as AssumptionFile);
}

/** What a directory says about the world that it is deployed into. @throws OfflinePlanError as `readAssumptions` */
export function assumptionsBeside(directory: string): Assumptions {
  const file = join(directory, ASSUMPTION_FILE);
  return existsSync(file) ? readAssumptions(file) : NO_ASSUMPTIONS;
}

/** The answers of a file, as a function. */
export function assumptions(said: AssumptionFile): Assumptions {
  return {
    ...(said.region ? { region: said.region } : {}),
    ...(said.account ? { account: said.account } : {}),
    answer(type, config) {
      const entry = said.data?.[type];
      if (!isAnswerList(entry)) return entry;
      return entry.find(({ match }) => contains(config, match ?? {}))?.values;
    },
  };
}

function isAnswerList(entry: CtyObject | readonly AssumedAnswer[] | undefined): entry is readonly AssumedAnswer[] {
  return Array.isArray(entry);
}

function contains(value: CtyValue | undefined, part: CtyValue): boolean {
  if (isObject(part)) return isObject(value) && Object.entries(part).every(([key, it]) => contains(value[key], it));
  if (Array.isArray(part)) return Array.isArray(value) && part.every((it) => value.some((one) => contains(one, it)));
  return value === part;
}
