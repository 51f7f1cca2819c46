import { App } from "cdktf";
import { parseConfiguration } from "../../stacks/parse-configuration";
import { TcFilterStack } from "../../stacks/tc-filter";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";

const configuration = parseConfiguration(
  "examples/own-filter-rules",
  `
filter:
  rules:
    - name: dns-to-our-resolver
      match: { protocol: udp, destination: [192.0.2.53/32], destinationPorts: [53] }
      action: forward
    - name: no-other-dns
      match: { protocol: udp, destinationPorts: [53] }
      action: drop
    - name: no-remote-desktop
      match: { protocol: tcp, destinationPorts: [3389, [5900, 5909]] }
      action: drop
`,
);
const app = new App();
new TcFilterStack(app, "own-filter-rules", { configuration, archive: ensureAgentBundle() });
app.synth();
