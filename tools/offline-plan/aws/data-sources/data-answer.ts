import type { DataAnswer } from "../../planning/provider-behaviour";
import type { CtyObject } from "../../protocol/cty-value";
import { DERIVED } from "./derived";
import { ACCOUNT_ANSWERS } from "./account";
import { NETWORK_ANSWERS } from "./network";
import type { Question } from "./question";

/** What a `--assume` file says about data sources. */
export interface AssumedData {
  answer(type: string, config: CtyObject): CtyObject | undefined;
}

const LIKELY = { ...ACCOUNT_ANSWERS, ...NETWORK_ANSWERS };

/** Answers a data source: by the user's file, from what is being created, or with something likely. */
export function dataAnswer(question: Question, assumed: AssumedData): DataAnswer {
  const { type, config } = question;
  const said = assumed.answer(type, config);
  const derived = DERIVED[type];
  if (derived && !said) return { values: derived(question), derived: true };
  const likely = LIKELY[type];
  if (likely || said) return { values: { ...likely?.(question), ...said } };
  return {
    values: {},
    diagnostics: [
      {
        severity: "WARNING",
        summary: "Data source without a likely answer",
        detail: `What ${type} would find is not known offline: its attributes are empty or made up. Say what it finds in a file and pass it with --assume.`,
      },
    ],
  };
}
