import { join } from "node:path";
import { ensureAgentBundle } from "../build-agent/ensure-agent-bundle";
import { writeModules } from "./write-modules";

const written = writeModules(join(__dirname, "../../dist/terraform-modules"), ensureAgentBundle());
for (const { directory, resources } of written) {
  console.log(`${directory}  ${String(resources)} resource blocks`);
}
