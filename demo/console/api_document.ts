import { z } from "zod";

/** A question of the API and what answers it. */
export interface Route<P> {
  readonly path: string;
  readonly what: string;
  readonly query: z.ZodObject;
  readonly answer: (query: never, parts: P) => unknown;
}

/** A question that is answered elsewhere. */
interface Other {
  readonly path: string;
  readonly what: string;
  readonly query?: z.ZodObject;
  readonly path_parameter?: { readonly name: string; readonly schema: z.ZodType };
}

/** The OpenAPI document of the questions, from the schemas that check them. */
export function documentOf<P>(routes: readonly Route<P>[], others: readonly Other[]): object {
  const all: readonly Other[] = [...routes, ...others];
  return {
    openapi: "3.1.0",
    info: {
      title: "Sextant console",
      version: "1",
      description: "What was received by OTLP. 64-bit whole numbers are decimal text; " +
        "a wrong question is answered 400 with { error }.",
    },
    servers: [{ url: "/api" }],
    paths: Object.fromEntries(all.map((one) => [one.path, {
      get: {
        summary: one.what,
        parameters: [
          ...(one.path_parameter === undefined ? [] : [{
            name: one.path_parameter.name,
            in: "path",
            required: true,
            schema: schemaOf(one.path_parameter.schema),
          }]),
          ...parametersOf(one.query),
        ],
        responses: { 200: { description: "OK" }, 400: { description: "What is wrong" } },
      },
    }])),
  };
}

function parametersOf(query: z.ZodObject | undefined): object[] {
  return Object.entries(query?.shape ?? {}).map(([name, type]) => {
    const { description, ...schema } = schemaOf(type as z.ZodType);
    return {
      name,
      in: "query",
      required: !(type as z.ZodType).safeParse(undefined).success,
      description,
      schema,
    };
  });
}

function schemaOf(type: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { unrepresentable: "any" });
  return schema;
}
