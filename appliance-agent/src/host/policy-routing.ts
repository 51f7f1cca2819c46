import type { Family } from "../rules/cidr";
import { ROUTE_PROTOCOL, parsePolicyRouting, type PolicyRouting } from "../rules/policy-routing";
import { runProgram } from "./run-program";

/** Our rules and routes, as the kernel has them. */
export async function readPolicyRouting(family: Family): Promise<PolicyRouting> {
  const ip = ["ip", "-json", family === "ipv4" ? "-4" : "-6"] as const;
  const [rules, routes] = await Promise.all([
    runProgram([...ip, "rule", "show"]),
    runProgram([...ip, "route", "show", "table", "all", "protocol", String(ROUTE_PROTOCOL)]),
  ]);
  return parsePolicyRouting(family, rules, routes);
}

interface RouteJson {
  readonly dev?: string;
  readonly metric?: number;
}

/** The interface of the main table's default route of IPv4, the one with the lowest metric; undefined without any. */
export async function defaultRouteInterface(): Promise<string | undefined> {
  const text = await runProgram(["ip", "-json", "-4", "route", "show", "default", "table", "main"]);
  const routes = text.trim() === "" ? [] : (JSON.parse(text) as RouteJson[]);
  const [best] = routes.filter(({ dev }) => dev).sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
  return best?.dev;
}
