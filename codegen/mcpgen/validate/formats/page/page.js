"use strict";
// Filters, search, keys and deep links. Without it the page shows everything, closed.
const byId = (id) => document.getElementById(id);
const checks = [...document.querySelectorAll(".check")];
const texts = new Map(checks.map((check) => [check, check.textContent.toLowerCase()]));
const form = byId("filter"), search = byId("search"), expand = byId("expand");
const choices = [...form.querySelectorAll("[name=verdict]")];
const selects = [...form.querySelectorAll("select")];
const visible = () => checks.filter((check) => !check.hidden);

function apply() {
  const verdicts = new Set(choices.filter((choice) => choice.checked).map((choice) => choice.value));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const check of checks) {
    const { dataset } = check;
    check.hidden = !(
      verdicts.has(dataset.verdict) &&
      selects.every((select) => !select.value || dataset[select.id] === select.value) &&
      words.every((word) => texts.get(check).includes(word))
    );
  }
  const count = visible().length;
  byId("shown").textContent = `${count} of ${checks.length} rules`;
  byId("nothing").hidden = count > 0;
  expanded(count > 0 && visible().every((check) => check.open));
}

function expanded(all) {
  expand.setAttribute("aria-pressed", String(all));
  expand.textContent = all ? "Collapse all" : "Expand all";
}

function clear(verdict) {
  search.value = "";
  for (const choice of choices) choice.checked ||= choice.value === verdict;
  for (const select of selects) select.value = "";
  apply();
}

/** What the address points at, if that is a rule or one of its findings. */
function named() {
  try {
    const found = byId(decodeURIComponent(location.hash.slice(1)));
    return found && found.closest(".check") ? found : null;
  } catch {
    return null; // the address is no text
  }
}

/** Opens what the address points at, whatever the filters say. */
function follow() {
  const found = named();
  if (!found) return;
  const check = found.closest(".check");
  if (check.hidden) clear(check.dataset.verdict);
  check.open = true;
  showMarks(check);
  const covered = getComputedStyle(form).position === "sticky" ? form.offsetHeight : 0;
  document.documentElement.style.scrollPaddingTop = `${covered + 16}px`;
  found.scrollIntoView();
  (found === check ? check.querySelector("summary") : found).focus({ preventScroll: true });
}

/** Brings the marked value of each message into its box, which may be shorter than the message. */
function showMarks(check) {
  for (const mark of check.querySelectorAll("pre > mark:first-of-type")) {
    const box = mark.parentElement;
    const below = mark.getBoundingClientRect().top - box.getBoundingClientRect().top;
    if (below > box.clientHeight - 40) box.scrollTop = below - box.clientHeight / 3;
  }
}

function step(by) {
  const shown = visible();
  if (!shown.length) return;
  const at = shown.findIndex((check) => check.contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + by, 0), shown.length - 1);
  shown[next].querySelector("summary").focus();
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
expand.addEventListener("click", () => {
  const open = expand.getAttribute("aria-pressed") !== "true";
  for (const check of visible()) check.open = open;
  expanded(open);
});
for (const check of checks) check.addEventListener("toggle", () => check.open && showMarks(check));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    search.value = "";
    apply();
  } else if (event.target.matches("#search, select")) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
});
window.addEventListener("hashchange", follow);
// A link to where one already is changes nothing in the address, and should lead there all the same.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) follow();
});
apply();
follow();
