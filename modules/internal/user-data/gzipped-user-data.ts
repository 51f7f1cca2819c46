import { Fn, TerraformLocal } from "cdktf";
import { Construct } from "constructs";

/** EC2's limit for user data, before base64 encoding. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export const USER_DATA_LIMIT_BYTES = 16 * 1024;

/**
 * A boot script as `user_data_base64` takes it; cloud-init unpacks it.
 *
 * The script is kept line by line in a local value, so that a plan's reviewer reads it, and the difference between two
 * syntheses of it, as text. Terraform compresses it, because only Terraform knows the bucket's name.
 *
 * @param id of the local value, unique in `scope`
 * @param script text of the script; may contain tokens
 */
export function gzippedUserData(scope: Construct, id: string, script: string): string {
  const lines = new TerraformLocal(scope, id, escapeTemplate(script).split("\n"));
  return Fn.base64gzip(Fn.join("\n", lines.asList));
}

/**
 * Doubles the `$` of the shell's `${` and the `%` of `%{`, which Terraform would read as its own, and leaves cdktf's tokens.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
function escapeTemplate(script: string): string {
  return script.replace(/[$%](?=\{)(?!\{TfToken\[)/g, "$&$&");
}
