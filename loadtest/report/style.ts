/** The report's style: light or dark as the reader has it, and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2126; --dim: #5b6570; --paper: #fff; --grid: #e3e7eb;
  --good: #146c43; --bad: #b02a37; --base: #6c757d; --c0: #0b5cad; --c1: #b54708; --c2: #18794e;
  --c3: #8e3fa8; --c4: #ad1457; --c5: #006d77; --c6: #7a5c00; --c7: #4b49c8; --c8: #3f6212; --c9: #9f1239; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #a0a9b2; --paper: #14181c;
  --grid: #2a3138; --good: #63c998; --bad: #ff8a94; --base: #9aa3ab; --c0: #6cb2ff; --c1: #ff9f5a;
  --c2: #5fd39b; --c3: #d79bf0; --c4: #ff8fbb; --c5: #4fd1db; --c6: #e5c04b; --c7: #a9a7ff; --c8: #a3e635; --c9: #fda4af; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0; }
main { max-width: 1100px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 26px; margin: 0 0 16px; } h2 { font-size: 18px; margin: 0 0 4px; }
.gate { border-left: 5px solid; padding: 10px 14px; margin-bottom: 12px; }
.gate.passed { border-color: var(--good); } .gate.passed h2 { color: var(--good); }
.gate.failed { border-color: var(--bad); } .gate.failed h2 { color: var(--bad); }
p { margin: 2px 0; } .summary, figcaption p { color: var(--dim); }
figure { margin: 32px 0 0; } svg { width: 100%; height: auto; overflow: visible; font-size: 12px; }
svg text { fill: var(--ink); } svg .tick { fill: var(--dim); }
.grid { stroke: var(--grid); } .zero { stroke: var(--dim); } .restart { stroke: var(--grid);
  stroke-width: 3; } .interval { stroke: currentColor; stroke-width: 3; } .duet { stroke-width: 1.5; }
.whisker { stroke: currentColor; stroke-width: 1; opacity: .6; }
.lead { stroke: currentColor; stroke-width: 1; opacity: .35; }
.untrusted figure, .untrusted .table { opacity: .55; }
.untrusted figcaption h2::after, .untrusted section.numbers > h2::after { content: " (not trustworthy)";
  color: var(--bad); }
.arm circle, .arm rect { fill: currentColor; } .arm path { fill: none; stroke: currentColor;
  stroke-width: 2; } .arm path.thin { stroke-width: 1; } .arm text { fill: currentColor; }
.base { color: var(--base); } ${
  Array.from({ length: 10 }, (_, index) => `.arm${index} { color: var(--c${index}); }`).join(" ")
}
.table { overflow-x: auto; margin-top: 24px; } table { border-collapse: collapse; font-size: 13px;
  font-variant-numeric: tabular-nums; white-space: nowrap; } td, th { padding: 4px 8px;
  text-align: right; border-bottom: 1px solid var(--grid); } th:first-child { text-align: left; position: sticky;
  left: 0; background: var(--paper); } thead th { white-space: normal; vertical-align: bottom; }
section { margin-top: 24px; } dl { display: grid; grid-template-columns: max-content 1fr;
  gap: 2px 16px; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
@media print { main { max-width: none; } .table { overflow: visible; } table { font-size: 8px; }
  td, th { padding: 2px 3px; white-space: normal; } figure, .table { break-inside: avoid; } }
`;
