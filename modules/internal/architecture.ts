/** CPU architectures of EC2, as AMIs name them. */
export type Architecture = "arm64" | "x86_64";

/** An instance type of EC2: family, generation, attributes, size. https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html */
const INSTANCE_TYPE = /^(?<family>[a-z]+)(?<generation>\d+)(?<attributes>[a-z]*)(?:-[a-z0-9]+)*\.(?:[a-z0-9-]+)$/;

/** A small type of each architecture, to propose in errors. */
const EXAMPLES: Readonly<Record<Architecture, string>> = { arm64: "t4g.micro", x86_64: "t3.micro" };

/**
 * Architecture of an instance type: `g` among its attributes is AWS's sign for Graviton, and `a1` was its first.
 *
 * @returns undefined when `instanceType` does not look like one
 */
export function architectureOf(instanceType: string): Architecture | undefined {
  const { family, generation, attributes } = INSTANCE_TYPE.exec(instanceType)?.groups ?? {};
  if (family === undefined || generation === undefined || attributes === undefined) return undefined;
  return attributes.includes("g") || `${family}${generation}` === "a1" ? "arm64" : "x86_64";
}

/** @throws Error when `instanceType` is not an instance type of `architecture` */
export function requireArchitecture(where: string, instanceType: string, architecture: Architecture): void {
  const actual = architectureOf(instanceType);
  if (actual === architecture) return;
  if (actual === undefined) {
    throw new Error(
      `${where}: instanceType must be an EC2 instance type, got '${instanceType}'; use ${EXAMPLES[architecture]}`,
    );
  }
  throw new Error(
    `${where}: instanceType must be of architecture ${architecture}, got '${instanceType}', which is ${actual}; ` +
      `use a type like ${EXAMPLES[architecture]}, or set architecture to ${actual}`,
  );
}
