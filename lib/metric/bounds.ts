/** @throws {RangeError} When bounds are not finite numbers that increase. */
export function checkBounds(where: string, bounds: readonly number[]): void {
  const isRight = Array.isArray(bounds) &&
    bounds.every((bound, index) =>
      Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1])
    );
  if (!isRight) {
    throw new RangeError(
      `${where} is ${[bounds].flat().join(", ")}, allowed are numbers that increase`,
    );
  }
}
