/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$": "<rootDir>/__tests__/support/esbuild-transformer.cjs" },
  moduleFileExtensions: ["ts", "js", "cjs", "mjs", "json", "node"],
  maxWorkers: 2,
  // Milliseconds. What tests wait for has deadlines of its own; jest's five seconds are few for Terraform or an agent on a busy machine.
  testTimeout: 60_000,
  cacheDirectory: "<rootDir>/.cache/jest",
};
