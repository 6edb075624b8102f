/** Who records, in OpenTelemetry's names: `service.name` is always there. */
export interface Resource {
  /** `service.name`. */
  readonly service: string;
  /** All attributes, `service.name` included. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** The version of this library. */
export const VERSION = "0.1.0";
