import { pathBetween, reachableFromMod, relativePath, resolveSpecifier } from "./graph.ts";
import { forbidden } from "./layers.ts";

type Rule = Deno.lint.Rule;
type Node = Deno.lint.Node;

/** Lines a file may have, and a test file. */
export const MAX_FILE_LINES = 400;
/** Lines a test file may have. */
export const MAX_TEST_LINES = 800;
/** Lines a function may have. */
export const MAX_FUNCTION_LINES = 70;

const isTest = (path: string) => path.endsWith("_test.ts");
const isLib = (path: string) => path.startsWith("lib/") || path === "mod.ts";

/** Calls `onImport` for each import and export of a file, with its node. */
function eachImport(onImport: (specifier: string, node: Node) => void): Deno.lint.LintVisitor {
  return {
    ImportDeclaration: (node) => onImport(node.source.value, node),
    ExportNamedDeclaration(node) {
      if (node.source !== null) onImport(node.source.value, node);
    },
    ExportAllDeclaration: (node) => onImport(node.source.value, node),
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") {
        onImport(node.source.value, node);
      }
    },
  };
}

/** Who may import whom: the table in layers.ts. */
export const layers: Rule = {
  create(context) {
    const from = relativePath(context.filename);
    return eachImport((specifier, node) => {
      const to = resolveSpecifier(from, specifier);
      const why = to === undefined ? undefined : forbidden(from, to);
      if (why !== undefined) {
        context.report({ node, message: `${from} may not import ${to}: ${why}` });
      }
    });
  },
};

/** No import cycles, types included. */
export const noCycles: Rule = {
  create(context) {
    const from = relativePath(context.filename);
    return eachImport((specifier, node) => {
      const to = resolveSpecifier(from, specifier);
      const way = to === undefined ? undefined : pathBetween(to, from);
      if (way !== undefined) {
        context.report({ node, message: `Import cycle: ${[from, ...way].join(" -> ")}` });
      }
    });
  },
};

const PLATFORM_NAMES: ReadonlySet<string> = new Set([
  "Deno",
  "process",
  "Buffer",
  "require",
  "__dirname",
  "__filename",
]);

/** Web APIs alone in whatever mod.ts loads. */
export const noPlatform: Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!reachableFromMod().has(path)) return {};
    return {
      ...eachImport((specifier, node) => {
        if (!specifier.startsWith(".")) {
          context.report({
            node,
            message: `${path} is loaded by mod.ts and imports "${specifier}": ` +
              "relative imports only, no node:, npm: or import map",
          });
        }
      }),
      Identifier(node) {
        if (PLATFORM_NAMES.has(node.name) && !isPropertyName(node)) {
          context.report({ node, message: `${path} is loaded by mod.ts and names ${node.name}` });
        }
      },
      MemberExpression(node) {
        const { object, property } = node;
        if (
          object.type === "Identifier" && object.name === "globalThis" &&
          property.type === "Identifier" && PLATFORM_NAMES.has(property.name)
        ) {
          context.report({
            node,
            message: `${path} is loaded by mod.ts and names globalThis.${property.name}`,
          });
        }
      },
    };
  },
};

function isPropertyName(node: Deno.lint.Identifier): boolean {
  const { parent } = node as unknown as { parent: Node };
  return (parent.type === "MemberExpression" && parent.property === node && !parent.computed) ||
    (parent.type === "Property" && parent.key === node && parent.value !== node);
}

const AMBIENT_CALLS: ReadonlySet<string> = new Set([
  "Date.now",
  "performance.now",
  "performance.timeOrigin",
  "Math.random",
  "crypto.getRandomValues",
  "crypto.randomUUID",
]);

/** Clock and randomness come in by the seams; only core reads the platform's. */
export const noAmbient: Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!path.startsWith("lib/") || path.startsWith("lib/core/") || isTest(path)) return {};
    const report = (node: Node, name: string) =>
      context.report({ node, message: `${name} outside lib/core: take a Clock or a Random` });
    return {
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type !== "Identifier" || property.type !== "Identifier") return;
        const name = `${object.name}.${property.name}`;
        if (AMBIENT_CALLS.has(name)) report(node, name);
      },
      NewExpression(node) {
        if (
          node.callee.type === "Identifier" && node.callee.name === "Date" &&
          node.arguments.length === 0
        ) report(node, "new Date()");
      },
    };
  },
};

/** Small rooms: no long file. */
export const fileLength: Rule = {
  create(context) {
    const path = relativePath(context.filename);
    const most = isTest(path) ? MAX_TEST_LINES : MAX_FILE_LINES;
    return {
      Program(node) {
        const lines = context.sourceCode.text.split("\n").length - 1;
        if (lines > most) {
          context.report({ node, message: `${path} has ${lines} lines, allowed are ${most}` });
        }
      },
    };
  },
};

/** No long function. */
export const functionLength: Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (isTest(path)) return {};
    const check = (
      node:
        | Deno.lint.FunctionDeclaration
        | Deno.lint.FunctionExpression
        | Deno.lint.ArrowFunctionExpression,
    ) => {
      const text = context.sourceCode.text.slice(node.range[0], node.range[1]);
      const lines = text.split("\n").length;
      if (lines > MAX_FUNCTION_LINES) {
        context.report({
          node,
          message: `A function of ${lines} lines, allowed are ${MAX_FUNCTION_LINES}`,
        });
      }
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

/** Every exported declaration of the library says what it is. */
export const documentedExports: Rule = {
  create(context) {
    const path = relativePath(context.filename);
    if (!isLib(path) || isTest(path)) return {};
    return {
      ExportNamedDeclaration(node) {
        if (node.declaration === null || node.declaration === undefined) return;
        const before = context.sourceCode.text.slice(0, node.range[0]).trimEnd();
        const withoutIgnores = before.replace(/(\n\s*\/\/[^\n]*)+$/, "").trimEnd();
        if (!withoutIgnores.endsWith("*/") || !isDocComment(withoutIgnores)) {
          context.report({ node, message: "An export without a documentation comment" });
        }
      },
    };
  },
};

function isDocComment(before: string): boolean {
  const start = before.lastIndexOf("/*");
  return before.startsWith("/**", start);
}
