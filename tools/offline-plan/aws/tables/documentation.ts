/** Version of the AWS provider whose documentation the tables were read from. */
export const DOCUMENTED_VERSION = "6.25.0";

/** The page of one resource type in the provider's documentation, `registry("vpc")`. */
export function registry(page: string): string {
  return `https://registry.terraform.io/providers/hashicorp/aws/${DOCUMENTED_VERSION}/docs/resources/${page}`;
}
