import { Generator, type GeneratorOptions, type Run } from "./generator";

/**
 * The generator as a process of its own, in the namespace that it sends from: the options as JSON in the first argument,
 * then a run a message. It ends when its parent does.
 */
const [options = "{}"] = process.argv.slice(2);
const { applianceMac, ...rest } = JSON.parse(options) as Omit<GeneratorOptions, "applianceMac"> & {
  readonly applianceMac: string;
};
const generator = new Generator({ ...rest, applianceMac: Buffer.from(applianceMac.replaceAll(":", ""), "hex") });

process.on("message", (run: Run) => {
  generator.run(run).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({});
