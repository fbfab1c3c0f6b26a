/* History with scripts on: which two runs are compared. */
"use strict";

document.addEventListener("change", (event) => {
  const picking = event.target.closest?.("[data-picks]");
  if (!picking || event.target.name !== "pick") return;
  const boxes = [...picking.querySelectorAll('input[name="pick"]:checked')];
  /* a third takes the place of the one that was chosen first */
  if (event.target.checked) event.target.dataset.at = String(performance.now());
  boxes.sort((a, b) => Number(a.dataset.at ?? 0) - Number(b.dataset.at ?? 0));
  for (const box of boxes.slice(0, -2)) box.checked = false;
  const chosen = Math.min(boxes.length, 2);
  picking.querySelector("[data-picked]").textContent =
    ["Choose two runs by their boxes.", "One chosen, one to go.", "Two chosen."][chosen];
});
/* an address names only the filters that narrow something */
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id !== "sieve") return;
  const given = event.detail.parameters;
  for (const name of Object.keys(given)) {
    if (!given[name]) delete given[name];
  }
});
