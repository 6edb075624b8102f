import { balancerConfig, samplerConfig } from "./collector.ts";
import type { CollectorSampling } from "./sampling.ts";
import type { Resource } from "./schema.ts";
import type { K6Test } from "../k6/test_plan.ts";

/** What a cluster is made from. */
export interface ClusterParts {
  readonly namespace: string;
  /** How many k6 processes, each with a segment of the test. */
  readonly runners: number;
  /** An image of k6 with the extension: k6.Dockerfile. */
  readonly k6Image: string;
  /** An image that serves the arm in SEXTANT_ARM on PORT: shop.Dockerfile. */
  readonly armImage: string;
  /** Environment of each arm besides. */
  readonly armEnv: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly test: Omit<K6Test, "arms"> & {
    readonly arms: readonly Omit<K6Test["arms"][number], "url">[];
  };
  /** The text of loadtest/k6/shop.ts. */
  readonly script: string;
  readonly sampling: CollectorSampling;
  /** Collectors that decide about traces. */
  readonly samplers: number;
  /** Where telemetry goes in the end; undefined: into the collectors' logs. */
  readonly endpoint: string | undefined;
}

/** A cluster's resources, in the order in which they are applied, by file. */
export interface Cluster {
  readonly files: Readonly<Record<string, readonly Resource[]>>;
  readonly test: K6Test;
  /** Where the collectors differ from the library. */
  readonly notes: readonly string[];
}

const COLLECTOR_IMAGE = "otel/opentelemetry-collector-contrib:0.161.0";
const ARM_PORT = 8080;
const OTLP_HTTP = 4318;
const OTLP_GRPC = 4317;

/** The resources of a cluster that runs a plan. */
export function clusterOf(parts: ClusterParts): Cluster {
  const { namespace } = parts;
  const test: K6Test = {
    ...parts.test,
    arms: parts.test.arms.map((arm, index) => ({
      ...arm,
      url: `http://${armName(index)}.${namespace}.svc.cluster.local:${ARM_PORT}`,
    })),
  };
  const { tiers, notes } = collectorTiers(parts);
  return {
    test,
    notes,
    files: {
      "0-namespace.yaml": [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }],
      "1-collector.yaml": tiers,
      "2-arms.yaml": test.arms.flatMap((arm, index) => armResources(parts, arm.name, index)),
      "3-test.yaml": [configMap(parts, "sextant-test", {
        "shop.ts": parts.script,
        "test.json": JSON.stringify(test, null, 2) + "\n",
      })],
      "4-run.yaml": [testRun(parts)],
    },
  };
}

/** A name that Kubernetes takes, whatever the arm's is; the arm's own is in the environment. */
function armName(index: number): string {
  return `arm-${index}`;
}

function meta({ namespace }: ClusterParts, name: string) {
  return { name, namespace, labels: labelsOf(name) };
}

function labelsOf(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "sextant" };
}

function configMap(parts: ClusterParts, name: string, data: Record<string, string>): Resource {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: meta(parts, name), data };
}

function service(
  parts: ClusterParts,
  name: string,
  port: { readonly name: string; readonly port: number },
  isHeadless = false,
): Resource {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: meta(parts, name),
    spec: {
      ...(isHeadless ? { clusterIP: "None" as const } : {}),
      selector: { "app.kubernetes.io/name": name },
      ports: [{ name: port.name, port: port.port, targetPort: port.port }],
    },
  };
}

function armResources(parts: ClusterParts, arm: string, index: number): Resource[] {
  const name = armName(index);
  const endpoint = `http://collector.${parts.namespace}.svc.cluster.local:${OTLP_HTTP}`;
  const env = {
    SEXTANT_ARM: arm,
    PORT: String(ARM_PORT),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...parts.armEnv[arm],
  };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: meta(parts, name),
      spec: {
        // One process an arm, on a core of its own: what it needs is then its own.
        replicas: 1,
        selector: { matchLabels: { "app.kubernetes.io/name": name } },
        template: {
          metadata: { labels: labelsOf(name) },
          spec: {
            containers: [{
              name: "arm",
              image: parts.armImage,
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              ports: [{ name: "http", containerPort: ARM_PORT }],
              resources: resourcesOf("1", "512Mi"),
              readinessProbe: {
                httpGet: {
                  path: parts.test.scenario === "shop" ? "/healthz" : parts.test.path,
                  port: ARM_PORT,
                },
                periodSeconds: 2,
              },
            }],
          },
        },
      },
    },
    service(parts, name, { name: "http", port: ARM_PORT }),
  ];
}

/** The same asked for and allowed: a pod that may take what is free measures its neighbours. */
function resourcesOf(cpu: string, memory: string) {
  return { requests: { cpu, memory }, limits: { cpu, memory } };
}

function collectorTiers(parts: ClusterParts): { tiers: Resource[]; notes: readonly string[] } {
  const samplersName = "collector-samplers";
  const { endpoint } = parts;
  const balancer = balancerConfig(
    { http: `0.0.0.0:${OTLP_HTTP}` },
    {
      hostname: `${samplersName}.${parts.namespace}.svc.cluster.local`,
      port: OTLP_GRPC,
    },
    { endpoint },
  );
  const sampler = samplerConfig({ grpc: `0.0.0.0:${OTLP_GRPC}` }, parts.sampling, { endpoint });
  const pod = (name: string, port: { name: string; containerPort: number }) => ({
    metadata: { labels: labelsOf(name) },
    spec: {
      containers: [{
        name: "collector",
        image: COLLECTOR_IMAGE,
        args: ["--config=/etc/collector/config.yaml"],
        ports: [port],
        resources: resourcesOf("1", "1Gi"),
        volumeMounts: [{ name: "config", mountPath: "/etc/collector" }],
      }],
      volumes: [{ name: "config", configMap: { name } }],
    },
  });
  const config = (value: unknown) => ({ "config.yaml": JSON.stringify(value, null, 2) + "\n" });
  const spec = (name: string, port: { name: string; containerPort: number }, replicas: number) => ({
    replicas,
    selector: { matchLabels: { "app.kubernetes.io/name": name } },
    template: pod(name, port),
  });
  return {
    notes: sampler.notes,
    tiers: [
      configMap(parts, samplersName, config(sampler.config)),
      service(parts, samplersName, { name: "otlp-grpc", port: OTLP_GRPC }, true),
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: meta(parts, samplersName),
        spec: {
          serviceName: samplersName,
          ...spec(samplersName, { name: "otlp-grpc", containerPort: OTLP_GRPC }, parts.samplers),
        },
      },
      configMap(parts, "collector", config(balancer)),
      service(parts, "collector", { name: "otlp-http", port: OTLP_HTTP }),
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: meta(parts, "collector"),
        spec: spec("collector", { name: "otlp-http", containerPort: OTLP_HTTP }, 2),
      },
    ],
  };
}

function testRun(parts: ClusterParts): Resource {
  const env = [
    { name: "K6_AUTO_EXTENSION_RESOLUTION", value: "false" },
    { name: "K6_NO_USAGE_REPORT", value: "true" },
  ];
  return {
    apiVersion: "k6.io/v1alpha1",
    kind: "TestRun",
    metadata: meta(parts, "sextant"),
    spec: {
      parallelism: parts.runners,
      script: { configMap: { name: "sextant-test", file: "shop.ts" } },
      // Into the log, which outlives the process; and nothing that grows with requests.
      arguments: "--out sextant=- --summary-mode=disabled --no-thresholds",
      // Runners on nodes of their own don't take each other's core.
      separate: true,
      quiet: "true",
      initializer: { image: parts.k6Image, env },
      runner: {
        image: parts.k6Image,
        env,
        resources: resourcesOf("2", "1Gi"),
        metadata: { labels: labelsOf("runner") },
      },
    },
  };
}
