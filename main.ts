import { App } from "cdktf";
import { loadConfiguration } from "./stacks/load-configuration";
import { PassThroughStack } from "./stacks/pass-through";
import { SquidBastionStack } from "./stacks/squid-bastion";
import { TcFilterStack } from "./stacks/tc-filter";
import { ensureAgentBundle } from "./tools/build-agent/ensure-agent-bundle";

try {
  const configuration = loadConfiguration();
  const archive = ensureAgentBundle();
  const app = new App();
  new PassThroughStack(app, "pass-through", { configuration, archive });
  new TcFilterStack(app, "tc-filter", { configuration, archive });
  new SquidBastionStack(app, "squid-bastion", { configuration, archive });
  app.synth();
} catch (error) {
  // Its message says what to correct; where in this program it was noticed helps nobody.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
