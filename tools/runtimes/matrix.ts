import type { RuntimeResult } from "./runners/runner.ts";

/** A runtime's results, and what arrived of its loss test. */
export interface Row {
  readonly runtime: string;
  readonly result?: RuntimeResult;
  /** Requests of the loss test. */
  readonly requests: number;
  /** Different spans of it that arrived. */
  readonly arrived: number;
  /** Spans of it that arrived once more. */
  readonly repeated: number;
  /** Why there is no result. */
  readonly missing?: string;
}

/** Clients that go away may do so before anybody hears of them: one in eleven does. */
const HANDLED_MIN = 0.88;

/**
 * True when nothing has failed, every span has arrived, and most requests were handled; what is
 * missing is no failure.
 */
export function isGood({ result, arrived, requests }: Row): boolean {
  if (result === undefined) return true;
  const { cases, state } = result;
  return cases.every(({ outcome }) => outcome !== "failed") && arrived === state.made &&
    state.handled >= requests * HANDLED_MIN;
}

/** The capabilities by runtime, with reasons below. */
export function matrixOf(rows: readonly Row[]): string[] {
  const names = [
    ...new Set(rows.flatMap(({ result }) => result?.cases.map(({ name }) => name) ?? [])),
  ];
  const width = Math.max(20, ...names.map(({ length }) => length)) + 1;
  const cell = (text: string, { runtime }: Row) => text.padStart(Math.max(9, runtime.length + 1));
  const line = (name: string, value: (row: Row) => string | number | undefined) =>
    name.padEnd(width) + rows.map((row) => cell(String(value(row) ?? "-"), row)).join("");
  const outcomeOf = ({ result }: Row, name: string) =>
    result?.cases.find((one) => one.name === name)?.outcome;
  return [
    line("", ({ runtime }) => runtime),
    ...names.map((name) => line(name, (row) => outcomeOf(row, name))),
    line("requests handled", ({ result }) => result?.state.handled),
    line("spans made", ({ result }) => result?.state.made),
    line("spans arrived", ({ result, arrived }) => result && arrived),
    line("spans lost", ({ result, arrived }) => result && result.state.made - arrived),
    line("arrived twice", ({ result, repeated }) => result && repeated),
    "",
    ...rows.flatMap(notesOf),
  ];
}

function notesOf({ runtime, result, missing }: Row): string[] {
  if (result === undefined) return [`${runtime}: ${missing}`];
  return [
    ...result.cases.filter(({ outcome }) => outcome !== "ok")
      .map(({ name, outcome, reason }) => `${runtime}: ${name} ${outcome}: ${reason}`),
    `${runtime}: ended by: ${result.ending}`,
  ];
}
