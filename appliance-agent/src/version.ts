/** Version of this agent: the repository's, compiled into the bundle. */
export { version as AGENT_VERSION } from "../../package.json";
