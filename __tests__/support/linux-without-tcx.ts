import { join } from "node:path";

/** Environment in which a Node program finds a kernel without tcx, as before Linux 6.6. */
export const LINUX_WITHOUT_TCX = { NODE_OPTIONS: `--require ${join(__dirname, "linux-without-tcx.cjs")}` } as const;
