/**
 * Names and values that describe a span, a log line or a resource.
 *
 * Any value is taken and none is ever thrown at: strings, booleans, finite numbers, bigints and
 * arrays go onto the wire as they are, everything else by the mapping of {@linkcode plainValue}.
 * An object handed over is read when the record is written; do not change it in between.
 */
export type Attributes = Readonly<Record<string, unknown>>;
