import { readFileSync } from "node:fs";
import { isObject, type CtyObject, type CtyValue } from "./protocol/cty-value";

/** What the user says about the world that the configuration is deployed into. */
export interface Assumptions {
  readonly region?: string;
  readonly account?: string;
  answer(type: string, config: CtyObject): CtyObject | undefined;
}

interface AssumptionFile {
  readonly region?: string;
  readonly account?: string;
  readonly data?: Readonly<Record<string, CtyObject | readonly { match?: CtyObject; values: CtyObject }[]>>;
}

/** Nothing said. */
export const NO_ASSUMPTIONS: Assumptions = { answer: () => undefined };

/** @param file JSON; docs/offline-plan.md shows one */
export function readAssumptions(file: string): Assumptions {
  return assumptions(JSON.parse(readFileSync(file, "utf8")) as AssumptionFile);
}

/** The answers of a file, as a function. */
export function assumptions(said: AssumptionFile): Assumptions {
  return {
    ...(said.region ? { region: said.region } : {}),
    ...(said.account ? { account: said.account } : {}),
    answer(type, config) {
      const entry = said.data?.[type];
      if (!Array.isArray(entry)) return entry as CtyObject | undefined;
      return (entry as { match?: CtyObject; values: CtyObject }[]).find(({ match }) => contains(config, match ?? {}))
        ?.values;
    },
  };
}

function contains(value: CtyValue | undefined, part: CtyValue): boolean {
  if (isObject(part)) return isObject(value) && Object.entries(part).every(([key, it]) => contains(value[key], it));
  if (Array.isArray(part)) return Array.isArray(value) && part.every((it) => value.some((one) => contains(one, it)));
  return value === part;
}
