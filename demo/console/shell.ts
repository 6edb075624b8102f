/** The page before its script has run. */
export const SHELL = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sextant</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/app.css">
</head>
<body>
<div id="app"><p class="empty">Loading…</p></div>
<noscript><p class="empty">This page needs its script.</p></noscript>
<script type="module" src="/app.js"></script>
</body>
</html>
`;
