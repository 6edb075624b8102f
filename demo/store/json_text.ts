/** Attributes or events as JSON, whatever is in them: large whole numbers as text, bytes in base64. */
export function json(value: unknown): string {
  return isPlain(value) ? JSON.stringify(value) : JSON.stringify(value, (_key, item) => {
    if (typeof item === "bigint") return item.toString();
    return item instanceof Uint8Array ? item.toBase64() : item;
  });
}

/** Whether JSON knows all that is in it; to be called for each value would take three times as long. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "bigint";
  for (const item of Object.values(value)) {
    if (typeof item === "bigint" || typeof item === "object" && item !== null) return false;
  }
  return true;
}
