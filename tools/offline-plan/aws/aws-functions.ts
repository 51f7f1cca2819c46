import type { ProviderFunction } from "../planning/provider-behaviour";

const ARN_PARTS = ["partition", "service", "region", "account_id", "resource"] as const;

/** The AWS provider's functions. @see https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/functions/arn_parse */
export const AWS_FUNCTIONS: Readonly<Record<string, ProviderFunction>> = {
  arn_build: {
    parameters: ARN_PARTS.map((name) => ({ name, type: "string" })),
    returns: "string",
    call: (...parts) => `arn:${parts.map(String).join(":")}`,
  },
  arn_parse: {
    parameters: [{ name: "arn", type: "string" }],
    returns: ["object", Object.fromEntries(ARN_PARTS.map((name) => [name, "string"]))],
    call: (arn) => arnParts(String(arn)),
  },
  trim_iam_role_path: {
    parameters: [{ name: "arn", type: "string" }],
    returns: "string",
    call: (arn) => String(arn).replace(/:role\/.*\//, ":role/"),
  },
};

/** @throws Error when the text is not an ARN */
export function arnParts(arn: string): Record<(typeof ARN_PARTS)[number], string> {
  const [scheme, partition = "", service = "", region = "", account_id = "", ...resource] = arn.split(":");
  if (scheme !== "arn" || resource.length === 0)
    throw new Error(`not an ARN, got ${arn}; write arn:aws:service:region:account:resource`);
  return { partition, service, region, account_id, resource: resource.join(":") };
}
