// The theme names its search button "Search", and the words on it are "Search Ctrl + K": who speaks
// to the browser says what they see (axe: label-content-name-mismatch).
document.querySelectorAll(".search-button-field").forEach((button) => {
  button.ariaLabel = button.textContent.replace(/\s+/g, " ").trim();
});
// So with what is folded: its name is "Show the output", not "Toggle hidden content".
document.querySelectorAll("summary[aria-label]").forEach((fold) => {
  fold.removeAttribute("aria-label");
});

// Which lessons the reader has done. Their own browser keeps it, and tells nobody.
const KEY = "redis-course:done";
const lesson = (url) => /\/notebooks\/(\d\d_\w+)\.html$/.exec(new URL(url).pathname)?.[1];
const readDone = () => new Set(JSON.parse(localStorage.getItem(KEY)));

function showDone() {
  const done = readDone();
  document.querySelectorAll(".bd-docs-nav a, .bd-article td:first-child a").forEach((link) => {
    link.classList.toggle("done", done.has(lesson(link.href)));
  });
  const button = document.getElementById("done");
  if (!button) return;
  button.hidden = !lesson(location.href); // a reference is looked up, never done
  button.ariaPressed = done.has(lesson(location.href));
}

function changeDone() {
  const done = readDone();
  done.delete(lesson(location.href)) || done.add(lesson(location.href));
  localStorage.setItem(KEY, JSON.stringify([...done]));
  showDone();
}

document.getElementById("done")?.addEventListener("click", changeDone);
addEventListener("pageshow", showDone); // also after the button Back
addEventListener("storage", showDone); // another tab has changed it
