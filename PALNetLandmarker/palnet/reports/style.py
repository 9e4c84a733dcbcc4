"""The report's looks: one column, quiet colours, light or dark as the reader's system is."""

STYLE = """
:root { --ink: #1c2733; --soft: #5b6875; --line: #dfe4e9; --paper: #ffffff; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ed; --soft: #98a4b0; --line: #2e3842; --paper: #14191f; --card: #1c232b; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding: 3rem 0 0.5rem; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 0.4rem; font-weight: 650; }
h2 { font-size: 1.15rem; margin: 0 0 0.8rem; font-weight: 620; }
header p, figcaption, footer, small { color: var(--soft); }
section { padding: 2rem 0 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.8rem; margin: 1.2rem 0 0; }
.cards div { background: var(--card); border-radius: 0.6rem; padding: 0.9rem 1rem; }
.cards div > * { display: block; }
.cards b { font-size: 1.35rem; font-weight: 640; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cards span { font-size: 0.9rem; }
.cards small { font-size: 0.8rem; }
figure { margin: 0; }
figure svg { display: block; width: 100%; height: auto; color: var(--ink); }
figcaption { font-size: 0.85rem; margin-top: 0.4rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.88rem; min-width: 100%; }
th { text-align: left; font-weight: 560; color: var(--soft); vertical-align: bottom; }
th, td { padding: 0.32rem 0.7rem 0.32rem 0; border-bottom: 1px solid var(--line); }
th.n, td.n { text-align: right; }
td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
summary { cursor: pointer; color: var(--soft); }
ul { margin: 0; padding-left: 1.2rem; }
li { margin: 0.3rem 0; }
footer { padding-top: 2rem; padding-bottom: 3rem; font-size: 0.85rem; }
@media print { body { font-size: 11px; } section { break-inside: avoid; } }
"""
