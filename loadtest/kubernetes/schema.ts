import { z } from "zod";

/** A label's value, and a name: RFC 1123, as Kubernetes asks for. */
export const dnsLabel = z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/);

const labels = z.record(z.string(), z.string());

const metadata = z.strictObject({
  name: dnsLabel,
  namespace: dnsLabel.optional(),
  labels: labels.optional(),
});

const resources = z.strictObject({
  requests: z.record(z.string(), z.string()).optional(),
  limits: z.record(z.string(), z.string()).optional(),
});

const envVar = z.strictObject({ name: z.string(), value: z.string() });

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.int() }),
  periodSeconds: z.int(),
});

const container = z.strictObject({
  name: dnsLabel,
  image: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: z.array(envVar).optional(),
  ports: z.array(z.strictObject({ name: dnsLabel, containerPort: z.int().min(1).max(65_535) })),
  resources,
  readinessProbe: probe.optional(),
  volumeMounts: z.array(z.strictObject({ name: dnsLabel, mountPath: z.string() })).optional(),
});

const podTemplate = z.strictObject({
  metadata: z.strictObject({ labels }),
  spec: z.strictObject({
    containers: z.array(container).min(1),
    volumes: z.array(z.strictObject({
      name: dnsLabel,
      configMap: z.strictObject({ name: dnsLabel }),
    })).optional(),
  }),
});

const workload = z.strictObject({
  replicas: z.int().min(1),
  selector: z.strictObject({ matchLabels: labels }),
  template: podTemplate,
});

const namespaceSchema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Namespace"),
  metadata,
});

const configMapSchema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("ConfigMap"),
  metadata,
  data: z.record(z.string(), z.string()),
});

const serviceSchema = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata,
  spec: z.strictObject({
    clusterIP: z.literal("None").optional(),
    selector: labels,
    ports: z.array(z.strictObject({ name: dnsLabel, port: z.int(), targetPort: z.int() })).min(1),
  }),
});

const deploymentSchema = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata,
  spec: workload,
});

const statefulSetSchema = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("StatefulSet"),
  metadata,
  spec: workload.extend({ serviceName: dnsLabel }),
});

/** A pod of the k6 operator: the fields of its resource that are used here. */
const operatorPod = z.strictObject({
  image: z.string().min(1),
  env: z.array(envVar).optional(),
  resources: resources.optional(),
  metadata: z.strictObject({ labels }).optional(),
});

const testRunSchema = z.strictObject({
  apiVersion: z.literal("k6.io/v1alpha1"),
  kind: z.literal("TestRun"),
  metadata,
  spec: z.strictObject({
    parallelism: z.int().min(1),
    script: z.strictObject({
      configMap: z.strictObject({ name: dnsLabel, file: z.string() }),
    }),
    arguments: z.string(),
    separate: z.boolean(),
    // Strings, as the operator's resource has them.
    quiet: z.enum(["true", "false"]),
    cleanup: z.literal("post").optional(),
    initializer: operatorPod,
    runner: operatorPod,
  }),
});

/** Every resource that is generated: strict, so that a misspelt field is refused. */
export const resourceSchema = z.discriminatedUnion("kind", [
  namespaceSchema,
  configMapSchema,
  serviceSchema,
  deploymentSchema,
  statefulSetSchema,
  testRunSchema,
]);

/** A resource of the cluster. */
export type Resource = z.infer<typeof resourceSchema>;
