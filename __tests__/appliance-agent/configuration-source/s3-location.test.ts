import { parseS3Location } from "../../../appliance-agent/src/configuration-source/s3-location";

test.each([
  ["s3://bucket/agent.json", "bucket", "agent.json"],
  ["s3://my.bucket-1/agent/eu-west-1a.json", "my.bucket-1", "agent/eu-west-1a.json"],
])("reads %s", (text, bucket, key) => {
  expect(parseS3Location(text)).toEqual({ bucket, key });
});

test.each([
  "",
  "s3://",
  "s3://bucket",
  "s3://bucket/",
  "s3://B/key",
  "https://bucket/key",
  "s3://ab/" + "k".repeat(1025),
])("fails on '%s'", (text) => {
  expect(() => parseS3Location(text)).toThrow(
    new Error(`--config-s3: not an S3 object, got '${text}'; write s3://<bucket>/<key>`),
  );
});
