/** The rules of the house that a machine can check. */
import {
  documentedExports,
  fileLength,
  functionLength,
  layers,
  noAmbient,
  noCycles,
  noPlatform,
} from "./rules.ts";

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "layers": layers,
    "no-cycles": noCycles,
    "no-platform": noPlatform,
    "no-ambient": noAmbient,
    "file-length": fileLength,
    "function-length": functionLength,
    "documented-exports": documentedExports,
  },
};

export default plugin;
