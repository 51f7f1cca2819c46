import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { ENDPOINT, SERVER, withPath } from "../../../tools/end-to-end/path";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { withSmallFileSystem } from "../../support/small-file-system";
import { ping } from "./traffic";

const ROUTED = { version: 1, mode: "routed", geneveSources: ["10.99.0.0/24"], sysctls: ROUTED_SYSCTLS } as const;

/** After it has made devices, the agent looks at the host five times in 2 s. */
const SEVERAL_LOOKS_MS = 3000;

describeAsRoot("an agent whose directory is full", () => {
  test("serves a new endpoint and stays ready, says so once, and notes the endpoint when there is room", async () => {
    await withPath(async (path) => {
      const run = join(path.directory, "run");
      mkdirSync(run);
      await withSmallFileSystem(async ({ leave }) => {
        const agent = await path.startAgent(ROUTED);
        const endpoints = join(run, "endpoints.json");
        const lines = (text: string) => agent.log().split(text).length - 1;
        leave(0);
        expect(ping(path, "client", SERVER.ipv4)).toBe(true);
        const unwritten = `${endpoints}: cannot be written, got 'ENOSPC`;
        await eventually("the endpoint cannot be noted", () => lines(unwritten) || undefined);
        await new Promise((later) => setTimeout(later, SEVERAL_LOOKS_MS));
        expect(agent.health("/readyz").status).toBe(200);
        expect([lines(unwritten), lines("cannot write the status files")]).toEqual([1, 1]);
        leave(65_536);
        await eventually("the status files are written", () => lines("status files can be written again") || undefined);
        expect(Object.keys(JSON.parse(readFileSync(endpoints, "utf8")) as object)).toEqual([ENDPOINT]);
        expect(path.agent("status").out).not.toContain("ENOSPC");
        await agent.end("SIGINT");
      }, run);
    });
  });
});
