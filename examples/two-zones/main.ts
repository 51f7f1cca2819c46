import { App } from "cdktf";
import { parseConfiguration } from "../../stacks/parse-configuration";
import { PassThroughStack } from "../../stacks/pass-through";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const configuration = parseConfiguration("examples/two-zones", "{ zones: [eu-west-1a, eu-west-1b] }");
const app = new App();
new PassThroughStack(app, "two-zones", { configuration, archive: ensureAgentBundle() });
app.synth();
