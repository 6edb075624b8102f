/** A scale: takes a value to a place on the page. */
export interface Scale {
  (value: number): number;
  ticks(count?: number): number[];
}

/** Text as it may stand in HTML. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** Room around the plot, in pixels of its view box. */
export interface Margins {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

/** A figure with a title and a description for those who don't see it. */
export function figure(
  title: string,
  description: string,
  width: number,
  height: number,
  body: readonly string[],
): string {
  return `<figure><figcaption><h2>${escape(title)}</h2><p>${escape(description)}</p></figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">` +
    `${body.join("")}</svg></figure>`;
}

/** Words at a place. */
export function text(
  x: number,
  y: number,
  words: string,
  anchor: "start" | "middle" | "end" = "start",
  className = "",
): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"` +
    `${className === "" ? "" : ` class="${className}"`}>${escape(words)}</text>`;
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${
    y2.toFixed(1)
  }" class="${className}"/>`;
}

/** Lines from top to bottom at a scale's ticks, with their values below. */
export function xAxis(
  scale: Scale,
  top: number,
  bottom: number,
  label: (value: number) => string,
  ticks: readonly number[] = scale.ticks(8),
): string {
  return ticks.map((tick) =>
    line(scale(tick), top, scale(tick), bottom, "grid") +
    text(scale(tick), bottom + 16, label(tick), "middle", "tick")
  ).join("");
}

/** Lines from left to right at a scale's ticks, with their values on the left. */
export function yAxis(
  scale: Scale,
  left: number,
  right: number,
  label: (value: number) => string,
  ticks: readonly number[] = scale.ticks(6),
): string {
  return ticks.map((tick) =>
    line(left, scale(tick), right, scale(tick), "grid") +
    text(left - 6, scale(tick) + 4, label(tick), "end", "tick")
  ).join("");
}

/** The class that colours an arm: the first ones are neutral. */
export function armClass(index: number): string {
  return index < 2 ? `arm base` : `arm arm${(index - 2) % 10}`;
}

/** Places for labels that would lie on each other: moved down until each has its height. */
export function spread(wanted: readonly number[], height: number): number[] {
  const order = wanted.map((y, index) => ({ y, index })).toSorted((a, b) => a.y - b.y);
  const placed: number[] = Array(wanted.length).fill(0);
  let lowest = -Infinity;
  for (const { y, index } of order) {
    lowest = Math.max(y, lowest + height);
    placed[index] = lowest;
  }
  return placed;
}

/** The ticks of a log scale that leave room for their labels: 1, 2 and 5 of each decade. */
export function logTicks(scale: { ticks(count?: number): number[] }): number[] {
  return scale.ticks(10).filter((tick) => /^[125]e/.test(tick.toExponential()));
}
