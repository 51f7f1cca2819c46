import { App } from "cdktf";
import { parseConfiguration } from "../../stacks/parse-configuration";
import { SquidBastionStack } from "../../stacks/squid-bastion";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const configuration = parseConfiguration("examples/squid-bastion", "{ region: eu-west-1, zones: [eu-west-1a] }");
const app = new App();
new SquidBastionStack(app, "squid-bastion", { configuration, archive: ensureAgentBundle() });
app.synth();
