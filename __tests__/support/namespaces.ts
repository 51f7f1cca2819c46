export * from "../../tools/netns/namespaces";

/** Why namespaces cannot be made here, or undefined. With REQUIRE_ROOT=1 the caller must run anyway, and fail. */
export const noRoot: string | undefined =
  process.getuid?.() === 0 || process.env.REQUIRE_ROOT === "1"
    ? undefined
    : "needs root: network namespaces and bpf(2)";

/** `describe` where namespaces can be made; elsewhere a skipped group that says why. */
export const describeAsRoot = (name: string, body: () => void): void => {
  if (noRoot) describe.skip(`${name} (${noRoot})`, body);
  else describe(name, body);
};
