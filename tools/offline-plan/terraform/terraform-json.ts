/** `terraform show -json` of a plan or a state. @see https://developer.hashicorp.com/terraform/internals/json-format */
export type TerraformJson = Readonly<Record<string, unknown>>;
