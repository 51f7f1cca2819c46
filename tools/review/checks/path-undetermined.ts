import { Check } from "../check";

/** What the plan does not say is said. */
export const pathUndetermined: Check = {
  id: "path-undetermined",
  severity: "note",
  title: "A path cannot be determined",
  why: "The plan does not hold a value that the path depends on, so nothing is claimed about it.",
  fix: "Review the Terraform directory instead of the plan, which resolves ids, or review the state after applying.",
  source: "https://developer.hashicorp.com/terraform/internals/json-format",
  find: ({ walks }) =>
    walks.flatMap(({ title, from, roundTrip: { verdict } }) =>
      verdict.kind === "cannot determine"
        ? [{ address: from, what: `${title}: at ${verdict.where}: ${verdict.why}` }]
        : [],
    ),
};
