import { App } from "cdktf";
import { parseConfiguration } from "../../stacks/parse-configuration";
import { TcFilterStack } from "../../stacks/tc-filter";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const configuration = parseConfiguration("examples/tc-filter", "{ region: eu-west-1, zones: [eu-west-1a] }");
const app = new App();
new TcFilterStack(app, "tc-filter", { configuration, archive: ensureAgentBundle() });
app.synth();
