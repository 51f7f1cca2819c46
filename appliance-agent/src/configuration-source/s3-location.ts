/** An object in S3. */
export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Parses `s3://bucket/key`.
 *
 * @throws Error when it is not of that form
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function parseS3Location(text: string): S3Location {
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined || Buffer.byteLength(key) > 1024)
    throw new Error(`--config-s3: not an S3 object, got '${text}'; write s3://<bucket>/<key>`);
  return { bucket, key };
}
