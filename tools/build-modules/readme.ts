import { AWS_PROVIDER_VERSIONS, TERRAFORM_VERSIONS } from "./build-module";
import { ModuleDefinition } from "./definition";
import { Variable } from "./variables/variable";

/** A module's README: what it is, how it is called, every input and output. */
export function readme(definition: ModuleDefinition): string {
  const { name, summary, example, variables, outputs } = definition;
  return [
    `# ${name}`,
    "",
    summary,
    "",
    "```hcl",
    example.replaceAll("SOURCE", `./${name}`).trimEnd(),
    "```",
    "",
    `Terraform ${TERRAFORM_VERSIONS}; provider hashicorp/aws ${AWS_PROVIDER_VERSIONS}, configured by the caller.`,
    "",
    "Made by `npm run build:modules` from the constructs of gwlb-appliance-suite; change those, not these files.",
    "",
    "## Inputs",
    "",
    "| name | type | default | what |",
    "| --- | --- | --- | --- |",
    ...variables.flatMap((variable) => [
      row(variable),
      ...(variable.members ?? []).map((it) => row(it, `${variable.name}.`)),
    ]),
    "",
    "## Outputs",
    "",
    "| name | what |",
    "| --- | --- |",
    ...Object.entries(outputs).map(([output, { description }]) => `| \`${output}\` | ${cell(description)} |`),
    "",
  ].join("\n");
}

function row(variable: Variable, prefix = ""): string {
  const type = variable.members ? "object" : `\`${variable.type}\``;
  const value = !("default" in variable)
    ? "required"
    : variable.members
      ? ""
      : variable.default === null
        ? "none"
        : `\`${JSON.stringify(variable.default)}\``;
  return `| \`${prefix}${variable.name}\` | ${cell(type)} | ${cell(value)} | ${cell(variable.description)} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
