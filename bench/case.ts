/** What a case is: ours, the least it could cost, or what others do. */
export type Role = "ours" | "floor" | "rival";

/** Does something `count` times. */
export type Work = (count: number) => void | Promise<void>;

/** One way to do one thing. */
export interface BenchCase {
  /** What is done, the same for all that are compared. */
  readonly group: string;
  /** Who does it. */
  readonly name: string;
  readonly role: Role;
  /** Prepares it, and gives what does it `count` times. */
  readonly setup: () => Work | Promise<Work>;
  /** Whether the heap's growth over a million is shown as well. */
  readonly showsHeap?: boolean;
  /** So many of what it makes are held at once: bytes of each are shown, in place of a time. */
  readonly holds?: number;
}
