import type { Lab } from "../../../tools/lab/lab";
import { eventually } from "../../support/namespaces";

/** Seconds for Squid to be up again on a busy machine. */
const PATIENCE = 50;

/** Prints the status alone; an URL is to follow. */
export const CURL = ["curl", "-sS", "--max-time", "2", "-o", "/dev/null", "-w", "%{http_code}"];

/** @returns HTTP's status, or `curl` and its exit status, as `curl 28` where nothing answered */
export async function get(lab: Lab, url: string, host = "client"): Promise<string> {
  const { status, stdout } = await lab.exec(host, ...CURL, url);
  return status === 0 ? stdout : `curl ${String(status)}`;
}

/** What the client's HTTP and HTTPS to a server of the internet are answered with. */
export const getWeb = (lab: Lab): Promise<string[]> =>
  Promise.all(["http", "https"].map((scheme) => get(lab, `${scheme}://web.example.test/`)));

/** Waits until both are answered with 200. */
export function untilServed(lab: Lab): Promise<true> {
  let last: readonly string[] = [];
  const look = async () => ((last = await getWeb(lab)).every((one) => one === "200") ? true : undefined);
  return eventually("HTTP and HTTPS through Squid", look, () => last.join(" "), PATIENCE);
}
