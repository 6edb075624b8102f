/** The version of the OpenTelemetry Collector, of its builder and of every part. */
export const VERSION = "0.161.0";

const CORE = "go.opentelemetry.io/collector";
const CONTRIB = "github.com/open-telemetry/opentelemetry-collector-contrib";

/** What the builder is told to put together, by kind: Go modules. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  receivers: [`${CORE}/receiver/otlpreceiver`],
  processors: [
    `${CORE}/processor/batchprocessor`,
    `${CONTRIB}/processor/tailsamplingprocessor`,
    `${CONTRIB}/processor/probabilisticsamplerprocessor`,
  ],
  exporters: [
    `${CORE}/exporter/debugexporter`,
    `${CORE}/exporter/otlphttpexporter`,
    `${CONTRIB}/exporter/fileexporter`,
  ],
};

/** The builder's own module. */
export const BUILDER: string = `${CORE}/cmd/builder@v${VERSION}`;

/** More that can be asked for by name; they bring many modules along. */
export const MORE: Readonly<Record<string, string>> = {
  "load-balancing": `${CONTRIB}/exporter/loadbalancingexporter`,
};

/** Modules that a part names in a version which the Go proxy does not have, in one that it has. */
const REPLACES: Readonly<Record<string, readonly string[]>> = {
  "load-balancing": [replaced("github.com/aws/aws-sdk-go-v2/service/servicediscovery", "v1.40.2")],
};

function replaced(module: string, version: string): string {
  return `${module} => ${module} ${version}`;
}

/** The builder's manifest, which is YAML; JSON is YAML. */
export function manifestOf(outputPath: string, more: readonly string[] = []): string {
  const extra = more.map((name) => {
    if (!Object.hasOwn(MORE, name)) {
      throw new RangeError(`no part ${name}; there are: ${Object.keys(MORE).join(", ")}`);
    }
    return MORE[name];
  });
  const versioned = (modules: readonly string[]) =>
    modules.map((module) => ({ gomod: `${module} v${VERSION}` }));
  return JSON.stringify(
    {
      dist: { name: "collector", output_path: outputPath, version: VERSION },
      receivers: versioned(PARTS.receivers),
      processors: versioned(PARTS.processors),
      exporters: versioned([...PARTS.exporters, ...extra]),
      replaces: more.flatMap((name) => REPLACES[name] ?? []),
    },
    null,
    2,
  );
}
