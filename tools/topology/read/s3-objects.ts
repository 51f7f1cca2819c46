import { text } from "../resource";
import { S3Object } from "../topology";
import { partOf, Resources } from "./resources";

/** Objects that the plan uploads, with their content where the plan holds it. */
export function readS3Objects(resources: Resources): readonly S3Object[] {
  return resources.ofType("aws_s3_object", "aws_s3_bucket_object").map((resource) => {
    const encoded = text(resource.values, "content_base64");
    return {
      ...partOf(resource),
      bucket: text(resource.values, "bucket"),
      key: text(resource.values, "key"),
      content:
        text(resource.values, "content") ??
        (encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8")),
      source: text(resource.values, "source"),
    };
  });
}
