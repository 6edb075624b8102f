/// <reference lib="dom" />
import type { ComponentChildren, VNode } from "preact";

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
