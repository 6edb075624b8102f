/** Makes a body smaller; undefined where that doesn't pay or can't be done. */
export type Compress = (
  body: Uint8Array<ArrayBuffer>,
) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** Bodies below this many bytes gain little by compression. */
const MIN_BYTES = 1024;

/**
 * The body by gzip (RFC 1952), from 1 KiB up and where that makes it smaller; undefined otherwise,
 * and where the platform has no `CompressionStream`.
 */
export async function gzip(
  body: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body.length < MIN_BYTES || typeof CompressionStream === "undefined") return undefined;
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  return packed.length < body.length ? packed : undefined;
}
