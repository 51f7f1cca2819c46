"use strict";

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const esbuild = require("esbuild");

const self = readFileSync(__filename);

/** Compiles one TypeScript file for jest. Types are checked by `npm run check`, once, not here in every test run. */
module.exports = {
  process: (source, filename) =>
    esbuild.transformSync(source, {
      loader: "ts",
      format: "cjs",
      target: "node20",
      /* jest: "A dynamic import callback was invoked without --experimental-vm-modules". */
      supported: { "dynamic-import": false },
      sourcefile: filename,
      sourcemap: "inline",
    }),
  getCacheKey: (source, filename, { instrument }) =>
    createHash("sha256")
      .update(self)
      .update(esbuild.version)
      .update(filename)
      .update(source)
      .update(String(instrument))
      .digest("hex"),
};
