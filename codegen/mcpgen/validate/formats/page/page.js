"use strict";
// Filters, search, keys and deep links. Without it the page shows everything, closed.
const byId = (id) => document.getElementById(id);
const checks = [...document.querySelectorAll(".check")];
const texts = new Map(checks.map((check) => [check, check.textContent.toLowerCase()]));
const form = byId("filter"), search = byId("search"), expand = byId("expand");
const choices = [...form.querySelectorAll("[name=verdict]")];
const selected = (id) => (byId(id) ? byId(id).value : "");
const visible = () => checks.filter((check) => !check.hidden);

function apply() {
  const verdicts = new Set(choices.filter((choice) => choice.checked).map((choice) => choice.value));
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const level = selected("level"), revision = selected("revision");
  for (const check of checks) {
    const { dataset } = check;
    check.hidden = !(
      verdicts.has(dataset.verdict) &&
      (!level || dataset.level === level) &&
      (!revision || dataset.revision === revision) &&
      words.every((word) => texts.get(check).includes(word))
    );
  }
  const count = visible().length;
  byId("shown").textContent = `${count} of ${checks.length} rules`;
  byId("nothing").hidden = count > 0;
}

/** Opens what the address points at, whatever the filters say. */
function follow() {
  const check = byId(decodeURIComponent(location.hash.slice(1)));
  if (!check || !check.matches(".check")) return;
  if (check.hidden) {
    search.value = "";
    for (const choice of choices) choice.checked ||= choice.value === check.dataset.verdict;
    for (const id of ["level", "revision"]) if (byId(id)) byId(id).value = "";
    apply();
  }
  check.open = true;
  check.scrollIntoView();
  check.querySelector("summary").focus({ preventScroll: true });
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
  expand.setAttribute("aria-pressed", String(open));
  expand.textContent = open ? "Collapse all" : "Expand all";
  for (const check of visible()) check.open = open;
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    search.value = "";
    apply();
  } else if (event.target.matches("input, select")) {
    return;
  } else if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
});
window.addEventListener("hashchange", follow);
apply();
follow();
