import { join } from "node:path";
import { offlinePlan } from "../../tools/offline-plan/offline-plan";
import { Loose, withModules } from "./planned-modules";

/** What Terraform makes of an expression of `var.it`, for each of many values. */
export async function evaluate(
  type: string,
  cases: readonly unknown[],
  expression: string,
  locals = {},
): Promise<Loose[]> {
  const main = {
    variable: { cases: { type: `list(${type})`, default: cases } },
    locals,
    output: { found: { value: `\${[for it in var.cases : ${expression}]}` } },
  };
  return withModules({ "root/main.tf.json": JSON.stringify(main) }, async (root) => {
    const { plan } = await offlinePlan(join(root, "root"));
    return (plan["planned_values"] as Loose).outputs.found.value;
  });
}
