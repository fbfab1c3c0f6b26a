/* The builder by keys: arrows choose, with Shift they move; letters work in the diagram. */

import { endDrag } from "./drag.js";
import { focusCurrent } from "./looking.js";
import { act, form, query } from "./sending.js";

/* the switch in the list of keys */
const OFF = "moa-keys-off";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    return act("leave", { save: "save" });
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.isComposing || query("dialog[open]") || localStorage.getItem(OFF) === "yes") return;
  const letter = "nldu".includes(event.key.toLowerCase());
  if (letter ? !inDiagram : !(event.key in ARROWS) && event.key !== "Delete") return;
  if (event.repeat && !(event.key in ARROWS)) return;
  event.preventDefault();
  const pressed = { key: event.key, shiftKey: event.shiftKey };
  act(() => meaning(pressed), { diagram: true });
});

/* Esc leads from the form back to what is chosen in the diagram, once nothing else is
   open that it closes. Asked on the way down, while what is open still is. */
const OPEN = "dialog[open], details:is(.account, .left-behind, .menu)[open]";
const LISTS = CSS.supports("selector(select:open)") ? "select:open" : "dialog[open]";
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || endDrag()) return;
  if (query(OPEN) || query(LISTS) || !form()?.contains(document.activeElement)) return;
  if (!document.activeElement.closest("#diagram")) focusCurrent();
}, true);

/* letters work where the diagram has the focus, or had it before an answer came */
let inDiagram = false;
document.addEventListener("focusin", (event) => { inDiagram = Boolean(event.target.closest("#diagram")); });

function isTyping(target) {
  if (target.closest("textarea, select, [contenteditable]")) return true;
  return target.closest("input, summary, .seg, .save-bar, .topbar") !== null;
}

function meaning({ key, shiftKey }) {
  const [layer, slot] = place();
  const step = ARROWS[key];
  if (step) return shiftKey ? moves(key, layer, slot) : goes(step, layer, slot);
  switch (key.toLowerCase()) {
    case "delete": return layer >= 0 ? "remove" : "";
    case "n": return layer >= 0 ? "slot-add" : "";
    case "l": return "layer-add";
    case "d": return layer >= 0 ? "duplicate" : "";
    default: return shiftKey ? "redo" : "undo";
  }
}

function place() {
  const [layer, slot] = query("#place").value.split(".~").map(Number);
  return [layer - 1, slot === undefined ? -1 : slot - 1];
}

function moves(key, layer, slot) {
  if (layer < 0) return "";
  if (slot < 0) return { ArrowLeft: "layer-left", ArrowRight: "layer-right", ArrowUp: "layer-up", ArrowDown: "layer-down" }[key] || "";
  return { ArrowLeft: "slot-left", ArrowRight: "slot-right", ArrowUp: "slot-up", ArrowDown: "slot-down" }[key];
}

/* sideways to the slot that stands nearest, up and down within the layer; above its
   first slot stands the layer itself, before the first layer the whole recipe */
function goes([x, y], layer, slot) {
  const layers = [...document.querySelectorAll("#diagram .layer")];
  const columns = layers.map((each) => each.querySelectorAll(".seat[data-drag]").length);
  const ways = layer < 0 ? {} : layers[layer].dataset;
  if (y) {
    if (layer < 0) return "";
    const to = slot + y;
    if (to >= -1 && to < columns[layer]) return `go:${spelled(layer, to)}`;
    /* beyond the last slot of a branch stands the other branch */
    const over = y < 0 ? ways.up : ways.down;
    return over === undefined ? "" : `go:${spelled(Number(over), -1)}`;
  }
  const beside = x < 0 ? ways.left ?? -1 : ways.right ?? columns.length;
  const to = layer < 0 ? layer + x : Number(beside);
  if (to < -1 || to >= columns.length) return "";
  if (to < 0) return "go:0";
  return `go:${spelled(to, slot < 0 && layer >= 0 ? -1 : nearest(columns, layer, slot, to))}`;
}

function nearest(columns, layer, slot, to) {
  const middle = layer < 0 ? 0 : slot - (columns[layer] - 1) / 2;
  return Math.max(0, Math.min(columns[to] - 1, Math.round(middle + (columns[to] - 1) / 2)));
}

function spelled(layer, slot) {
  return slot < 0 ? `${layer + 1}` : `${layer + 1}.~${slot + 1}`;
}
