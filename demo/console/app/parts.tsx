/// <reference lib="dom" />
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { change, type Place, RANGES, useApi, useDraft } from "./state.ts";
import { safe } from "./text.ts";

/** Scrolls sideways where the page is too narrow, by the keyboard as well. */
export function Scroll(
  { label, children }: { label: string; children: ComponentChildren },
): VNode {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}

/** Says what went wrong; nothing when nothing did. */
export function Problem({ text }: { text: string | undefined }): VNode | null {
  return text === undefined ? null : <p class="problem" role="alert">{safe(text, 500)}</p>;
}

/** What is shown where there is nothing: why, and what to do. */
export function Empty(
  { title, children }: { title: string; children?: ComponentChildren },
): VNode {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

/** A service with its colour. */
export function Service({ name, color }: { name: string; color: string }): VNode {
  return (
    <span class="service">
      <span class={`dot ${color}`} aria-hidden="true" />
      {safe(name, 60)}
    </span>
  );
}

/** Sets lengths that depend on data, through the object model: the policy allows no style in markup. */
export function Sized(
  { tag = "span", className, style, children, title }: {
    tag?: "span" | "div";
    className: string;
    style: Readonly<Record<string, string>>;
    children?: ComponentChildren;
    title?: string;
  },
): VNode {
  const element = useRef<HTMLElement>(null);
  const text = JSON.stringify(style);
  useEffect(() => void Object.assign(element.current!.style, style), [text]);
  const Tag = tag;
  return (
    <Tag ref={element as never} class={className} title={title}>
      {children}
    </Tag>
  );
}

/** A bar of a part of its place. */
export function Bar(
  { part, className = "", from = 0 }: { part: number; className?: string; from?: number },
): VNode {
  return (
    <span class="bar-place" aria-hidden="true">
      {part > 0 && (
        <Sized
          className={`bar-part ${className}`}
          style={{ insetInlineStart: `${from * 100}%`, inlineSize: `max(2px, ${part * 100}%)` }}
        />
      )}
    </span>
  );
}

interface FieldProps {
  readonly place: Place;
  readonly name: string;
  readonly label: string;
}

/** Choices of a parameter of the view. */
export function Select(
  { place, name, label, options, fallback = "" }: FieldProps & {
    options: readonly (readonly [value: string, text: string])[];
    fallback?: string;
  },
): VNode {
  const value = place.params.get(name) ?? fallback;
  const isListed = options.some(([one]) => one === value);
  return (
    <label>
      {label}
      <select
        value={value}
        onChange={(event) => change(place, { [name]: event.currentTarget.value })}
      >
        {!isListed && <option value={value}>{safe(value, 60)}</option>}
        {options.map(([one, text]) => <option key={one} value={one}>{safe(text, 60)}</option>)}
      </select>
    </label>
  );
}

/** A parameter of the view as text. */
export function Text(
  { place, name, label, type = "search", placeholder, isWide = false, atOnce = false }:
    & FieldProps
    & {
      type?: "search" | "number";
      placeholder?: string;
      isWide?: boolean;
      /** Asks with every letter, not at the end. */
      atOnce?: boolean;
    },
): VNode {
  const value = place.params.get(name) ?? "";
  const [shown, write] = useDraft(value);
  const set = (event: { currentTarget: HTMLInputElement }) =>
    change(place, { [name]: event.currentTarget.value });
  return (
    <label class={isWide ? "grow" : ""}>
      {label}
      <input
        type={type}
        min={type === "number" ? 0 : undefined}
        step={type === "number" ? "any" : undefined}
        placeholder={placeholder}
        value={shown}
        onInput={atOnce ? set : (event) => write(event.currentTarget.value)}
        onChange={set}
      />
    </label>
  );
}

/** The services to choose from. */
export function ServiceSelect({ place }: { place: Place }): VNode {
  const { data } = useApi<string[]>("services", 10_000);
  const options = [["", "all"], ...(data ?? []).map((one) => [one, one] as const)] as const;
  return <Select place={place} name="service" label="Service" options={options} />;
}

/** The way to the rows after those of a table. */
export function More(
  { onClick, children }: { onClick: () => void; children: ComponentChildren },
): VNode {
  return (
    <p class="more">
      <button type="button" onClick={onClick}>{children}</button>
    </p>
  );
}

/** The time to choose from, and the way back from a marked one. */
export function RangeSelect(
  { place, fallback = "" }: { place: Place; fallback?: string },
): VNode {
  if (place.params.has("since")) {
    return (
      <button
        type="button"
        class="chip"
        onClick={() => change(place, { since: undefined, until: undefined })}
      >
        marked time <span aria-hidden="true">✕</span>
        <span class="hidden">: show all again</span>
      </button>
    );
  }
  return (
    <Select
      place={place}
      name="minutes"
      label="Time"
      fallback={fallback}
      options={RANGES.map(([minutes, text]) => [minutes === "" ? "all" : minutes, text])}
    />
  );
}

/** Removes all filters. */
export function ClearFilters({ place }: { place: Place }): VNode | null {
  const isFiltered = [...place.params.keys()].some((name) => name !== "minutes");
  if (!isFiltered) return null;
  return (
    <a class="clear" href={`#/${place.view}`}>
      clear filters
    </a>
  );
}

/** Arrow keys go from row to row, by the link in each. */
export function rowKeys(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key] ?? 0;
  const link = event.target instanceof HTMLElement ? event.target.closest("tr") : null;
  if (step === 0 || link === null) return;
  const next = step > 0 ? link.nextElementSibling : link.previousElementSibling;
  const target = next?.querySelector<HTMLElement>("a, button, summary");
  if (target === null || target === undefined) return;
  event.preventDefault();
  target.focus();
}
