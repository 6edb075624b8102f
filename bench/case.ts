/** What a case is: ours, the least it could cost, or what others do. */
export type Role = "ours" | "floor" | "rival";

/** One way to do one thing. */
export interface BenchCase {
  /** What is done, the same for all that are compared. */
  readonly group: string;
  /** Who does it. */
  readonly name: string;
  readonly role: Role;
  /** Prepares it, and gives what does it `count` times. */
  readonly setup: () => (count: number) => void;
}
