import type { DataPath } from "../datapath/data-path";
import { openPinnedDataPath } from "../datapath/open-pinned-data-path";
import type { CommandArguments } from "./command";
import { CommandError, EXIT } from "./exit-code";

/**
 * Lets a command read the data path that is pinned, whether its agent runs or not.
 *
 * @throws CommandError (not running) when nothing is pinned there
 */
export function withPinnedDataPath<T>(command: string, given: CommandArguments, read: (dataPath: DataPath) => T): T {
  const pins = given.text("pins");
  const dataPath = openPinnedDataPath(pins);
  if (dataPath === undefined)
    throw new CommandError(
      EXIT.notRunning,
      `${command}: no data path, got nothing pinned in ${pins}; start 'gwlb-agent run', or name its pins with --pins`,
    );
  try {
    return read(dataPath);
  } finally {
    dataPath.close();
  }
}
