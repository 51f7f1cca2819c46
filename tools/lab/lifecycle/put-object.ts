import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { StoredContent } from "../plan/load-plan";

/** Writes an object where a lab's S3 finds it. @param path `<bucket>/<key>` */
export function putObject(directory: string, path: string, object: StoredContent): void {
  const file = join(directory, "s3", path);
  mkdirSync(dirname(file), { recursive: true });
  if ("content" in object) writeFileSync(file, object.content);
  else cpSync(object.file, file);
}
