/** Variables that Terraform or an AWS SDK would read, and proxies: what decides about them is set below. */
const WITHHELD = /^(TF_|AWS_|TERRAFORM_|ARM_|GOOGLE_|CHECKPOINT_|HTTPS?_PROXY$|ALL_PROXY$|NO_PROXY$)/i;

/** A port on which nothing listens (discard, RFC 863): whatever tries to leave this machine fails at once. */
const NOWHERE = "http://127.0.0.1:9";

/**
 * The environment of a Terraform process that can reach nothing but the offline providers.
 *
 * @param parent usually `process.env`
 * @param cliConfigFile an empty file, so that no `~/.terraformrc` with mirrors and tokens is read
 */
export function terraformEnvironment(
  parent: NodeJS.ProcessEnv,
  reattach: Readonly<Record<string, object>>,
  cliConfigFile: string,
): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(parent).filter(([name]) => !WITHHELD.test(name))),
    TF_REATTACH_PROVIDERS: JSON.stringify(reattach),
    TF_CLI_CONFIG_FILE: cliConfigFile,
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
  };
}
