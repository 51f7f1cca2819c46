/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/__tests__"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$": "<rootDir>/__tests__/support/esbuild-transformer.cjs" },
  moduleFileExtensions: ["ts", "js", "cjs", "mjs", "json", "node"],
  maxWorkers: 2,
  cacheDirectory: "<rootDir>/.cache/jest",
};
