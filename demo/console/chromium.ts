/** Where Debian, others and Google put it. */
export const CHROMIUM: readonly string[] = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser of this machine, if there is one. */
export async function findChromium(): Promise<string | undefined> {
  for (const path of CHROMIUM) {
    if ((await Deno.stat(path).catch(() => undefined))?.isFile) return path;
  }
}
