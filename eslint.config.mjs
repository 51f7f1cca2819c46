import js from "@eslint/js";
import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";

const providerRoot = {
  regex: "^@cdktf/provider-aws(/lib)?$",
  message: "import by resource, '@cdktf/provider-aws/lib/vpc': the root loads 2,600 modules (docs/performance.md)",
};

/** Imports that a folder may not make: dependencies point one way (ARCHITECTURE.md). */
const only = (files, ...patterns) => ({
  files,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns: [providerRoot, ...patterns] }] },
});
const io = {
  group: [
    "fs",
    "net",
    "dgram",
    "child_process",
    "node:fs",
    "node:fs/*",
    "node:net",
    "node:dgram",
    "node:http",
    "node:https",
    "node:child_process",
    "koffi",
    "**/datapath/*",
  ],
  message: "this folder is pure: it takes values and returns values",
};
const tests = { group: ["**/__tests__/**"], message: "nothing outside __tests__ imports tests" };

export default tseslint.config(
  { ignores: ["node_modules", "cdktf.out", "dist", ".cache", "coverage"] },
  js.configs.recommended,
  { files: ["**/*.ts"], extends: [tseslint.configs.strict, tseslint.configs.stylistic] },
  {
    files: ["**/*.{mjs,cjs,js}"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        require: "readonly",
        module: "writable",
        __filename: "readonly",
      },
    },
  },
  {
    files: ["**/*.ts"],
    plugins: { jsdoc },
    rules: {
      "no-warning-comments": ["error", { terms: ["todo", "fixme", "xxx"], location: "start" }],
      "@typescript-eslint/no-extraneous-class": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["modules/**/*.ts", "stacks/**/*.ts", "appliance-agent/src/**/*.ts", "tools/**/*.ts"],
    plugins: { jsdoc },
    rules: {
      "jsdoc/require-jsdoc": [
        "error",
        {
          publicOnly: true,
          require: { ClassDeclaration: true, FunctionDeclaration: true },
          contexts: [
            "TSInterfaceDeclaration",
            "TSTypeAliasDeclaration",
            "ExportNamedDeclaration > VariableDeclaration",
          ],
        },
      ],
    },
  },
  { files: ["__tests__/support/**/*.ts"], rules: { "@typescript-eslint/no-explicit-any": "off" } },
  only(["**/*.ts"]),
  only(["tools/**/*.ts", "bench/**/*.ts", "main.ts"], tests),
  only(["modules/**/*.ts"], tests, {
    group: ["**/stacks/**", "**/tools/**"],
    message: "modules do not know stacks or tools",
  }),
  only(["stacks/**/*.ts"], tests, {
    group: ["**/appliance-agent/src/{datapath,control,commands}/**", "**/tools/**"],
    message: "stacks ship the agent's configuration; they never run its data path",
  }),
  only(["appliance-agent/src/{codec,rules,control}/**/*.ts", "tools/{topology,appliance-rules}/**/*.ts"], tests, io),
  only(["__tests__/**/*.ts"]),
);
