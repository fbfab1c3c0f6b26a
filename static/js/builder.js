/* The builder with scripts on: every change is kept at once, by key, drag or button.

   What comes back replaces the diagram, the faults and the bar, and the fields only when
   another part was asked for: somebody may be typing in them. */

import { wasDragged } from "./builder/drag.js";
import "./builder/keys.js";
import { goTo } from "./builder/looking.js";
import { act, form, holdKeeping, keepSoon, state } from "./builder/sending.js";

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.id === "model-filter") return filter(field.value);
  if (!field.form || field.form !== form()) return;
  state.typed += 1;
  state.unsent = true;
  holdKeeping();
  if (field.name === "recipe.name") followName(field);
  if (field.dataset.redraw !== undefined) return act("redraw");
  if (field.dataset.do) return field.value ? act(field.dataset.do) : undefined;
  keepSoon();
});
document.addEventListener("change", (event) => {
  if (event.target.form === form() && state.unsent && !state.busy) act("keep");
});

/* while nobody has chosen a slug, a new recipe's goes with its name */
function followName(field) {
  const slug = form().elements["recipe.slug"];
  const earlier = slugOf(field.dataset.earlier ?? field.defaultValue);
  field.dataset.earlier = field.value;
  if (!form().matches("[data-new]") || !slug) return;
  const own = slug.value.replace(/-\d+$/, "");
  if ([slug.value, own].includes(earlier) && slugOf(field.value)) slug.value = slugOf(field.value);
}

function slugOf(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").slice(0, 58).replace(/^-+|-+$/g, "");
}

function filter(text) {
  const wanted = text.trim().toLowerCase();
  for (const row of document.querySelectorAll(".models tbody tr")) {
    row.hidden = !row.dataset.alias.toLowerCase().includes(wanted) && row.dataset.chosen === undefined;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  const todo = event.submitter?.value || "keep";
  if (todo.startsWith("save")) return act("leave", { save: todo });
  act(todo);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#workshop a[data-go], #workshop a[data-place]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (event.detail && wasDragged()) return;
  /* Enter on what is chosen already leads into its form */
  if (!event.detail && link.ariaCurrent) return goTo(link.hash.slice(1));
  const narrow = matchMedia("(max-width: 860px)").matches;
  const fromDiagram = Boolean(link.closest("#diagram"));
  const section = link.hash.slice(1);
  act(`go:${link.dataset.go ?? link.dataset.place}`, {
    field: link.dataset.field,
    then: narrow && fromDiagram ? section : "",
    diagram: fromDiagram,
  });
});

/* who is quick types before the scripts are there */
function isTouched(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.type === "hidden" || field.defaultValue === undefined) return false;
  return field.value !== field.defaultValue;
}
if ([...form().elements].some(isTouched)) {
  state.typed += 1;
  state.unsent = true;
  keepSoon();
}
