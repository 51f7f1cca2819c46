import { LocalBackend, S3Backend, TerraformStack } from "cdktf";
import { Configuration } from "./configuration";

/** From `cdktf.out/stacks/<scenario>`, where Terraform runs, to the project's folder. */
const PROJECT_FOLDER = "../../..";

/** Says where Terraform keeps a stack's state. */
export function addState(stack: TerraformStack, { state }: Configuration): void {
  const scenario = stack.node.id;
  if (state.backend === "local") {
    // Relative, so that two clones synthesize the same bytes; cdktf's own default is an absolute path.
    new LocalBackend(stack, { path: `${PROJECT_FOLDER}/terraform.${scenario}.tfstate` });
    return;
  }
  const { bucket, region, keyPrefix } = state;
  new S3Backend(stack, { bucket, region, key: `${keyPrefix}${scenario}.tfstate`, encrypt: true });
  // S3's own lock file, without a DynamoDB table. Terraform >= 1.10; cdktf 0.21 has no member for it.
  stack.addOverride("terraform.backend.s3.use_lockfile", true);
}
