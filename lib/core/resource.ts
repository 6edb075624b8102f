/** Who records, in OpenTelemetry's names: `service.name` is always there. */
export interface Resource {
  /** `service.name`. */
  readonly service: string;
  /** All attributes, `service.name` included. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** The name and version of this library: `telemetry.sdk.*` and the User-Agent. */
export const SDK = { name: "sextant", language: "webjs", version: "0.1.0" } as const;
