/* Where one is in the builder stays where one is: focus, scrolled places, what is folded. */

import { focused, form, query, state } from "./sending.js";

let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "workshop") return;
  kept = document.activeElement === document.body ? state.sending?.from : focused();
  keepScroll();
});

/* what was scrolled sideways or down inside the page stays so */
const SCROLLED = ["#diagram > .scroll", ".model-list"];
let scrolled = [];
function keepScroll() {
  scrolled = SCROLLED.map((each) => [query(each)?.scrollLeft ?? 0, query(each)?.scrollTop ?? 0]);
}
function restoreScroll() {
  SCROLLED.forEach((each, place) => query(each)?.scrollTo(...(scrolled[place] ?? [0, 0])));
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.elt.id !== "workshop" && event.detail.target?.id !== "workshop") return;
  fold();
  markFields();
  restoreScroll();
  showCurrent();
  const one = state.sending;
  if (!one || one.todo === "keep") return;
  if (one.field) return goTo(one.field);
  if (ADDED[one.todo]) return goToAdded(ADDED[one.todo]);
  if (one.todo === "redraw") return refocus();
  if (one.then) return goToPart(one.then);
  if (one.diagram) return focusCurrent();
  refocus();
});

function refocus() {
  if (!kept) return;
  if (kept.inDiagram) return focusCurrent();
  const named = kept.name && [...form().elements].find((each) => each.name === kept.name && (each.type !== "radio" || each.value === kept.value) && (each.name !== "do" || each.value === kept.value));
  const again = (kept.id && document.getElementById(kept.id)) || named;
  if (again && !again.disabled) again.focus({ preventScroll: true });
  else if (kept.id || kept.name) focusCurrent();
}

/* what was added is what one writes next */
const ADDED = { "variable-add": "[name^='recipe.variables.'][name$='.name']", "sample-add": "[name^='recipe.sample_prompts.']" };
function goToAdded(fields) {
  const field = [...document.querySelectorAll(fields)].pop();
  field?.focus();
  field?.select();
}

export function focusCurrent() {
  const current = query("#diagram .seat[aria-current]") || query("#diagram [data-current] h3 a");
  current?.focus({ preventScroll: true });
  current?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/* the chosen layer is in sight, however wide the diagram is */
function showCurrent() {
  const [frame, layer] = [query("#diagram > .scroll"), query("#diagram [data-current] > header")];
  if (!frame || !layer) return;
  const [outer, inner] = [frame.getBoundingClientRect(), layer.getBoundingClientRect()];
  if (inner.right > outer.right) frame.scrollLeft += inner.right - outer.right + 40;
  if (inner.left < outer.left) frame.scrollLeft -= outer.left - inner.left + 40;
}

export function goTo(id) {
  const place = document.getElementById(id);
  if (!place) return;
  place.closest("details")?.setAttribute("open", "");
  place.scrollIntoView({ block: "nearest" });
  firstField(place)?.focus({ preventScroll: true });
}

/* of radios the one that is chosen */
function firstField(place) {
  if (place.matches("input, textarea, select")) return place;
  const first = place.querySelector("input:not([type=hidden], [type=search]), textarea, select");
  return first?.type === "radio" ? place.querySelector(`[name="${first.name}"]:checked`) ?? first : first;
}

/* on a phone: to the form, without calling up the keyboard */
function goToPart(id) {
  const part = document.getElementById(id);
  if (!part) return;
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
  part.scrollIntoView({ block: "start" });
}


/* a fault of a field is told to who listens as well as to who looks */
function markFields() {
  for (const field of form().querySelectorAll("[aria-describedby*=' w-']")) {
    const wrong = document.getElementById(field.getAttribute("aria-describedby").split(" ").pop());
    if (field.matches("input, textarea, select")) field.toggleAttribute("aria-invalid", false);
    if (wrong && !wrong.hidden && field.matches("input, textarea, select")) field.setAttribute("aria-invalid", "true");
  }
}
/* what has the focus in a diagram that is drawn anew has it there again */
let held = "";
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  if (event.detail.target.id !== "diagram") return;
  const at = document.activeElement.closest("#diagram :is([data-place], [data-go], button)");
  const mark = ["data-place", "data-go", "value"].find((name) => at?.hasAttribute(name));
  held = mark ? `#diagram [${mark}="${at.getAttribute(mark)}"]` : "";
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "diagram") {
    restoreScroll();
    if (held) query(held)?.focus({ preventScroll: true });
  }
  queueMicrotask(markFields);
});

/* on a phone, what is as usual is folded until somebody opens it */
const unfolded = new Map();
function fold() {
  const narrow = matchMedia("(max-width: 700px)").matches;
  for (const set of document.querySelectorAll("details[data-group]")) {
    const chosen = unfolded.get(set.dataset.group);
    if (chosen !== undefined) set.open = chosen;
    else if (narrow && set.dataset.set === undefined) set.open = false;
  }
}
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "remarks") query("#remarks").open = unfolded.get("remarks") ?? false;
});
document.addEventListener("click", (event) => {
  const set = event.target.closest("summary")?.parentElement;
  if (set?.dataset.group) unfolded.set(set.dataset.group, !set.open);
});

fold();
markFields();
showCurrent();
