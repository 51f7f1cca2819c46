import { App } from "cdktf";
import { parseConfiguration } from "../../stacks/parse-configuration";
import { PassThroughStack } from "../../stacks/pass-through";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const configuration = parseConfiguration("examples/pass-through", "{ region: eu-west-1, zones: [eu-west-1a] }");
const app = new App();
new PassThroughStack(app, "pass-through", { configuration, archive: ensureAgentBundle() });
app.synth();
