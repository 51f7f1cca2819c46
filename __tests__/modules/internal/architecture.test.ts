import { architectureOf, requireArchitecture } from "../../../modules/internal/architecture";

test.each([
  ["t4g.micro", "arm64"],
  ["a1.medium", "arm64"],
  ["c7gn.16xlarge", "arm64"],
  ["im4gn.large", "arm64"],
  ["is4gen.medium", "arm64"],
  ["r8g.metal-24xl", "arm64"],
  ["g5g.xlarge", "arm64"],
  ["t3.micro", "x86_64"],
  ["g4dn.xlarge", "x86_64"],
  ["gr6.4xlarge", "x86_64"],
  ["m7i-flex.large", "x86_64"],
  ["u7i-12tb.224xlarge", "x86_64"],
  ["c6in.metal", "x86_64"],
  ["micro", undefined],
])("%s is %s", (instanceType, architecture) => {
  expect(architectureOf(instanceType)).toBe(architecture);
});

test("a type of the architecture is accepted", () => {
  expect(() => requireArchitecture("appliance", "t4g.micro", "arm64")).not.toThrow();
});

test.each([
  [
    "t3.micro",
    "arm64",
    "appliance: instanceType must be of architecture arm64, got 't3.micro', which is x86_64; " +
      "use a type like t4g.micro, or set architecture to x86_64",
  ],
  [
    "t4g.micro",
    "x86_64",
    "appliance: instanceType must be of architecture x86_64, got 't4g.micro', which is arm64; " +
      "use a type like t3.micro, or set architecture to arm64",
  ],
  ["small", "arm64", "appliance: instanceType must be an EC2 instance type, got 'small'; use t4g.micro"],
] as const)("fails with %s where %s is asked for", (instanceType, architecture, message) => {
  expect(() => requireArchitecture("appliance", instanceType, architecture)).toThrow(new Error(message));
});
